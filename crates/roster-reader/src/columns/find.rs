//! Recognises columns by their headings, their values and earlier choices.

use std::collections::{BTreeMap, BTreeSet};

use programme::text;
use tabular::{Table, find_heading_row, restored};

use crate::columns::column::{
    Candidate, Choices, Column, Columns, ColumnsError, How, choice_names,
};
use crate::columns::doubles::settle_doubles;
use crate::columns::field::{Field, MOST_PARENTS, ParentPart};
use crate::columns::heading_rows::{Headings, whole_headings};
use crate::columns::headings::{ALONE, BARE, Recognised, is_foreign, recognise};
use crate::columns::neighbours::consider_neighbours;
use crate::columns::values;

/// The fewest recognised headings that make a row the row of headings.
const LEAST_HEADINGS: usize = 3;

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
    let mut candidates = by_heading(table, heading_row, &headings, choices);
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

/// What each column may be by its heading, or by what a person chose for it.
fn by_heading(
    table: &Table,
    heading_row: usize,
    headings: &[String],
    choices: &Choices,
) -> Vec<Candidate> {
    let names = choice_names(headings);
    // Contacts that headings number, or call mother and father.
    let numbered: BTreeSet<u8> = headings
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
                *seen = (*seen + 1..=MOST_PARENTS)
                    .find(|number| rank == ALONE || !numbered.contains(number))
                    .unwrap_or(u8::MAX - 1);
                (*seen <= MOST_PARENTS).then_some((Field::Parent(*seen, part), rank))
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
    candidates
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::column::fingerprint;
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
