//! Children as the programme counts them: the rows of `pupil`, which hold no name.

mod outcome_kind;
mod queries;
mod typed;

pub use outcome_kind::OutcomeKind;
pub use queries::{
    Pupil, counts_at_its_school, in_scope, of_year, on_roll_of_school, pupil, pupils,
};
pub use typed::damaged;
