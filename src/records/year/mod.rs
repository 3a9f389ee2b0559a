//! Academic years and their rules: when they run, which clinical scheme their letters use, how long names are kept.
//!
//! A year gets its key together with its retention rule, so names cannot come in for a year of which nobody has said
//! when they will go.

mod keys;
mod queries;
mod rule;
mod set;

pub use keys::{Fault, FaultyKey, faulty_keys, in_words};
pub use queries::{Year, current_year, names_held, open_years, year, year_of, years};
pub use rule::{YearError, YearRule, check_rule, parse_label};
pub use set::{hold, put_agreed_rule, set};
