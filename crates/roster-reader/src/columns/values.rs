//! What single cells look like, whatever their heading says.
//!
//! Used twice: to recognise a column by its values, and to notice when the
//! cells of a row stand in the wrong columns.

use chrono::Datelike;

use crate::columns::field::{Field, ParentPart};
use programme::{
    self, DfeNumber, EmailReading, Ethnicity, NhsNumber, PhoneReading, Postcode, Upn, YearGroup,
};

/// How many filled cells of a column are looked at.
pub(crate) const SAMPLE: usize = 200;

/// The field whose values these are, when at least nine in ten agree.
///
/// Only fields whose values cannot be taken for another's: names and classes
/// are never told from values.
pub(crate) fn field_of_values<'c>(
    cells: impl Iterator<Item = &'c str>,
    start_year: i32,
) -> Option<Field> {
    const KINDS: [Field; 7] = [
        Field::NhsNumber,
        Field::Upn,
        Field::Postcode,
        Field::DateOfBirth,
        Field::DfeNumber,
        Field::Parent(1, ParentPart::Email),
        Field::Sex,
    ];
    let mut hits = [0usize; KINDS.len()];
    let mut count = 0;
    for cell in cells {
        count += 1;
        for (hit, kind) in hits.iter_mut().zip(KINDS) {
            *hit += usize::from(surely_is(kind, cell, start_year));
        }
    }
    let index = hits
        .iter()
        .position(|hit| count > 0 && *hit * 10 >= count * 9)?;
    // Two letters in one column of one row prove little.
    let enough = !matches!(KINDS[index], Field::Sex | Field::DfeNumber) || count >= 3;
    enough.then_some(KINDS[index])
}

/// What the values under a bare "Contact" are, when at least three in four are
/// not names.
pub(crate) fn kind_of_contact<'c>(cells: impl Iterator<Item = &'c str>) -> Option<ParentPart> {
    let (mut count, mut emails, mut phones, mut numbers) = (0usize, 0, 0, 0);
    for cell in cells {
        count += 1;
        let letters = cell.chars().filter(|c| c.is_alphabetic()).count();
        if cell.contains('@') {
            emails += 1;
        } else if cell.len() <= 2 && cell.bytes().all(|b| b.is_ascii_digit()) {
            numbers += 1;
        } else if matches!(programme::read_phone(cell), PhoneReading::Number { .. })
            && (letters <= 8 || letters * 2 <= cell.len())
        {
            phones += 1;
        }
    }
    [
        (emails, ParentPart::Email),
        (phones, ParentPart::Phone),
        (numbers, ParentPart::Priority),
    ]
    .into_iter()
    .find(|(hits, _)| count > 0 && hits * 4 >= count * 3)
    .map(|(_, part)| part)
}

/// Whether a cell can hardly be anything but a value of the field.
fn surely_is(field: Field, cell: &str, start_year: i32) -> bool {
    match field {
        Field::NhsNumber => NhsNumber::parse(cell).is_ok(),
        Field::Upn => Upn::parse(cell).is_ok(),
        Field::Postcode => Postcode::parse(cell).is_ok(),
        Field::DateOfBirth => is_school_age(cell, start_year),
        Field::DfeNumber => cell.contains('/') && DfeNumber::parse(cell).is_ok(),
        Field::Parent(_, ParentPart::Email) => {
            matches!(
                programme::read_email(cell),
                EmailReading::One { .. } | EmailReading::Several { .. }
            )
        }
        Field::Sex => is_sex(cell),
        _ => false,
    }
}

/// Whether the cell is a date that makes a child 3 to 13 years old on
/// 1 September of the year.
fn is_school_age(cell: &str, start_year: i32) -> bool {
    programme::read_date(cell)
        .is_ok_and(|reading| (start_year - 14..=start_year - 3).contains(&reading.date.year()))
}

fn is_sex(cell: &str) -> bool {
    // A column of ones and twos alone could be anything.
    !cell.contains(|c: char| c.is_ascii_digit()) && programme::read_sex(cell).is_some()
}

/// Whether a cell could be a value of the field. `None` for fields of free
/// text, whose cells tell nothing.
pub(crate) fn is_plausible(field: Field, cell: &str) -> Option<bool> {
    let digits = || cell.bytes().filter(u8::is_ascii_digit).count();
    Some(match field {
        Field::Urn => programme::Urn::parse(cell).is_ok(),
        Field::DfeNumber => DfeNumber::parse(cell).is_ok(),
        // A wrong check character is a slip of one digit, not of a column.
        Field::Upn => {
            let length = cell.chars().filter(|c| !c.is_whitespace()).count();
            length == 13
                && cell
                    .trim_start()
                    .starts_with(|c: char| c.is_ascii_alphabetic())
                && digits() >= 11
        }
        Field::NhsNumber => {
            !cell.contains(|c: char| c.is_alphabetic() && c != 'E' && c != 'e')
                && (digits() == 10 || cell.contains(['E', 'e']))
        }
        Field::GivenName | Field::FamilyName | Field::FullName | Field::PreferredName => {
            cell.chars().any(char::is_alphabetic) && digits() == 0
        }
        Field::DateOfBirth => programme::read_date(cell).is_ok() || looks_like_date(cell),
        Field::Sex => {
            programme::read_sex(cell).is_some()
                || (cell.trim().len() == 1 && cell.trim().bytes().all(|b| b.is_ascii_alphabetic()))
        }
        Field::YearGroup => YearGroup::read(cell).is_some() || YearGroup::is_one_of_several(cell),
        Field::Ethnicity => {
            let cell = cell.trim();
            Ethnicity::parse(cell).is_ok()
                || (cell.len() == 4 && cell.bytes().all(|b| b.is_ascii_alphabetic()))
        }
        Field::Postcode => {
            Postcode::parse(cell).is_ok() || (cell.trim().len() <= 5 && digits() > 0)
        }
        Field::Parent(_, ParentPart::Email) => cell.contains('@'),
        Field::Parent(_, ParentPart::Phone) => {
            matches!(programme::read_phone(cell), PhoneReading::Number { .. })
        }
        _ => return None,
    })
}

/// Digits and separators in the shape of a date, whether or not it exists.
fn looks_like_date(cell: &str) -> bool {
    let cell = cell.trim();
    (6..=10).contains(&cell.len())
        && cell
            .bytes()
            .filter(|b| matches!(b, b'/' | b'-' | b'.'))
            .count()
            == 2
        && cell
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b'/' | b'-' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_contact_is_told_from_its_values() {
        let kind = |cells: &[&str]| kind_of_contact(cells.iter().copied());
        assert_eq!(
            kind(&["Mob: 07700 900123", "01632 960001"]),
            Some(ParentPart::Phone)
        );
        assert_eq!(kind(&["a@example.org"]), Some(ParentPart::Email));
        assert_eq!(kind(&["1", "2", "1"]), Some(ParentPart::Priority));
        assert_eq!(kind(&["Jo Hill", "Sam Hill 07700900123"]), None);
        assert_eq!(kind(&[]), None);
    }

    #[test]
    fn columns_of_unmistakable_values_are_recognised() {
        let field = |cells: &[&str]| field_of_values(cells.iter().copied(), 2026);
        assert_eq!(
            field(&["9990136750", "999 013 6408"]),
            Some(Field::NhsNumber)
        );
        assert_eq!(field(&["H999200120042"]), Some(Field::Upn));
        assert_eq!(
            field(&["2016-01-01", "31/08/2016"]),
            Some(Field::DateOfBirth)
        );
        assert_eq!(field(&["2026-09-01", "2026-09-01"]), None);
        assert_eq!(field(&["M", "F", "F"]), Some(Field::Sex));
        assert_eq!(field(&["EB1 4PU", "EB14NQ"]), Some(Field::Postcode));
        assert_eq!(
            field(&["a@example.org"]),
            Some(Field::Parent(1, ParentPart::Email))
        );
        assert_eq!(field(&["6A", "6B"]), None);
        assert_eq!(field(&[]), None);
    }
}
