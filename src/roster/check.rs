//! Every rule a row of a roster must meet, and the repairs made on the way.
//!
//! The one thing to know: a matter is either a *problem*, and the row waits, or
//! a *warning*, and the row goes in without the doubtful value and is listed.
//! All matters of a row are found at once.

use chrono::{Datelike, NaiveDate};
use growth::Sex;

use super::child::RosterChild;
use super::code::{Code, Finding, Strength};
use super::columns::Columns;
use super::contacts::read_contacts;
use super::field::Field;
use super::progress::{Progress, Step};
use super::rows::{self, NotAChild};
use super::schools::Schools;
use super::slip::{self, Slip};
use crate::fields::{
    self, DateError, DateOrder, DateReading, DfeNumber, Ethnicity, FieldError, NhsNumber, Postcode,
    Upn, Urn, YearGroup, YearGroupReading, split_block, text,
};
use crate::identity::Person;
use crate::tabular::{Row, Table, restored};

/// What a file is checked against.
#[derive(Debug, Clone, Copy)]
pub struct Context<'c> {
    /// The calendar year in which the academic year starts.
    pub start_year: i32,
    /// The schools on the list.
    pub schools: &'c Schools,
    /// The school the file is for, when that was said beside it.
    pub school: Option<Urn>,
    /// Is told how many rows are checked.
    pub progress: &'c Progress,
}

/// A row after checking.
#[derive(Debug)]
pub struct CheckedRow {
    /// The row's number as a spreadsheet shows it.
    pub number: u32,
    /// What came of it.
    pub verdict: Verdict,
    /// Everything found, repairs included.
    pub findings: Vec<Finding>,
}

/// What came of checking a row.
#[derive(Debug)]
pub enum Verdict {
    /// A child that can go in.
    Child(Box<RosterChild>),
    /// A child that cannot go in as the row stands, with what can be read of it.
    Rejected(Glimpse),
    /// A child of another year group.
    Skipped,
    /// Not a child.
    NotAChild(NotAChild),
}

/// What can be read of a child whose row is rejected: enough to see that it is
/// on the list, so that nobody proposes that it has left.
#[derive(Default)]
pub struct Glimpse {
    /// NHS number.
    pub nhs_number: Option<NhsNumber>,
    /// UPN.
    pub upn: Option<Upn>,
    /// Given name, or empty.
    pub given_name: String,
    /// Family name, or empty.
    pub family_name: String,
}

/// Shows nothing, so that a value in a log or a panic gives nobody away.
impl std::fmt::Debug for Glimpse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Glimpse(…)")
    }
}

/// A whole file after checking.
#[derive(Debug)]
pub struct Checked {
    /// Every row below the headings that is not blank.
    pub rows: Vec<CheckedRow>,
    /// Runs of rows whose cells have moved.
    pub slips: Vec<Slip>,
}

/// Which columns fill each field, the best first.
struct Layout {
    columns: Vec<Vec<u16>>,
    /// Whether dates of birth that could be either way round are doubtful.
    dates_doubtful: bool,
    year_from_subheading: bool,
    class_from_subheading: bool,
}

/// How many rows are checked before somebody is told.
const ROWS_TOLD: usize = 500;

/// Checks every row. Uses as many threads as the machine has.
pub fn check(table: &Table, columns: &Columns, context: &Context<'_>) -> Checked {
    let layout = Layout::new(table, columns);
    let positions: Vec<usize> = (columns.heading_row + 1..table.len()).collect();
    let threads = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(8);
    let chunk = positions.len().div_ceil(threads).max(500);
    context.progress.begin(Step::Checking, positions.len());
    let mut rows: Vec<(CheckedRow, i8)> = Vec::with_capacity(positions.len());
    std::thread::scope(|scope| {
        let workers: Vec<_> = positions
            .chunks(chunk)
            .map(|chunk| {
                let layout = &layout;
                scope.spawn(move || -> Vec<(CheckedRow, i8)> {
                    let mut checked = Vec::with_capacity(chunk.len());
                    for some in chunk.chunks(ROWS_TOLD) {
                        checked.extend(some.iter().map(|position| {
                            check_row(table.row(*position), columns, layout, context)
                        }));
                        context.progress.add(some.len());
                    }
                    checked
                })
            })
            .collect();
        for worker in workers {
            match worker.join() {
                Ok(chunk) => rows.extend(chunk),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    if layout.year_from_subheading || layout.class_from_subheading {
        apply_subheadings(table, columns, &layout, context, &mut rows);
    }
    let first = columns.heading_row + 1;
    let moved: Vec<(usize, i8)> = rows
        .iter()
        .enumerate()
        .filter(|(_, (_, by))| *by != 0)
        .map(|(index, (_, by))| (first + index, *by))
        .collect();
    Checked {
        rows: rows.into_iter().map(|(row, _)| row).collect(),
        slips: slip::runs(&moved),
    }
}

impl Layout {
    fn new(table: &Table, columns: &Columns) -> Self {
        let mut by_field: Vec<Vec<(u8, u16)>> = vec![Vec::new(); Field::COUNT];
        for (index, column) in columns.columns.iter().enumerate() {
            if let Some(field) = column.field {
                by_field[field.ordinal()].push((column.place, index as u16));
            }
        }
        let by_field = by_field
            .into_iter()
            .map(|mut places| {
                places.sort_unstable();
                places.into_iter().map(|(_, index)| index).collect()
            })
            .collect();
        let mut layout = Self {
            columns: by_field,
            dates_doubtful: false,
            year_from_subheading: false,
            class_from_subheading: false,
        };
        layout.dates_doubtful = layout.mixes_date_orders(table, columns.heading_row);
        layout.year_from_subheading = !layout.has(Field::YearGroup);
        layout.class_from_subheading = !layout.has(Field::Class);
        layout
    }

    fn has(&self, field: Field) -> bool {
        !self.columns[field.ordinal()].is_empty()
    }

    /// Whether the column of dates of birth holds dates that only make sense
    /// month first, and not just the odd slip: then "03/04/2016" may be either.
    fn mixes_date_orders(&self, table: &Table, heading_row: usize) -> bool {
        let Some(column) = self.columns[Field::DateOfBirth.ordinal()].first() else {
            return false;
        };
        let (mut day_first, mut month_first) = (0usize, 0usize);
        for row in table.rows().skip(heading_row + 1) {
            let cell = row.cell(usize::from(*column));
            // Only a date with separators can be the other way round.
            if !cell.contains(['/', '-', '.', ' ']) {
                continue;
            }
            match fields::read_date(&text::clean(cell)) {
                Ok(DateReading {
                    order: DateOrder::DayFirst,
                    ..
                }) => day_first += 1,
                Err(DateError::MonthFirst) => month_first += 1,
                _ => {}
            }
        }
        month_first >= 2 && month_first * 20 > day_first + month_first
    }
}

/// Reads the cells of one row and collects what is found.
pub(super) struct RowChecker<'r, 't> {
    row: Row<'t>,
    columns: &'r Columns,
    layout: &'r Layout,
    findings: Vec<Finding>,
}

impl<'t> RowChecker<'_, 't> {
    /// The first column for the field that is filled, and its cell as it came.
    pub(super) fn raw(&self, field: Field) -> (Option<u16>, &'t str) {
        let places = &self.layout.columns[field.ordinal()];
        for column in places {
            let cell = restored(self.row.cell(usize::from(*column)));
            if !cell.trim().is_empty() {
                return (Some(*column), cell);
            }
        }
        (places.first().copied(), "")
    }

    /// The cleaned text of a field of free text.
    pub(super) fn text(&mut self, field: Field) -> String {
        let (column, cell) = self.raw(field);
        if cell.is_empty() {
            return String::new();
        }
        self.note_formula(column, cell);
        text::clean(cell).into_owned()
    }

    /// Warns of a cell that a spreadsheet would take for a formula.
    pub(super) fn note_formula(&mut self, column: Option<u16>, cell: &str) {
        let cell = cell.trim_start();
        let formula = cell.starts_with(['=', '@'])
            || (cell.starts_with(['+', '-'])
                && cell.len() > 1
                && !cell[1..]
                    .starts_with(|c: char| c.is_ascii_digit() || c == ' ' || c == '-' || c == '('));
        if formula {
            self.find(Code::LooksLikeFormula, column, || {
                format!(
                    "“{}” begins like a spreadsheet formula. It was kept as plain text; check that it is what was meant.",
                    shortened(&text::clean(cell))
                )
            });
        }
    }

    /// Notes a matter with a column of the row.
    pub(super) fn find(
        &mut self,
        code: Code,
        column: Option<u16>,
        message: impl FnOnce() -> String,
    ) {
        let heading =
            column.map(|column| self.columns.columns[usize::from(column)].heading.clone());
        self.findings.push(Finding {
            code,
            heading,
            message: message(),
        });
    }

    /// Whether the file has any column about this contact.
    pub(super) fn has_any_parent_column(&self, number: u8) -> bool {
        let first = Field::Parent(number, super::field::ParentPart::Title).ordinal();
        self.layout.columns[first..first + 11]
            .iter()
            .any(|columns| !columns.is_empty())
    }

    fn has_problem(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.code.strength() == Strength::Problem)
    }
}

/// A value as it is quoted in a message.
fn shortened(value: &str) -> String {
    if value.chars().count() <= 60 {
        value.to_owned()
    } else {
        value.chars().take(57).chain("…".chars()).collect()
    }
}

fn check_row(
    row: Row<'_>,
    columns: &Columns,
    layout: &Layout,
    context: &Context<'_>,
) -> (CheckedRow, i8) {
    let number = row.number();
    if let Some(kind) = rows::not_a_child(row, columns) {
        return (
            CheckedRow {
                number,
                verdict: Verdict::NotAChild(kind),
                findings: Vec::new(),
            },
            0,
        );
    }
    let (checked, suspicious) = check_child(row, columns, layout, context, None);
    if suspicious {
        let by = slip::moved_by(row, columns);
        if by != 0 {
            let finding = Finding {
                code: Code::ColumnsSlipped,
                heading: None,
                message: format!(
                    "The cells of this row appear to have moved {} to the {}; see the first such row.",
                    if by.abs() == 1 {
                        "one column"
                    } else {
                        "two columns"
                    },
                    if by > 0 { "right" } else { "left" }
                ),
            };
            return (
                CheckedRow {
                    number,
                    verdict: Verdict::Rejected(Glimpse::default()),
                    findings: vec![finding],
                },
                by,
            );
        }
    }
    (checked, 0)
}

/// Checks a row that is a child; true when so much is wrong with it that its
/// cells may have moved. `year_group` is one that a subheading gave.
fn check_child(
    row: Row<'_>,
    columns: &Columns,
    layout: &Layout,
    context: &Context<'_>,
    year_group: Option<YearGroupReading>,
) -> (CheckedRow, bool) {
    let number = row.number();
    let mut checker = RowChecker {
        row,
        columns,
        layout,
        findings: Vec::new(),
    };
    let date_of_birth = read_birth(&mut checker);
    let year_group = read_year_group(&mut checker, date_of_birth, context, year_group);
    if year_group == Some(YearGroupReading::Other) {
        let finding = Finding {
            code: Code::YearNotInProgramme,
            heading: None,
            message: "Not in Reception or Year 6, so passed over.".to_owned(),
        };
        // A moved cell can look like another year, too.
        let suspicious = checker.findings.len() >= 3;
        return (
            CheckedRow {
                number,
                verdict: Verdict::Skipped,
                findings: vec![finding],
            },
            suspicious,
        );
    }
    let year_group = match year_group {
        Some(YearGroupReading::Measured(year_group)) => Some(year_group),
        _ => None,
    };
    let urn = read_school(&mut checker, context);
    let (given_name, family_name) = read_names(&mut checker);
    let sex = read_sex(&mut checker);
    if let (Some(birth), Some(year_group)) = (date_of_birth, year_group) {
        check_age(&mut checker, birth, year_group, context.start_year);
    }
    let nhs_number = read_nhs_number(&mut checker);
    let upn = read_upn(&mut checker);
    let ethnicity = read_ethnicity(&mut checker);
    let (address_lines, town, postcode) = read_address(&mut checker);
    let preferred_name = checker.text(Field::PreferredName);
    let class = checker.text(Field::Class);
    let sensitive = matches!(
        checker.text(Field::Sensitive).to_lowercase().as_str(),
        "true" | "1" | "yes" | "y" | "t" | "sensitive" | "in care" | "looked after"
    );
    let contacts = read_contacts(&mut checker);
    let suspicious = checker.findings.len() >= 3;
    let verdict = match (urn, year_group, sex, date_of_birth) {
        (Some(urn), Some(year_group), Some(sex), Some(date_of_birth)) if !checker.has_problem() => {
            Verdict::Child(Box::new(RosterChild {
                urn,
                year_group,
                class,
                sex,
                ethnicity,
                sensitive,
                person: Person {
                    nhs_number,
                    upn,
                    given_name,
                    family_name,
                    preferred_name,
                    date_of_birth,
                    address_lines,
                    town,
                    postcode,
                    contacts,
                },
            }))
        }
        _ => Verdict::Rejected(Glimpse {
            nhs_number,
            upn,
            given_name,
            family_name,
        }),
    };
    (
        CheckedRow {
            number,
            verdict,
            findings: checker.findings,
        },
        suspicious,
    )
}

/// Gives the rows under a subheading the year group or class it names.
fn apply_subheadings(
    table: &Table,
    columns: &Columns,
    layout: &Layout,
    context: &Context<'_>,
    rows: &mut [(CheckedRow, i8)],
) {
    let (mut year_group, mut class) = (None, None);
    for (index, (checked, _)) in rows.iter_mut().enumerate() {
        let row = table.row(columns.heading_row + 1 + index);
        if let Verdict::NotAChild(NotAChild::Subheading) = checked.verdict {
            let words = row
                .cells()
                .map(text::clean)
                .find(|cell| !cell.is_empty())
                .unwrap_or_default();
            let label = text::label(&words);
            let named_class = [
                "class ",
                "form ",
                "registration group ",
                "reg group ",
                "tutor group ",
            ]
            .iter()
            .find(|prefix| label.starts_with(*prefix))
            .map(|prefix| {
                words
                    .chars()
                    .skip(prefix.chars().count())
                    .collect::<String>()
            });
            if let Some(reading) = YearGroup::read(&words) {
                (year_group, class) = (Some(reading), None);
            } else {
                class = named_class.map(|class| class.trim_matches([':', ' ']).to_owned());
            }
            continue;
        }
        if layout.year_from_subheading
            && year_group.is_some()
            && !matches!(checked.verdict, Verdict::NotAChild(_))
        {
            *checked = check_child(row, columns, layout, context, year_group).0;
        }
        if let (Verdict::Child(child), Some(class)) = (&mut checked.verdict, &class)
            && layout.class_from_subheading
        {
            child.class.clone_from(class);
        }
    }
}

fn read_birth(row: &mut RowChecker<'_, '_>) -> Option<NaiveDate> {
    let (column, cell) = row.raw(Field::DateOfBirth);
    let cell = text::clean(cell);
    if cell.is_empty() {
        row.find(Code::NoDateOfBirth, column, || {
            "There is no date of birth. Add it, for instance 24/10/2021.".to_owned()
        });
        return None;
    }
    match fields::read_date(&cell) {
        Ok(reading) if reading.order == DateOrder::Either && row.layout.dates_doubtful => {
            row.find(Code::DateAmbiguous, column, || {
                format!(
                    "“{cell}” could be day first or month first, and this column holds both. Write the date as yyyy-mm-dd."
                )
            });
            None
        }
        Ok(reading) => {
            if reading.two_digit_year {
                row.find(Code::TwoDigitYear, column, || {
                    format!(
                        "“{cell}” has a year of two digits and was read as {}. Check it.",
                        reading.date.format("%-d %B %Y")
                    )
                });
            }
            Some(reading.date)
        }
        Err(error) => {
            row.find(Code::DateOfBirthUnreadable, column, || match error {
                DateError::MonthFirst => format!(
                    "“{}” is a date only if the month stands first; dates are read day first. Write it as dd/mm/yyyy.",
                    shortened(&cell)
                ),
                DateError::Unreadable => {
                    format!("“{}” is not a date. It should look like 24/10/2021 or 2021-10-24.", shortened(&cell))
                }
            });
            None
        }
    }
}

fn read_year_group(
    row: &mut RowChecker<'_, '_>,
    date_of_birth: Option<NaiveDate>,
    context: &Context<'_>,
    subheading: Option<YearGroupReading>,
) -> Option<YearGroupReading> {
    let (column, cell) = row.raw(Field::YearGroup);
    let cell = text::clean(cell);
    if !cell.is_empty() {
        let reading = YearGroup::read(&cell);
        if reading.is_none() {
            row.find(Code::YearGroupUnreadable, column, || {
                format!(
                    "“{}” is not a year group. It should be R or Reception, or 6 or Year 6.",
                    shortened(&cell)
                )
            });
        }
        return reading;
    }
    if subheading.is_some() {
        return subheading;
    }
    let date_of_birth = date_of_birth?;
    let by_birth = YearGroup::by_birth(date_of_birth, context.start_year);
    if let Some(group) = by_birth {
        if column.is_some() {
            row.find(Code::YearGroupFromBirth, column, || {
                format!("There is no year group; the date of birth makes it {group}. Check it.")
            });
        }
        return Some(YearGroupReading::Measured(group));
    }
    // Years 1 to 5 of a whole-school list without year groups.
    let (youngest, oldest) = (
        YearGroup::Reception.birth_window(context.start_year).0,
        YearGroup::Year6.birth_window(context.start_year).1,
    );
    if column.is_none() && (oldest..youngest).contains(&date_of_birth) {
        return Some(YearGroupReading::Other);
    }
    row.find(Code::YearGroupMissing, column, || {
        "There is no year group, and the date of birth does not tell it. Add R or 6.".to_owned()
    });
    None
}

fn read_school(row: &mut RowChecker<'_, '_>, context: &Context<'_>) -> Option<Urn> {
    let schools = context.schools;
    let (column, given, school) = find_school(row, context);
    let Some(school) = school else {
        let Some(value) = given else {
            let Some(urn) = context.school else {
                row.find(Code::SchoolMissing, column, || {
                    "There is no school. Add its URN, six digits.".to_owned()
                });
                return None;
            };
            let school = schools.by_urn(urn);
            if school.is_some_and(|school| !school.open) {
                row.find(Code::SchoolClosed, None, || {
                    format!("School {urn} has closed.")
                });
                return None;
            }
            return Some(urn);
        };
        row.find(Code::SchoolUnknown, column, || {
            format!("“{}” is not a school on the list. Give the URN of a school that has been imported.", shortened(&value))
        });
        return None;
    };
    if !school.open {
        row.find(Code::SchoolClosed, column, || {
            format!(
                "{} ({}) has closed. Give the URN of the school the child goes to now.",
                school.name, school.urn
            )
        });
        return None;
    }
    if let Some(urn) = context.school.filter(|urn| *urn != school.urn) {
        row.find(Code::SchoolDiffers, column, || {
            format!(
                "The row is for {} ({}), but the file was given as that of {urn}.",
                school.name, school.urn
            )
        });
        return None;
    }
    Some(school.urn)
}

/// The school a row names: the column, the text there, and the school if it is
/// on the list.
fn find_school<'s>(
    row: &RowChecker<'_, '_>,
    context: &Context<'s>,
) -> (
    Option<u16>,
    Option<String>,
    Option<&'s super::schools::School>,
) {
    let schools = context.schools;
    let mut first = None;
    let mut named = None;
    for field in [Field::Urn, Field::DfeNumber, Field::SchoolName] {
        let (column, cell) = row.raw(field);
        first = first.or(column);
        let cell = text::clean(cell);
        if cell.is_empty() {
            continue;
        }
        let found = match field {
            Field::Urn => Urn::parse(&cell).ok().and_then(|urn| schools.by_urn(urn)),
            Field::DfeNumber => DfeNumber::parse(&cell)
                .ok()
                .and_then(|number| schools.by_dfe_number(number))
                .or_else(|| Urn::parse(&cell).ok().and_then(|urn| schools.by_urn(urn))),
            _ => schools.by_name(&cell),
        };
        if found.is_some() {
            return (column, None, found);
        }
        named = named.or(Some((column, cell.into_owned())));
    }
    match named {
        Some((column, value)) => (column, Some(value), None),
        None => (first, None, None),
    }
}

fn read_names(row: &mut RowChecker<'_, '_>) -> (String, String) {
    let mut given = row.text(Field::GivenName);
    let mut family = row.text(Field::FamilyName);
    let (full_column, _) = row.raw(Field::FullName);
    if full_column.is_some() && (given.is_empty() || family.is_empty()) {
        let full = row.text(Field::FullName);
        if let Some((before, after)) = full.split_once(',') {
            (family, given) = (
                text::clean(before).into_owned(),
                text::clean(after).into_owned(),
            );
        } else if let Some((before, after)) = full.rsplit_once(' ') {
            row.find(Code::FullNameSplit, full_column, || {
                format!("“{full}” was read as given name “{before}” and family name “{after}”. Write “Family name, Given name”.")
            });
            (given, family) = (before.to_owned(), after.to_owned());
        } else {
            family = full;
        }
    }
    for (name, field, code, what) in [
        (&given, Field::GivenName, Code::NoGivenName, "given name"),
        (
            &family,
            Field::FamilyName,
            Code::NoFamilyName,
            "family name",
        ),
    ] {
        if name.chars().any(char::is_alphabetic) {
            continue;
        }
        let column = row.raw(field).0.or(full_column);
        row.find(code, column, || {
            if name.is_empty() {
                format!("There is no {what}. Add it.")
            } else {
                format!("“{}” is not a {what}.", shortened(name))
            }
        });
    }
    (given, family)
}

fn read_sex(row: &mut RowChecker<'_, '_>) -> Option<Sex> {
    let (column, cell) = row.raw(Field::Sex);
    let cell = text::clean(cell);
    if cell.is_empty() {
        row.find(Code::SexMissing, column, || {
            "There is no sex. Add M or F; a result cannot be assessed without it.".to_owned()
        });
        return None;
    }
    let sex = Sex::parse(&cell).ok();
    if sex.is_none() {
        row.find(Code::SexUnreadable, column, || {
            format!("“{}” should be M, F, Male or Female.", shortened(&cell))
        });
    }
    sex
}

fn check_age(
    row: &mut RowChecker<'_, '_>,
    birth: NaiveDate,
    year_group: YearGroup,
    start_year: i32,
) {
    let column = row.raw(Field::DateOfBirth).0;
    let had_birthday = (birth.month(), birth.day()) <= (9, 1);
    let age = start_year - birth.year() - i32::from(!had_birthday);
    if !(3..=13).contains(&age) {
        row.find(Code::AgeOutOfRange, column, || {
            let born = birth.format("%-d %B %Y");
            if age < 0 {
                format!("Born {born}: after the school year began. Check the year.")
            } else {
                format!("Born {born}, so {age} years old on 1 September {start_year}: outside 3 to 13. Check the year.")
            }
        });
        return;
    }
    let (first, last) = year_group.birth_window(start_year);
    if !(first..=last).contains(&birth) {
        row.find(Code::DobOutsideYearWindow, column, || {
            format!(
                "Born {}, outside the usual {} to {} for {year_group}. Right for a child placed out of year; otherwise correct it.",
                birth.format("%-d %B %Y"),
                first.format("%-d %B %Y"),
                last.format("%-d %B %Y"),
            )
        });
    }
}

fn read_nhs_number(row: &mut RowChecker<'_, '_>) -> Option<NhsNumber> {
    let (column, cell) = row.raw(Field::NhsNumber);
    let cell = text::clean(cell);
    if text::says_nothing(&cell) {
        return None;
    }
    match NhsNumber::parse(&cell) {
        Ok(number) => {
            if cell.contains(['E', 'e']) {
                row.find(Code::ScientificNotationExpanded, column, || {
                    "The NHS number was in scientific notation with all its digits, and was written out.".to_owned()
                });
            }
            Some(number)
        }
        Err(error) => {
            row.find(Code::NhsNumberInvalid, column, || {
                let why = match error {
                    FieldError::Check => "its check digit is wrong",
                    FieldError::DigitsLost => "a spreadsheet has lost its digits; format the column as text and enter it again",
                    _ => "an NHS number has ten digits",
                };
                format!("“{}” is not an NHS number: {why}. The child goes in without it.", shortened(&cell))
            });
            None
        }
    }
}

fn read_upn(row: &mut RowChecker<'_, '_>) -> Option<Upn> {
    let (column, cell) = row.raw(Field::Upn);
    let cell = text::clean(cell);
    if text::says_nothing(&cell) {
        return None;
    }
    Upn::parse(&cell)
        .map_err(|error| {
            row.find(Code::UpnInvalid, column, || {
                let why = match error {
                    FieldError::Check => "its check letter is wrong",
                    FieldError::DigitsLost => "a spreadsheet has lost its digits",
                    _ => "a UPN is a letter and 12 digits",
                };
                format!(
                    "“{}” is not a UPN: {why}. The child goes in without it.",
                    shortened(&cell)
                )
            });
        })
        .ok()
}

fn read_ethnicity(row: &mut RowChecker<'_, '_>) -> Option<Ethnicity> {
    let (column, cell) = row.raw(Field::Ethnicity);
    let cell = text::clean(cell);
    if cell.is_empty() || matches!(cell.as_ref(), "-" | "–" | "?" | ".") {
        return None;
    }
    Ethnicity::parse(&cell)
        .map_err(|_| {
            row.find(Code::EthnicityUnknown, column, || {
                format!(
                    "“{}” is not an ethnic group on the list. Use a DfE code such as WBRI, an NHS code, or the full words. It was left out.",
                    shortened(&cell)
                )
            });
        })
        .ok()
}

fn read_address(row: &mut RowChecker<'_, '_>) -> (Vec<String>, String, Option<Postcode>) {
    let mut lines = Vec::new();
    let street = [row.text(Field::House), row.text(Field::Street)];
    let street = street
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    lines.extend((!street.is_empty()).then_some(street));
    for number in 1..=3 {
        let (column, cell) = row.raw(Field::AddressLine(number));
        row.note_formula(column, cell);
        // A line break inside a line stands for a comma.
        let mut line = String::new();
        for part in text::clean_lines(cell) {
            if !line.is_empty() {
                line.push_str(if line.ends_with(',') { " " } else { ", " });
            }
            line.push_str(&part);
        }
        lines.extend((!line.is_empty()).then_some(line));
    }
    let mut town = row.text(Field::Town);
    let (block_column, block) = row.raw(Field::AddressBlock);
    let mut from_block = None;
    if !block.is_empty() {
        row.note_formula(block_column, block);
        let block = split_block(block);
        if lines.is_empty() {
            lines = block.lines;
        }
        if town.is_empty() {
            town = block.town.unwrap_or_default();
        }
        from_block = block.postcode;
    }
    let (column, cell) = row.raw(Field::Postcode);
    let cell = text::clean(cell);
    if text::says_nothing(&cell) {
        return (lines, town, from_block);
    }
    let postcode = Postcode::parse(&cell);
    if postcode.is_err() {
        row.find(Code::PostcodeUnreadable, column, || {
            format!("“{}” is not a postcode; it should look like EB1 4PU. The child goes in without it.", shortened(&cell))
        });
    }
    (lines, town, postcode.ok().or(from_block))
}
