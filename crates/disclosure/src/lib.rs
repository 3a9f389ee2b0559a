//! Disclosure control: the only way for figures to leave the organisation.
//!
//! Counts go in as a [`RawTable`]; a [`Release`] comes out, with a [`SafeTable`] that may be shown and the [`Evidence`]
//! of its audit. A safe table is made by [`make`] and by [`Release::restore`], and by nothing
//! else, and it is the only thing here that can be serialised. Nothing here reads a clock, a file or a database.
//!
//! # What is promised
//! Schools, authorities and the public get figures from which no child can be singled out. In numbers: for every count
//! of 1 to 7 children, shown or not, at least [`FEWEST_VALUES`] values stay possible to anybody who holds every release
//! made for them; whether such a count is nought stays open; and two releases in a row do not tell what became of a few
//! children in between.
//!
//! # One small school, from the attack to the release
//! Sixty children should have been measured and 57 were: 33 healthy, 13 overweight, 8 very overweight and 3 underweight.
//!
//! *The national rule* hides the 3 and rounds the rest to the nearest five:
//!
//! | measured | underweight | healthy weight | overweight | very overweight |
//! |---|---|---|---|---|
//! | 55 | `[c]` | 35 | 15 | 10 |
//!
//! *The attack* is a subtraction. Each number may be two too high or too low, so 53 to 57 were measured and at least
//! 33 + 13 + 8 = 54 of them are in the other three categories. No more than 57 − 54 = 3 children are underweight: of the
//! eight numbers that `[c]` may stand for, four are left. With one more table, say of girls, it would often be one.
//!
//! *The audit* computes just that, for the 3 and for every other small number that the figures imply, and refuses.
//!
//! *The release* shows what other children would have led to: a total of 60. Now 58 to 62 children, less 54 to 66, leave
//! nought to seven underweight, which is what `[c]` says already. The same 60 stands for the children measured, or the
//! two totals would contradict each other and so show that one was moved. Every category stays as near as it was, and
//! 35 of 60 is 58.3 % where the truth is 57.9 %:
//!
//! ```
//! use disclosure::{History, PopulationCategory as Category, RawTable, Request, Value};
//! use programme::{AcademicYear, Sex, YearGroup};
//!
//! let (year, group) = (AcademicYear::starting(2026).unwrap(), YearGroup::Year6);
//! let today = chrono::NaiveDate::from_ymd_opt(2027, 7, 1).unwrap();
//! let mut counts = RawTable::as_at(today);
//! counts.authority("213", "Northshire").school("100000", "Hill School", "213");
//! counts.participation("100000", year, group, 60, 57);
//! for (sex, children) in [(Sex::Female, [1, 17, 6, 4, 0]), (Sex::Male, [2, 16, 7, 3, 1])] {
//!     for (category, children) in Category::ALL.into_iter().zip(children) {
//!         counts.count("100000", year, group, sex, category, children);
//!     }
//! }
//! let request = Request { number: 1, audience: "school:100000".parse().unwrap(), years: vec![year] };
//! let release = disclosure::make(&counts.build().unwrap(), &request, &History::default()).unwrap();
//!
//! let shown: Vec<Value> = release.table().rows().iter().map(|row| row.numerator).collect();
//! let [measured, underweight, healthy, overweight, very_overweight] = shown[..] else { panic!() };
//! assert_eq!([healthy, overweight, very_overweight], [35, 15, 10].map(Value::Count));
//! assert_eq!((measured, underweight), (Value::Count(60), Value::Confidential));
//! assert_eq!(release.table().rows()[2].percent.to_string(), "58.3");
//! assert!(release.evidence().passed());
//! ```
//!
//! # How figures are attacked
//! Four ways, of which the example shows the first:
//!
//! 1. **Within a table.** A total less its parts leaves the hidden part. A *linear programme* finds such limits for any
//!    set of tables, however many sums run through them.
//! 2. **Between tables.** Three years pooled and two of them by themselves give the third. Girls and all children give
//!    boys. The number measured in each year gives the total of the pooled table a second time. A school takes its own
//!    children from those of the authority.
//! 3. **Over time.** Yesterday 10 were overweight, today 15, and one class was measured in between.
//! 4. **By what is not said.** If a figure is left out only when it would expose something, then leaving it out says
//!    that it would have, and often which. Likewise if only true small counts were protected, the others would be noughts.
//!
//! # How they are defended
//! * **Few figures, each child in one.** A school gets participation for each year and one table of categories over up
//!   to [`MOST_POOLED`] years, both sexes together. An authority gets each year by category, and by sex where every part
//!   is above [`LARGEST_HIDDEN`]; its totals are rounded by themselves and audited with the rest, or sums of what is
//!   shown where that would expose; and nothing before [`FEWEST_SCHOOLS`] of its schools have been visited. See
//!   `design.rs`.
//! * **Rules 1 to 3.** Counts up to 7, nought among them, are `[c]`; others are shown to the nearest 5; a category split
//!   of fewer than [`SMALLEST_SPLIT`] children is not shown. Percentages and intervals come from what is shown.
//!   See `block.rs`, `round.rs`.
//! * **The audit.** Everything printed about a place, now and earlier, is stated as inequalities, and for every count of
//!   0 to 7, shown or implied (each cell, category, sex and total of each year, of each window, and of what tells two
//!   windows apart), the least and greatest possible value is computed: by a linear programme, and by an integer one
//!   where the linear answer is not whole. A count of nought is asked about like one of four. It is done for a reader who
//!   goes by the notes, and again for one who goes by the national rule, where `[c]` is 1 to 7. See `audit/`.
//! * **Closing by moving on.** Where the audit finds something, the figures are changed to what *another, safe* set of
//!   children would have shown: a total or the children measured in a year moved on by five, and only if that is not
//!   enough the largest category. A reader cannot tell such a release from one that needed no change, so nothing is said
//!   by silence. Leaving out is the last resort and almost never needed. Children not measured, when 0 to 7, always count
//!   as five for the same reason. See `close.rs`.
//! * **The time rule.** A table is restated as a whole, and only when at least [`FEWEST_CHANGED`] children came (and, when
//!   a pooled window slides, at least as many went) behind every figure of it, even one that rounds to the same value.
//!   Otherwise it stays with its earlier figures and date. Withdrawn releases count: nobody forgets. See `time.rs`.
//! * **Closed doors.** Stored releases are sealed with the caller's key; a changed one is refused. See `store.rs`.
//!
//! # How the defence is tested
//! * The bounds are compared with counting every filling of small tables (`audit/tests.rs`).
//! * Authorities of 5, 60 and 120 schools run through a year of monthly releases with corrections, moves and a sliding
//!   window (`tests/simulation.rs`, `examples/authority.rs`).
//! * A reader who knows nothing of this program takes the text of the files by the letter, one linear programme over
//!   every cell, with a school's files and the public ones together; another lays each month beside the one before
//!   (`tests/letter.rs`).
//! * A reader who has this very program makes the releases again from changed children: a count is protected if at least
//!   six values of it lead to exactly the same files (`tests/replay.rs`). That one found the fault of leaving out.
//!
//! `examples/designs.rs` compares five designs; the reasons for this one are in the decision record on the design of
//! released tables in `docs/adr/`.
//!
//! # What remains to others
//! Audiences are not taken to pool what they were given (two schools comparing their files), except that an authority
//! and the public are taken to have seen each other's. A school's releases are audited without those of its authority:
//! that the two together tell no more was found by the attackers above, not proved. A school's own knowledge of a child
//! is outside of any table, and so is how many children were not measured, followed from release to release.
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
pub use model::{Area, AreaType, PopulationCategory};
pub use raw::{BadTable, MOST_SCHOOLS, RawTable, RawTableBuilder};
pub use release::{History, Refused, Release, Request, audit_again, make};
pub use round::{BASE, LARGEST_HIDDEN, nearest, percent, wilson};
pub use store::NotOurs;
pub use table::{COLUMNS, Measure, Row, SafeTable, Value};
