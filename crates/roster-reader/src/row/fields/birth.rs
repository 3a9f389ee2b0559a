//! The date of birth, and whether it fits the year group.

use chrono::{Datelike, NaiveDate};
use programme::{DateError, DateOrder, YearGroup, text};

use crate::code::Code;
use crate::columns::dates::ColumnOrder;
use crate::columns::field::Field;
use crate::row::checker::{RowChecker, shortened};

pub(crate) fn read_birth(row: &mut RowChecker<'_, '_>) -> Option<NaiveDate> {
    let (column, cell) = row.raw(Field::DateOfBirth);
    let cell = text::clean(cell);
    if cell.is_empty() {
        row.find(Code::NoDateOfBirth, column, || {
            "There is no date of birth. Add it, for instance 24/10/2021.".to_owned()
        });
        return None;
    }
    match row.layout.dates.read(&cell) {
        Ok(reading)
            if reading.order == DateOrder::Either
                && row.layout.dates.order == ColumnOrder::Mixed =>
        {
            row.find(Code::DateAmbiguous, column, || {
                format!(
                    "“{cell}” could be day first or month first, and this column holds both. Write the date as yyyy-mm-dd."
                )
            });
            None
        }
        Ok(reading) => {
            if reading.two_digit_year && !row.layout.dates.short_years {
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

pub(crate) fn check_age(
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
