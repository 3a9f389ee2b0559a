//! Disclosure control: the only way for figures to leave the organisation.
//!
//! Counts go in as a [`RawTable`]; a [`Release`] comes out, with a [`SafeTable`]
//! that may be shown and the [`Evidence`] of its audit. The one thing to know:
//! a safe table is made by [`make`] and by [`Release::restore`], and by nothing
//! else, and it is the only thing here that can be serialised.

mod audit;
mod block;
mod design;
mod evidence;
mod model;
mod raw;
mod release;
mod round;
mod store;
mod table;
mod time;

pub use design::{
    FEWEST_CHANGED, FEWEST_SCHOOLS, FEWEST_VALUES, MOST_POOLED, SMALLEST_ROW, SMALLEST_SPLIT, notes,
};
pub use evidence::Evidence;
pub use model::{
    AcademicYear, Area, AreaType, Audience, NotAWord, PopulationCategory, Sex, YearGroup,
};
pub use raw::{BadTable, MOST_SCHOOLS, RawTable, RawTableBuilder};
pub use release::{History, Refused, Release, Request, audit_again, make};
pub use round::{BASE, LARGEST_HIDDEN, nearest, percent, wilson};
pub use store::NotOurs;
pub use table::{COLUMNS, Measure, Row, SafeTable, Value};
