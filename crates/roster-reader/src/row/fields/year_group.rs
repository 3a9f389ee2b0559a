//! The year group: from its cell, a subheading, the date of birth or the class.

use chrono::{Months, NaiveDate};
use programme::{YearGroup, YearGroupReading, text};

use crate::code::Code;
use crate::columns::field::Field;
use crate::row::checked::Context;
use crate::row::checker::{RowChecker, shortened};

pub(crate) fn read_year_group(
    row: &mut RowChecker<'_, '_>,
    date_of_birth: Option<NaiveDate>,
    context: &Context<'_>,
    subheading: Option<YearGroupReading>,
) -> Option<YearGroupReading> {
    let (column, cell) = row.raw(Field::YearGroup);
    let cell = text::clean(cell);
    let several = YearGroup::is_one_of_several(&cell);
    if !cell.is_empty() && !several {
        return year_of_cell(row, column, &cell);
    }
    if subheading.is_some() {
        return subheading;
    }
    let date_of_birth = date_of_birth?;
    if let Some(group) = YearGroup::by_birth(date_of_birth, context.start_year) {
        if column.is_some() {
            row.find(Code::YearGroupFromBirth, column, || {
                if several {
                    format!("“{cell}” is more than one year group; the date of birth makes it {group}. Check it.")
                } else {
                    format!("There is no year group; the date of birth makes it {group}. Check it.")
                }
            });
        }
        return Some(YearGroupReading::Measured(group));
    }
    if several {
        return Some(YearGroupReading::Other);
    }
    if column.is_none() {
        // A child placed out of year, whose class says so.
        if let Some(reading) = year_of_class(&row.text(Field::Class)) {
            return Some(reading);
        }
        if is_of_another_year(date_of_birth, context.start_year) {
            return Some(YearGroupReading::Other);
        }
    }
    row.find(Code::YearGroupMissing, column, || {
        "There is no year group, and the date of birth does not tell it. Add R or 6.".to_owned()
    });
    None
}

fn year_of_cell(
    row: &mut RowChecker<'_, '_>,
    column: Option<u16>,
    cell: &str,
) -> Option<YearGroupReading> {
    let reading = YearGroup::read(cell);
    if reading.is_none() {
        row.find(Code::YearGroupUnreadable, column, || {
            format!(
                "“{}” is not a year group. It should be R or Reception, or 6 or Year 6.",
                shortened(cell)
            )
        });
    }
    reading
}

/// Whether a date of birth is that of years 1 to 5 or of the nursery in a whole-school list.
fn is_of_another_year(date_of_birth: NaiveDate, start_year: i32) -> bool {
    let (_, oldest) = YearGroup::Year6.birth_window(start_year);
    let (youngest, last_reception) = YearGroup::Reception.birth_window(start_year);
    let nursery = last_reception.checked_add_months(Months::new(24));
    (oldest..youngest).contains(&date_of_birth)
        || (date_of_birth > last_reception && nursery.is_some_and(|last| date_of_birth <= last))
}

/// The year group that the name of a class begins with: "6B", "Year 6 Oak",
/// "Nursery".
fn year_of_class(class: &str) -> Option<YearGroupReading> {
    let words = text::label(class);
    let digits = words
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(words.len());
    if digits > 0 {
        return YearGroup::read(&words[..digits]);
    }
    let mut parts = words.splitn(3, ' ');
    let (first, second) = (parts.next()?, parts.next().unwrap_or_default());
    if matches!(first, "year" | "yr") {
        return YearGroup::read(second);
    }
    matches!(first, "nursery" | "reception" | "rec" | "nur")
        .then(|| YearGroup::read(first))
        .flatten()
}
