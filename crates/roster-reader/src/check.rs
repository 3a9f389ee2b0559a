//! Every rule a row of a roster must meet, and the repairs made on the way.
//!
//! The one thing to know: a matter is either a *problem*, and the row waits, or
//! a *warning*, and the row goes in without the doubtful value and is listed.
//! All matters of a row are found at once.

use crate::code::{Code, Finding, Strength};
use crate::columns::Columns;
use crate::columns::dates::DateStyle;
use crate::columns::field::{Field, MOST_PARENTS, ParentPart};
use crate::columns::slip::{self, Displaced, Slip};
use crate::progress::{Progress, Step};
use crate::row::child::RosterChild;
use crate::row::contacts::{Ranked, read_contacts};
use crate::row::kind::{self, NotAChild};
use crate::row::read_child::{
    Names, check_age, read_address, read_birth, read_ethnicity, read_names, read_nhs_number,
    read_school, read_sex, read_upn, read_year_group,
};
use crate::row::repeats;
use crate::schools::Schools;
use programme::{Contact, Particulars, Person};
use programme::{NhsNumber, Upn, Urn, YearGroup, YearGroupReading, text};
use tabular::{Row, Table, restored};

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
    /// What is worth saying once for the whole file.
    pub notices: Vec<String>,
}

/// A row on its way through the check.
pub(crate) struct Reading {
    pub(crate) row: CheckedRow,
    /// What happened to its cells, when they are not where they should be.
    displaced: Option<Displaced>,
    /// The contacts of a row that has nothing else.
    pub(crate) contacts: Vec<Ranked>,
    /// The priorities of the child's contacts.
    pub(crate) priorities: Vec<Option<u8>>,
}

impl From<CheckedRow> for Reading {
    fn from(row: CheckedRow) -> Self {
        Self {
            row,
            displaced: None,
            contacts: Vec::new(),
            priorities: Vec::new(),
        }
    }
}

/// Which columns fill each field, the best first, and how they are written.
pub(crate) struct Layout {
    columns: Vec<Vec<u16>>,
    pub(crate) dates: DateStyle,
    /// The relationship that the headings give each contact.
    relationships: [&'static str; MOST_PARENTS as usize],
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
    let mut rows: Vec<Reading> = Vec::with_capacity(positions.len());
    std::thread::scope(|scope| {
        let workers: Vec<_> = positions
            .chunks(chunk)
            .map(|chunk| {
                let layout = &layout;
                scope.spawn(move || -> Vec<Reading> {
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
    pass_over_notes(table, columns, &mut rows);
    repeats::gather_contacts(&mut rows, layout.one_contact_each());
    let first = columns.heading_row + 1;
    let moved: Vec<(usize, Displaced)> = rows
        .iter()
        .enumerate()
        .filter_map(|(index, reading)| Some((first + index, reading.displaced?)))
        .collect();
    let mut notices = layout.dates.notices();
    notices.extend(wrong_year_notice(&rows, context.start_year));
    notices.extend(sheets_notice(table));
    Checked {
        rows: rows.into_iter().map(|reading| reading.row).collect(),
        slips: slip::runs(&moved),
        notices,
    }
}

/// Asks whether the academic year is right, when most children are too old or
/// too young for it.
fn wrong_year_notice(rows: &[Reading], start_year: i32) -> Option<String> {
    let (mut children, mut unusual) = (0usize, 0usize);
    for reading in rows {
        if matches!(
            reading.row.verdict,
            Verdict::Child(_) | Verdict::Rejected(_)
        ) {
            children += 1;
            unusual += usize::from(reading.row.findings.iter().any(|finding| {
                matches!(
                    finding.code,
                    Code::DobOutsideYearWindow | Code::AgeOutOfRange
                )
            }));
        }
    }
    (unusual >= 5 && unusual * 2 > children).then(|| {
        format!(
            "Most dates of birth are outside the usual ones of {start_year}-{:02}. Was the right academic year chosen?",
            (start_year + 1) % 100
        )
    })
}

/// Says which rows are which sheet's, where the file has several.
fn sheets_notice(table: &Table) -> Option<String> {
    let sheets: Vec<String> = table
        .sheets()
        .map(|(name, first, last)| format!("rows {first} to {last} are “{name}”"))
        .collect();
    (sheets.len() > 1).then(|| {
        format!(
            "The sheets were read one after another and their rows numbered on: {}.",
            sheets.join(", ")
        )
    })
}

/// Passes over the lines of a key or a note under the table: rows that cannot be
/// children, below the last child and set apart from it.
fn pass_over_notes(table: &Table, columns: &Columns, rows: &mut [Reading]) {
    let position = |index: usize| columns.heading_row + 1 + index;
    let Some(last) =
        rows.iter()
            .enumerate()
            .rposition(|(index, reading)| match reading.row.verdict {
                Verdict::Child(_) | Verdict::Skipped => true,
                Verdict::Rejected(_) => !kind::could_be_note(table.row(position(index)), columns),
                Verdict::NotAChild(_) => false,
            })
    else {
        return;
    };
    let mut apart = false;
    for (index, reading) in rows.iter_mut().enumerate().skip(last + 1) {
        let above = table.row(position(index) - 1).number();
        apart |= reading.row.number > above + 1;
        match reading.row.verdict {
            Verdict::NotAChild(_) => apart = true,
            _ if apart => {
                *reading = Reading::from(CheckedRow {
                    number: reading.row.number,
                    verdict: Verdict::NotAChild(NotAChild::Note),
                    findings: Vec::new(),
                });
            }
            _ => {}
        }
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
            dates: DateStyle::USUAL,
            relationships: relationships(columns),
            year_from_subheading: false,
            class_from_subheading: false,
        };
        if let Some(column) = layout.columns[Field::DateOfBirth.ordinal()].first() {
            layout.dates = DateStyle::of_column(table, columns.heading_row, *column);
        }
        layout.year_from_subheading = !layout.has(Field::YearGroup);
        layout.class_from_subheading = !layout.has(Field::Class);
        layout
    }

    /// Whether there are columns for one contact only.
    fn one_contact_each(&self) -> bool {
        let second = Field::Parent(2, ParentPart::Title).ordinal();
        self.columns[second..].iter().all(Vec::is_empty)
    }

    pub(crate) fn has(&self, field: Field) -> bool {
        !self.columns[field.ordinal()].is_empty()
    }
}

/// The relationship that headings such as "Mother's name" give a contact.
fn relationships(columns: &Columns) -> [&'static str; MOST_PARENTS as usize] {
    let mut relationships = [""; MOST_PARENTS as usize];
    for column in &columns.columns {
        let Some(Field::Parent(number, _)) = column.field else {
            continue;
        };
        let label = text::label(&column.heading);
        let has = |words: &[&str]| label.split(' ').any(|word| words.contains(&word));
        // "Mother/carer" does not say which.
        if has(&["carer", "guardian", "parent"]) {
            continue;
        }
        let relationship = &mut relationships[usize::from(number.clamp(1, MOST_PARENTS)) - 1];
        if has(&["mother", "mothers", "mum", "mums"]) {
            *relationship = "Mother";
        } else if has(&["father", "fathers", "dad", "dads"]) {
            *relationship = "Father";
        }
    }
    relationships
}

/// Reads the cells of one row and collects what is found.
pub(crate) struct RowChecker<'r, 't> {
    row: Row<'t>,
    columns: &'r Columns,
    pub(crate) layout: &'r Layout,
    findings: Vec<Finding>,
}

impl<'t> RowChecker<'_, 't> {
    /// The first column for the field that is filled, and its cell as it came.
    pub(crate) fn raw(&self, field: Field) -> (Option<u16>, &'t str) {
        let places = &self.layout.columns[field.ordinal()];
        for column in places {
            let cell = bare(field, self.row.cell(usize::from(*column)));
            if !cell.trim().is_empty() && !text::is_no_value(cell) {
                return (Some(*column), cell);
            }
        }
        (places.first().copied(), "")
    }

    /// Every filled cell of a field, cleaned, in the order of the columns.
    pub(crate) fn texts(&mut self, field: Field) -> Vec<String> {
        let mut places = self.layout.columns[field.ordinal()].clone();
        places.sort_unstable();
        let mut texts = Vec::new();
        for column in places {
            let cell = bare(field, self.row.cell(usize::from(column)));
            if !text::says_nothing(cell.trim()) && !text::is_no_value(cell) {
                self.note_formula(Some(column), cell);
                texts.push(text::clean(cell).into_owned());
            }
        }
        texts
    }

    /// The relationship that the headings give a contact, or empty.
    pub(crate) fn implied_relationship(&self, number: u8) -> &'static str {
        self.layout.relationships[usize::from(number.clamp(1, MOST_PARENTS)) - 1]
    }

    /// The cleaned text of a field of free text.
    pub(crate) fn text(&mut self, field: Field) -> String {
        let (column, cell) = self.raw(field);
        if cell.is_empty() {
            return String::new();
        }
        let clean = text::clean(cell);
        // "None" and "Na" are names of people.
        let a_name = matches!(
            field,
            Field::GivenName | Field::FamilyName | Field::FullName
        );
        if !a_name && text::says_nothing(&clean) {
            return String::new();
        }
        self.note_formula(column, cell);
        clean.into_owned()
    }

    /// Whether the heading of a column of full names puts the family name first.
    pub(crate) fn family_name_first(&self, column: Option<u16>) -> bool {
        column.is_some_and(|column| {
            let label = text::label(&self.columns.columns[usize::from(column)].heading);
            let place = |words: &[&str]| words.iter().filter_map(|word| label.find(word)).min();
            let family = place(&["surname", "last name", "family name"]);
            let given = place(&["forename", "first name", "given name"]);
            matches!((family, given), (Some(family), Some(given)) if family < given)
        })
    }

    /// Warns of a cell that a spreadsheet would take for a formula.
    pub(crate) fn note_formula(&mut self, column: Option<u16>, cell: &str) {
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
    pub(crate) fn find(
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
    pub(crate) fn has_any_parent_column(&self, number: u8) -> bool {
        let first = Field::Parent(number, ParentPart::Title).ordinal();
        self.layout.columns[first..first + ParentPart::COUNT]
            .iter()
            .any(|columns| !columns.is_empty())
    }

    fn has_problem(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.code.strength() == Strength::Problem)
    }
}

/// A cell without the apostrophe that made it text in a spreadsheet.
fn bare(field: Field, cell: &str) -> &str {
    let typed = matches!(
        field,
        Field::Urn
            | Field::DfeNumber
            | Field::Upn
            | Field::NhsNumber
            | Field::DateOfBirth
            | Field::Sex
            | Field::YearGroup
            | Field::Ethnicity
            | Field::Postcode
            | Field::Parent(_, ParentPart::Phone | ParentPart::Email)
    );
    match cell.strip_prefix('\'') {
        Some(rest) if typed => rest,
        _ => restored(cell),
    }
}

/// A value as it is quoted in a message.
pub(crate) fn shortened(value: &str) -> String {
    if value.chars().count() <= 60 {
        value.to_owned()
    } else {
        value.chars().take(57).chain("…".chars()).collect()
    }
}

fn check_row(row: Row<'_>, columns: &Columns, layout: &Layout, context: &Context<'_>) -> Reading {
    let number = row.number();
    if let Some(kind) = kind::not_a_child(row, columns) {
        let contacts = if kind == NotAChild::Contact {
            read_contacts(&mut RowChecker {
                row,
                columns,
                layout,
                findings: Vec::new(),
            })
        } else {
            Vec::new()
        };
        return Reading {
            contacts,
            ..Reading::from(CheckedRow {
                number,
                verdict: Verdict::NotAChild(kind),
                findings: Vec::new(),
            })
        };
    }
    let (checked, matters) = check_child(row, columns, layout, context, None);
    let Some(displaced) = slip::displaced(row, columns, matters) else {
        return checked;
    };
    let finding = Finding {
        code: Code::ColumnsSlipped,
        heading: None,
        message: match displaced {
            Displaced::By(_) => format!(
                "The cells of this row appear to {}; see the first such row.",
                displaced.words(columns)
            ),
            Displaced::Swapped(..) => {
                format!("The cells under {}, as it seems.", displaced.words(columns))
            }
        },
    };
    Reading {
        displaced: Some(displaced),
        ..Reading::from(CheckedRow {
            number,
            verdict: Verdict::Rejected(Glimpse::default()),
            findings: vec![finding],
        })
    }
}

/// Checks a row that is a child, and counts the matters found: where there are
/// many its cells may have moved. `year_group` is one that a subheading gave.
fn check_child(
    row: Row<'_>,
    columns: &Columns,
    layout: &Layout,
    context: &Context<'_>,
    year_group: Option<YearGroupReading>,
) -> (Reading, usize) {
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
        let matters = checker.findings.len();
        let skipped = CheckedRow {
            number,
            verdict: Verdict::Skipped,
            findings: vec![finding],
        };
        return (skipped.into(), matters);
    }
    let year_group = match year_group {
        Some(YearGroupReading::Measured(year_group)) => Some(year_group),
        _ => None,
    };
    let urn = read_school(&mut checker, context);
    let Names {
        given: given_name,
        family: family_name,
        preferred: preferred_name,
    } = read_names(&mut checker);
    let sex = read_sex(&mut checker);
    if let (Some(birth), Some(year_group)) = (date_of_birth, year_group) {
        check_age(&mut checker, birth, year_group, context.start_year);
    }
    let nhs_number = read_nhs_number(&mut checker);
    let upn = read_upn(&mut checker);
    let ethnicity = read_ethnicity(&mut checker);
    let (address_lines, town, postcode) = read_address(&mut checker);
    let class = checker.text(Field::Class);
    let sensitive = matches!(
        checker.text(Field::Sensitive).to_lowercase().as_str(),
        "true" | "1" | "yes" | "y" | "t" | "sensitive" | "in care" | "looked after"
    );
    let ranked = read_contacts(&mut checker);
    let priorities = ranked.iter().map(|ranked| ranked.priority).collect();
    let mut contacts: Vec<Contact> = ranked.into_iter().map(|ranked| ranked.contact).collect();
    // A hundred thousand children stand in memory at once.
    contacts.shrink_to_fit();
    let matters = checker.findings.len();
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
                    particulars: Particulars::default(),
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
    let reading = Reading {
        priorities,
        ..Reading::from(CheckedRow {
            number,
            verdict,
            findings: checker.findings,
        })
    };
    (reading, matters)
}

/// Gives the rows under a subheading, or on a sheet, the year group or class
/// that its name says.
fn apply_subheadings(
    table: &Table,
    columns: &Columns,
    layout: &Layout,
    context: &Context<'_>,
    rows: &mut [Reading],
) {
    let mut said = Said::default();
    let mut sheet = None;
    for (index, reading) in rows.iter_mut().enumerate() {
        let position = columns.heading_row + 1 + index;
        let row = table.row(position);
        let here = table.sheet_of(position);
        if here != sheet {
            sheet = here;
            said = Said::by(here.unwrap_or_default());
        }
        if let Verdict::NotAChild(NotAChild::Subheading) = reading.row.verdict {
            let words = row
                .cells()
                .map(text::clean)
                .find(|cell| !cell.is_empty())
                .unwrap_or_default();
            said = Said::by(&words);
            continue;
        }
        if layout.year_from_subheading
            && said.year_group.is_some()
            && !matches!(reading.row.verdict, Verdict::NotAChild(_))
        {
            *reading = check_child(row, columns, layout, context, said.year_group).0;
        }
        if let (Verdict::Child(child), Some(class)) = (&mut reading.row.verdict, &said.class)
            && layout.class_from_subheading
        {
            child.class.clone_from(class);
        }
    }
}

/// What a subheading says of the rows below it.
#[derive(Default)]
struct Said {
    year_group: Option<YearGroupReading>,
    class: Option<String>,
}

impl Said {
    /// "Year 6", "Class: Acorns", "6B", "Reception - RA (Mrs Ash)".
    fn by(words: &str) -> Self {
        let mut said = Self::default();
        for part in words
            .split([',', ';', '(', ')', '–'])
            .flat_map(|part| part.split(" - "))
        {
            let part = part.trim_matches([':', ' ']);
            if let Some(reading) = YearGroup::read(part) {
                said.year_group = said.year_group.or(Some(reading));
            } else if said.class.is_none() {
                said.class = class_named(part);
            }
        }
        said
    }
}

/// The class a text names: "Class: Acorns", "Oak class", "6B", "RA".
fn class_named(words: &str) -> Option<String> {
    let label = text::label(words);
    for prefix in [
        "class ",
        "form ",
        "registration group ",
        "reg group ",
        "tutor group ",
    ] {
        if label.starts_with(prefix) {
            let class: String = words.chars().skip(prefix.chars().count()).collect();
            return Some(class.trim_matches([':', ' ']).to_owned());
        }
    }
    if let Some(class) = words
        .strip_suffix(" class")
        .or_else(|| words.strip_suffix(" Class"))
    {
        return Some(class.trim().to_owned());
    }
    let short = words.len() <= 4 && words.chars().all(char::is_alphanumeric);
    let coded = words.starts_with(|c: char| c.is_ascii_digit() || c == 'R')
        && words.ends_with(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit());
    (short && coded && words.len() >= 2).then(|| words.to_owned())
}
