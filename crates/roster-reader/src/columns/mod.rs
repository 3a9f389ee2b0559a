//! What each column of a file is.
//!
//! The one thing to know: a column is recognised by its heading, else by its
//! values, else by what a person said of the same layout before; where that
//! leaves a doubt there is a [`Question`], and nothing is imported until it is
//! answered.

pub(crate) mod dates;
pub mod field;
mod heading_rows;
mod headings;
mod neighbours;
pub mod slip;
pub(crate) mod values;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::columns::field::{Field, ParentPart};
use crate::columns::heading_rows::{Headings, whole_headings};
use crate::columns::headings::{ALONE, BARE, Recognised, is_foreign, recognise};
use crate::columns::neighbours::consider_neighbours;
use programme::text;
use tabular::{ERRORS, Table, find_heading_row, restored};

/// The fewest recognised headings that make a row the row of headings.
const LEAST_HEADINGS: usize = 3;

/// How a column came to its field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// By its heading.
    Heading,
    /// By its values.
    Values,
    /// By a choice made for this layout, now or earlier.
    Chosen,
    /// Not recognised, or another column is the better one.
    LeftAlone,
}

/// One column.
#[derive(Debug, Clone)]
pub struct Column {
    /// The heading as it came.
    pub heading: String,
    /// The field it fills.
    pub field: Option<Field>,
    /// How that was found.
    pub how: How,
    /// Among several columns for one field, the place of this one; only the
    /// first (0) is reported, the others fill its blanks.
    pub place: u8,
}

/// A doubt that a person has to settle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The field in doubt.
    pub field: Field,
    /// The positions of the columns that could be it.
    pub columns: Vec<usize>,
    /// The doubt in words.
    pub text: String,
}

/// The columns of one file.
#[derive(Debug, Clone)]
pub struct Columns {
    /// Position in the table of the row of headings.
    pub heading_row: usize,
    /// The columns, in order.
    pub columns: Vec<Column>,
    /// Doubts to settle before anything is imported.
    pub questions: Vec<Question>,
}

/// The choices a person made for a layout, by heading; `None` leaves the column
/// alone. A heading that comes several times has `#2`, `#3` … behind it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choices(pub BTreeMap<String, Option<String>>);

/// Why a file's columns cannot be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ColumnsError {
    /// No row of headings.
    #[error(
        "No row of column headings was found. The first row should name the columns, for instance \
         “Given name, Family name, Date of birth, Sex, Year group, URN”."
    )]
    NoHeadings,
    /// Columns that a roster cannot do without.
    #[error("There is no column for {}. Columns found: {}.", .missing.join(", "), .found.join(", "))]
    Missing {
        /// The fields, as people read them.
        missing: Vec<String>,
        /// The headings that were there.
        found: Vec<String>,
    },
}

/// What a column may be, with the rank of its heading, and how that was found.
pub(crate) type Candidate = (Option<(Field, u8)>, How);

/// The headings of a sheet that looks like a roster: reduced to words, blank
/// columns at the end left off. `None` for a cover, a key to codes, a summary.
pub fn roster_headings(table: &Table) -> Option<Vec<String>> {
    let found = find_heading_row(table, LEAST_HEADINGS, |cell| recognise(cell).is_some())?;
    let Headings { row, texts } = whole_headings(table, found.index);
    let says = |wanted: &[Field]| {
        texts.iter().any(|text| {
            matches!(recognise(text), Some(Recognised::Field(field, _)) if wanted.contains(&field))
        })
    };
    let named = says(&[Field::GivenName, Field::FamilyName, Field::FullName]);
    let known = says(&[Field::DateOfBirth, Field::NhsNumber, Field::Upn, Field::Sex]);
    if !(named && known && row + 1 < table.len()) {
        return None;
    }
    let mut headings: Vec<String> = texts.iter().map(|text| text::label(text)).collect();
    while headings.last().is_some_and(String::is_empty) {
        headings.pop();
    }
    Some(headings)
}

/// Tells what the columns of a table are.
///
/// `choices` are those remembered for the layout, see [`fingerprint`].
/// `start_year` is the calendar year in which the academic year starts.
pub fn find_columns(
    table: &Table,
    choices: &Choices,
    start_year: i32,
) -> Result<Columns, ColumnsError> {
    let found = find_heading_row(table, LEAST_HEADINGS, |cell| recognise(cell).is_some())
        .ok_or(ColumnsError::NoHeadings)?;
    let Headings {
        row: heading_row,
        texts: headings,
    } = whole_headings(table, found.index);
    let names = choice_names(&headings);

    // Contacts that headings number, or call mother and father.
    let numbered: std::collections::BTreeSet<u8> = headings
        .iter()
        .filter_map(|heading| match recognise(heading)? {
            Recognised::Field(Field::Parent(number, _), rank) if rank != ALONE => Some(number),
            _ => None,
        })
        .collect();
    let mut candidates: Vec<Candidate> = Vec::with_capacity(headings.len());
    let mut unnumbered: BTreeMap<ParentPart, u8> = BTreeMap::new();
    for (heading, name) in headings.iter().zip(&names) {
        if let Some(chosen) = choices.0.get(name) {
            candidates.push((
                chosen
                    .as_deref()
                    .and_then(Field::from_key)
                    .map(|field| (field, 99)),
                How::Chosen,
            ));
            continue;
        }
        let column = candidates.len();
        let recognised = recognise(heading)
            .and_then(|recognised| fitting_values(recognised, table, heading_row, column));
        let field = match recognised {
            Some(Recognised::Field(field, rank)) => Some((field, rank)),
            // The same heading again, without a number, is the next contact's.
            Some(Recognised::Parent(part, rank)) => {
                let seen = unnumbered.entry(part).or_default();
                *seen = (*seen + 1..=crate::columns::field::MOST_PARENTS)
                    .find(|number| rank == ALONE || !numbered.contains(number))
                    .unwrap_or(u8::MAX - 1);
                (*seen <= crate::columns::field::MOST_PARENTS)
                    .then_some((Field::Parent(*seen, part), rank))
            }
            None => None,
        };
        candidates.push((
            field,
            if field.is_some() {
                How::Heading
            } else {
                How::LeftAlone
            },
        ));
    }
    recognise_by_values(table, heading_row, &headings, &mut candidates, start_year);
    consider_neighbours(table, heading_row, &headings, &mut candidates);

    let mut columns: Vec<Column> = headings
        .into_iter()
        .zip(&candidates)
        .map(|(heading, (field, how))| Column {
            heading,
            field: field.map(|(field, _)| field),
            how: *how,
            place: 0,
        })
        .collect();
    let questions = settle_doubles(table, heading_row, &mut columns, &candidates);
    Ok(Columns {
        heading_row,
        columns,
        questions,
    })
}

/// The first filled cells of a column.
fn sample_of(table: &Table, heading_row: usize, column: usize) -> impl Iterator<Item = &str> {
    table
        .rows()
        .skip(heading_row + 1)
        .map(move |row| restored(row.cell(column).trim()))
        .filter(|cell| !cell.is_empty())
        .take(values::SAMPLE)
}

/// What a heading was recognised as, corrected by the values under it where
/// the heading alone says little: "Contact" over telephone numbers, "Year" over
/// the academic year, "School code" over the codes of some other system.
fn fitting_values(
    recognised: Recognised,
    table: &Table,
    heading_row: usize,
    column: usize,
) -> Option<Recognised> {
    let sample = || sample_of(table, heading_row, column);
    if matches!(
        recognised,
        Recognised::Field(Field::Parent(_, ParentPart::Name), BARE)
            | Recognised::Parent(ParentPart::Name, BARE)
    ) {
        let part = match values::kind_of_contact(sample()) {
            Some(part) => part,
            None => ParentPart::Name,
        };
        return Some(match recognised {
            Recognised::Field(Field::Parent(number, _), rank) => {
                Recognised::Field(Field::Parent(number, part), rank)
            }
            _ => Recognised::Parent(part, BARE),
        });
    }
    let Recognised::Field(field, rank) = recognised else {
        return Some(recognised);
    };
    let weak = match field {
        Field::YearGroup => true,
        Field::DfeNumber | Field::SchoolName => rank <= 4,
        Field::Sex => rank <= 3,
        _ => false,
    };
    let fits = |cell: &str| match field {
        Field::SchoolName => cell.chars().any(char::is_alphabetic),
        _ => values::is_plausible(field, cell) == Some(true),
    };
    // One row proves little.
    let misfit = weak && sample().nth(2).is_some() && !sample().any(fits);
    (!misfit).then_some(recognised)
}

/// The name a column goes by in [`Choices`]: its heading reduced to words, with
/// its number when the heading comes again.
fn choice_names(headings: &[String]) -> Vec<String> {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    headings
        .iter()
        .map(|heading| {
            let label = text::label(heading);
            let count = seen.entry(label.clone()).or_default();
            *count += 1;
            if *count == 1 {
                label
            } else {
                format!("{label}#{count}")
            }
        })
        .collect()
}

/// Finds fields nobody has yet among the columns nobody recognised.
fn recognise_by_values(
    table: &Table,
    heading_row: usize,
    headings: &[String],
    candidates: &mut [Candidate],
    start_year: i32,
) {
    for column in 0..candidates.len() {
        if candidates[column].1 != How::LeftAlone {
            continue;
        }
        let sample = sample_of(table, heading_row, column);
        let Some(field) = values::field_of_values(sample, start_year) else {
            continue;
        };
        if is_foreign(&headings[column], field) {
            continue;
        }
        if candidates
            .iter()
            .all(|(taken, _)| taken.is_none_or(|(taken, _)| taken != field))
        {
            candidates[column] = (Some((field, 1)), How::Values);
        }
    }
}

/// Where several columns are one field: the best heading first, the others
/// behind it to fill blanks. Equal headings with different values are a
/// question.
fn settle_doubles(
    table: &Table,
    heading_row: usize,
    columns: &mut [Column],
    candidates: &[Candidate],
) -> Vec<Question> {
    let mut by_field: BTreeMap<Field, Vec<(u8, usize)>> = BTreeMap::new();
    for (index, (candidate, _)) in candidates.iter().enumerate() {
        if let Some((field, rank)) = candidate {
            by_field.entry(*field).or_default().push((*rank, index));
        }
    }
    let mut questions = Vec::new();
    for (field, mut places) in by_field {
        places.sort_by_key(|(rank, index)| (std::cmp::Reverse(*rank), *index));
        let best = places[0].0;
        let equal: Vec<usize> = places
            .iter()
            .filter(|(rank, _)| *rank == best)
            .map(|(_, index)| *index)
            .collect();
        // Several telephones of one contact are no doubt: the first one is used.
        let harmless = matches!(
            field,
            Field::Parent(_, ParentPart::Phone | ParentPart::Name)
        );
        if equal.len() > 1 && !harmless && disagree(table, heading_row, &equal) {
            let headings: Vec<String> = equal
                .iter()
                .map(|index| format!("“{}”", columns[*index].heading))
                .collect();
            questions.push(Question {
                field,
                text: format!(
                    "Several columns could be the {}: {}. Say which one it is.",
                    field.label().to_lowercase(),
                    headings.join(", ")
                ),
                columns: equal,
            });
        }
        for (place, (_, index)) in places.iter().enumerate() {
            columns[*index].place = place as u8;
        }
    }
    questions
}

fn disagree(table: &Table, heading_row: usize, columns: &[usize]) -> bool {
    table.rows().skip(heading_row + 1).any(|row| {
        let mut first = None;
        columns
            .iter()
            .map(|column| text::clean(row.cell(*column)))
            .filter(|cell| !cell.is_empty())
            .any(|cell| match &first {
                None => {
                    first = Some(cell);
                    false
                }
                Some(first) => text::folded(first) != text::folded(&cell),
            })
    })
}

/// A name for the layout of a file: the same for every export of one system,
/// different when a heading differs. Lower-case hexadecimal.
pub fn fingerprint(columns: &Columns) -> String {
    use std::fmt::Write;
    let mut hash = Sha256::new();
    let mut names = columns.choice_names();
    // The file that comes back with its errors mended is of the same layout.
    while names.last().is_some_and(|name| {
        name.is_empty() || name.starts_with('#') || *name == text::label(ERRORS)
    }) {
        names.pop();
    }
    for name in names {
        hash.update(name.as_bytes());
        hash.update([0x1f]);
    }
    hash.finalize()
        .iter()
        .take(16)
        .fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

impl Columns {
    /// The names under which [`Choices`] know the columns, in order.
    pub fn choice_names(&self) -> Vec<String> {
        choice_names(
            &self
                .columns
                .iter()
                .map(|column| column.heading.clone())
                .collect::<Vec<_>>(),
        )
    }

    /// The column that is first for a field.
    pub fn first(&self, field: Field) -> Option<usize> {
        self.columns
            .iter()
            .position(|column| column.field == Some(field) && column.place == 0)
    }

    /// The fields that a roster cannot do without and that no column fills.
    /// `school_known` when the school is named beside the file.
    pub fn check_complete(&self, school_known: bool) -> Result<(), ColumnsError> {
        let has = |field: Field| {
            self.columns
                .iter()
                .any(|column| column.field == Some(field))
        };
        let mut missing = Vec::new();
        if !has(Field::FullName) {
            for field in [Field::GivenName, Field::FamilyName] {
                if !has(field) {
                    missing.push(field.label());
                }
            }
        }
        for field in [Field::DateOfBirth, Field::Sex] {
            if !has(field) {
                missing.push(field.label());
            }
        }
        if !(school_known || has(Field::Urn) || has(Field::DfeNumber) || has(Field::SchoolName)) {
            missing
                .push("the school (its URN), and no school was named beside the file".to_owned());
        }
        if missing.is_empty() {
            return Ok(());
        }
        let found = self
            .columns
            .iter()
            .map(|column| column.heading.clone())
            .filter(|heading| !heading.is_empty());
        Err(ColumnsError::Missing {
            missing,
            found: found.take(60).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tabular::{Limits, read_lists};

    fn table(text: &str) -> Table {
        read_lists(text.as_bytes(), &Limits::UPLOAD, roster_headings).unwrap()
    }

    fn keys(text: &str) -> Vec<String> {
        let table = table(text);
        let columns = find_columns(&table, &Choices::default(), 2026).unwrap();
        columns
            .columns
            .iter()
            .map(|c| {
                c.field
                    .filter(|_| c.place == 0)
                    .map(Field::key)
                    .unwrap_or_default()
            })
            .collect()
    }

    #[test]
    fn a_title_above_the_headings_is_passed_over() {
        let table = table(
            "Class list for Exampleton,,\nPrinted 1 September,,\n\nForename,Surname,DoB\nJo,Bloggs,2016-01-01\n",
        );
        let columns = find_columns(&table, &Choices::default(), 2026).unwrap();
        assert_eq!(table.row(columns.heading_row).number(), 4);
    }

    #[test]
    fn the_legal_surname_wins_and_the_other_fills_its_blanks() {
        let table = table("Forename,Surname,Legal Surname,DoB\nAva,Roberts,Hollis,2016-01-01\n");
        let columns = find_columns(&table, &Choices::default(), 2026).unwrap();
        assert_eq!(columns.first(Field::FamilyName), Some(2));
        assert_eq!(
            (columns.columns[1].field, columns.columns[1].place),
            (Some(Field::FamilyName), 1)
        );
        assert!(columns.questions.is_empty());
    }

    #[test]
    fn a_column_with_an_unknown_heading_is_recognised_by_its_values() {
        let keys =
            keys("Forename,Surname,DoB,Ident,Ref\nA,B,2016-01-01,999 013 6750,H999200120042\n");
        assert_eq!(keys[3..], ["nhs_number", "upn"]);
    }

    #[test]
    fn two_columns_that_disagree_are_a_question_and_two_that_agree_are_not() {
        let table1 = table("Forename,Surname,DoB,DoB\nA,B,2016-01-01,2016-01-02\n");
        let columns = find_columns(&table1, &Choices::default(), 2026).unwrap();
        assert_eq!(columns.questions.len(), 1);
        assert_eq!(columns.questions[0].columns, [2, 3]);
        let choices = Choices(BTreeMap::from([("dob#2".to_owned(), None)]));
        assert!(
            find_columns(&table1, &choices, 2026)
                .unwrap()
                .questions
                .is_empty()
        );
        let table2 = table("Forename,Surname,DoB,DoB\nA,B,2016-01-01,\n");
        assert!(
            find_columns(&table2, &Choices::default(), 2026)
                .unwrap()
                .questions
                .is_empty()
        );
    }

    #[test]
    fn contact_columns_repeated_without_numbers_are_successive_contacts() {
        let keys = keys(
            "Forename,Surname,DoB,Contact Name,Contact Email,Contact Name,Contact Email\na,b,c,d,e,f,g\n",
        );
        assert_eq!(
            keys[3..],
            [
                "parent_1_name",
                "parent_1_email",
                "parent_2_name",
                "parent_2_email"
            ]
        );
    }

    #[test]
    fn a_group_of_columns_is_named_in_the_row_above_or_below() {
        let wanted = [
            "family_name",
            "given_name",
            "date_of_birth",
            "parent_1_name",
            "parent_1_email",
            "parent_2_name",
            "parent_2_email",
        ];
        let above = keys(
            "Child,,,Parent 1,,Parent 2,\nSurname,Forename,DoB,Name,Email,Name,Email\nA,B,2016-01-01,c,d@e.org,f,g@h.org\n",
        );
        assert_eq!(above, wanted);
        let below = keys(
            "Surname,Forename,DoB,Mother,,Father,\n,,,Name,Email,Name,Email\nA,B,2016-01-01,c,d@e.org,f,g@h.org\n",
        );
        assert_eq!(below, wanted);
    }

    #[test]
    fn two_rows_of_headings_are_not_seen_where_there_is_one() {
        let table = table("Class list,2026\nSurname,Forename,DoB,Name\nA,B,2016-01-01,c\n");
        let columns = find_columns(&table, &Choices::default(), 2026).unwrap();
        assert_eq!(columns.heading_row, 1);
        assert_eq!(columns.columns[0].heading, "Surname");
    }

    #[test]
    fn a_name_beside_a_surname_is_the_given_name_unless_it_repeats_it() {
        assert_eq!(
            keys("Name,Surname,DoB\nAnn,Hill,2016-01-01\n")[0],
            "given_name"
        );
        assert_eq!(
            keys("Name,Surname,DoB\nAnn Hill,Hill,2016-01-01\n")[0],
            "full_name"
        );
    }

    #[test]
    fn first_and_last_are_names_where_nothing_else_is() {
        let headings = "First,Last,DoB,Sex,Year\na,b,2016-01-01,F,6\n";
        assert_eq!(keys(headings)[..2], ["given_name", "family_name"]);
        let beside = "Forename,Surname,DoB,First,Last\na,b,2016-01-01,c,d\n";
        assert_eq!(keys(beside)[3..], ["", ""]);
    }

    #[test]
    fn columns_all_headed_address_are_its_lines() {
        let keys =
            keys("Forename,Surname,DoB,Address,Address,Address\na,b,2016-01-01,1 Road,,Town\n");
        assert_eq!(
            keys[3..],
            ["address_line_1", "address_line_2", "address_line_3"]
        );
    }

    #[test]
    fn a_contact_without_a_number_does_not_mix_with_those_that_have_one() {
        let keys = keys(
            "Forename,Surname,DoB,Mother Name,Mother Mobile,Father Name,Father Mobile,Emergency Contact,Emergency Phone,Email\n\
             a,b,2016-01-01,c,07700900123,d,07700900124,e,07700900125,f@example.org\n",
        );
        assert_eq!(
            keys[3..],
            [
                "parent_1_name",
                "parent_1_phone",
                "parent_2_name",
                "parent_2_phone",
                "parent_3_name",
                "parent_3_phone",
                "parent_1_email"
            ]
        );
    }

    #[test]
    fn a_heading_that_says_little_is_told_from_its_values() {
        let keys = keys(
            "Forename,Surname,DoB,Parent,Contact,Year,School code\n\
             a,b,2016-01-01,Jo Hill,07700 900123,2026/27,I1\nc,d,2016-01-02,Bo Ng,07700 900124,2026/27,I2\n\
             e,f,2016-01-03,Al Fox,07700 900125,2026/27,I1\n",
        );
        assert_eq!(keys[3..], ["parent_1_name", "parent_1_phone", "", ""]);
    }

    #[test]
    fn a_full_name_is_left_alone_beside_its_parts() {
        let keys = keys("Student,Forename,Surname,DoB\n\"B, A\",A,B,2016-01-01\n");
        assert_eq!(keys[0], "");
    }

    #[test]
    fn the_fingerprint_follows_the_headings_only() {
        let one = table("Forename,Surname,DoB\nA,B,2016-01-01\n");
        let two = table("title\nFORENAME;surname;DoB\nC;D;2016-02-02\n");
        let three = table("Forename,Surname,DoB,Sex\nA,B,2016-01-01,F\n");
        let print =
            |table: &Table| fingerprint(&find_columns(table, &Choices::default(), 2026).unwrap());
        assert_eq!(print(&one), print(&two));
        let comes_back = table("Forename,Surname,DoB,Errors\nA,B,2016-01-01,Wrong.\n");
        assert_eq!(print(&one), print(&comes_back));
        assert_ne!(print(&one), print(&three));
    }

    #[test]
    fn missing_columns_are_all_named_at_once() {
        let table = table("Forename,Surname,Class\nA,B,6A\n");
        let columns = find_columns(&table, &Choices::default(), 2026).unwrap();
        let message = columns.check_complete(false).unwrap_err().to_string();
        assert!(
            message.contains("Date of birth, Sex, the school (its URN)"),
            "{message}"
        );
        assert!(message.contains("Forename, Surname, Class"), "{message}");
    }
}
