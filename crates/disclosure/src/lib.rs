//! Disclosure control: the only way for figures to leave the organisation.
//!
//! Counts go in as a [`RawTable`]; a [`Release`] comes out, with a [`SafeTable`] that may be shown and the [`Evidence`]
//! of its audit. The one thing to know: a safe table is made by [`make`] and by [`Release::restore`], and by nothing
//! else, and it is the only thing here that can be serialised. Nothing here reads a clock, a file or a database.
//!
//! # What is promised
//! Schools, authorities and the public get figures from which no child can be singled out. In numbers: for every count
//! of 1 to 7 children, shown or not, at least [`FEWEST_VALUES`] values stay possible to anybody who holds every release
//! made for them; whether such a count is nought stays open; and two releases in a row do not tell what became of a few
//! children in between.
//!
//! # How figures are attacked
//! Hiding small counts is not enough, because figures can be subtracted from each other. Four ways, with an example each:
//!
//! 1. **Within a table.** 55 children were measured: 35 healthy, 10 overweight, 10 very overweight, the underweight
//!    hidden. 55 − 35 − 10 − 10 leaves nought; rounding blurs that, but if each figure was rounded up and the total down,
//!    only 0 to 3 remain. A *linear programme* finds such limits for any set of tables.
//! 2. **Between tables.** Three years pooled and two of them by themselves give the third. Girls and all children give
//!    boys. The number measured in each year gives the total of the pooled table a second time.
//! 3. **Over time.** Yesterday 10 were overweight, today 15, and one class was measured in between.
//! 4. **By what is not said.** If a figure is left out only when it would expose something, then leaving it out says
//!    that it would have, and often which. Likewise if only true small counts were protected, the others would be noughts.
//!
//! # How they are defended
//! * **Few figures, each child in one.** A school gets participation for each year and one table of categories over up
//!   to [`MOST_POOLED`] years, both sexes together. An authority gets each year by category, and by sex where every part
//!   is above [`LARGEST_HIDDEN`]. There is little to subtract. See `design.rs`.
//! * **Rules 1 to 3.** Counts up to 7, nought among them, are `[c]`; others are shown to the nearest 5; a category split
//!   of fewer than [`SMALLEST_SPLIT`] children is not shown. Percentages and intervals come from what is shown.
//!   See `block.rs`, `round.rs`.
//! * **The audit.** Everything seen of a place is stated as inequalities, and for every count of 0 to 7, shown or implied
//!   (each cell, category, sex and total of each year, of each window, and of what tells two windows apart), the least
//!   and greatest possible value is computed: by a linear programme, and by an integer one where the linear answer is not
//!   whole. A count of nought is asked about like one of four. See `audit/`.
//! * **Closing by moving on.** Where the audit finds something, the figures are changed to what *another, safe* set of
//!   children would have shown: sums of rounded parts for a rounded sum, or a large figure moved on by five or ten. A
//!   reader cannot tell such a release from one that needed no change, so nothing is said by silence. Leaving out is the
//!   last resort and almost never needed. Children not measured, when 0 to 7, always count as five for the same reason.
//! * **The time rule.** A table is restated as a whole, and only when at least [`FEWEST_CHANGED`] children came (and, when
//!   a pooled window slides, at least as many went) behind every figure of it, even one that rounds to the same value.
//!   Otherwise it stays with its earlier figures and date. Withdrawn releases count: nobody forgets. See `time.rs`.
//! * **Closed doors.** Stored releases are sealed with the caller's key; a changed one is refused. See `store.rs`.
//!
//! # How the defence is tested
//! The bounds are compared with counting every filling of small tables. Whole authorities of 5 and 60 schools are run
//! through monthly releases with corrections and moves while a second attacker compares successive releases. And an
//! attacker who has this very program makes the releases again from changed children: a count is protected if at least
//! six values of it lead to exactly the same files. That attacker found the fault of leaving out (4 above); its cases are
//! in `tests/replay.rs`. `examples/designs.rs` compares five designs; the reasons for this one are in the decision
//! record on the design of released tables in `docs/adr/`.
//!
//! # What remains to others
//! Audiences are not taken to pool what they were given (two schools comparing their files), except that an authority
//! and the public are taken to have seen each other's. A school's own knowledge of a child is outside of any table.
//! What counts as *seen* is the caller's to know: [`History::of`] must be given every release that anybody outside saw.

mod audit;
mod block;
mod close;
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
