//! The school of a child.

use programme::{DfeNumber, Urn, text};

use crate::code::Code;
use crate::columns::field::Field;
use crate::row::checked::Context;
use crate::row::checker::{RowChecker, shortened};
use crate::schools::School;

pub(crate) fn read_school(row: &mut RowChecker<'_, '_>, context: &Context<'_>) -> Option<Urn> {
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
/// on the list. Whatever the heading, the cell itself shows whether it holds a URN,
/// a DfE number or a name.
fn find_school<'s>(
    row: &RowChecker<'_, '_>,
    context: &Context<'s>,
) -> (Option<u16>, Option<String>, Option<&'s School>) {
    let mut first = None;
    let mut named = None;
    for field in [Field::Urn, Field::DfeNumber, Field::SchoolName] {
        let (column, cell) = row.raw(field);
        first = first.or(column);
        let cell = text::clean(cell);
        if cell.is_empty() {
            continue;
        }
        let found = context.schools.described(&cell).or_else(|| {
            // The authority's code and the establishment number in two columns.
            let authority = text::clean(row.raw(Field::LocalAuthority).1);
            let number = DfeNumber::from_parts(&authority, &cell).ok()?;
            context.schools.by_dfe_number(number)
        });
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
