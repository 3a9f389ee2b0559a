//! The order of day and month in a column of dates of birth.
//!
//! Dates are read day first. A column is read month first only when several of its dates make sense
//! month first alone, and none day first alone. Where both occur, the dates that could be either are
//! held as ambiguous.

use programme::{DateError, DateOrder, DateReading, text};
use tabular::{Table, restored};

/// The order of day and month in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ColumnOrder {
    /// Day first, as it should be.
    DayFirst,
    /// Every date that tells the order has the month first.
    MonthFirst,
    /// Some dates only make sense one way, some only the other.
    Mixed,
}

/// How the dates of a column are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DateStyle {
    /// The order of day and month.
    pub(crate) order: ColumnOrder,
    /// Whether most years have two digits, so that it is the way of this
    /// system and no slip.
    pub(crate) short_years: bool,
    /// Days between the workbook's day 0 and the usual one.
    pub(crate) serial_offset: u32,
}

impl DateStyle {
    /// For a file without a column of dates of birth.
    pub(crate) const USUAL: Self = Self {
        order: ColumnOrder::DayFirst,
        short_years: false,
        serial_offset: 0,
    };

    /// Looks at every date of a column below the headings.
    pub(crate) fn of_column(table: &Table, heading_row: usize, column: u16) -> Self {
        let (mut day_first, mut month_first, mut short, mut dates) =
            (0usize, 0usize, 0usize, 0usize);
        for row in table.rows().skip(heading_row + 1) {
            let cell = row.cell(usize::from(column));
            // Only a date with separators can be the other way round.
            if !cell.contains(['/', '-', '.', ' ']) {
                continue;
            }
            match programme::read_date(&text::clean(restored(cell))) {
                Ok(reading) => {
                    use chrono::Datelike;
                    dates += 1;
                    short += usize::from(reading.two_digit_year);
                    day_first += usize::from(
                        reading.order == DateOrder::DayFirst && reading.date.day() > 12,
                    );
                }
                Err(DateError::MonthFirst) => month_first += 1,
                Err(DateError::Unreadable) => {}
            }
        }
        let order = if month_first >= 3 && day_first == 0 {
            ColumnOrder::MonthFirst
        } else if month_first >= 2 && month_first * 20 > day_first + month_first {
            ColumnOrder::Mixed
        } else {
            ColumnOrder::DayFirst
        };
        Self {
            order,
            short_years: short > 2 && short * 2 > dates,
            serial_offset: table.serial_offset(),
        }
    }

    /// Reads one cell of the column.
    pub(crate) fn read(self, cell: &str) -> Result<DateReading, DateError> {
        let mut reading = match self.order {
            ColumnOrder::MonthFirst => programme::read_date_month_first(cell)?,
            ColumnOrder::DayFirst | ColumnOrder::Mixed => programme::read_date(cell)?,
        };
        if self.serial_offset > 0 && is_serial(cell) {
            reading.date = reading
                .date
                .checked_add_days(chrono::Days::new(u64::from(self.serial_offset)))
                .ok_or(DateError::Unreadable)?;
        }
        Ok(reading)
    }

    /// What is worth saying once for the whole column.
    pub(crate) fn notices(self) -> Vec<String> {
        let mut notices = Vec::new();
        if self.order == ColumnOrder::MonthFirst {
            notices.push(
                "The dates of birth have the month first, as in 09/25/2015, and were read that way. Check a few of them."
                    .to_owned(),
            );
        }
        if self.short_years {
            notices.push(
                "The years of the dates of birth have two digits; all were taken to be 20yy."
                    .to_owned(),
            );
        }
        notices
    }
}

/// A bare number of five digits: the days of a spreadsheet.
fn is_serial(cell: &str) -> bool {
    let whole = cell.split('.').next().unwrap_or(cell);
    whole.len() == 5 && whole.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tabular::{Limits, read_table};

    fn style(dates: &[&str]) -> DateStyle {
        let text = format!("DoB\n{}\n", dates.join("\n"));
        let table = read_table(text.as_bytes(), &Limits::UPLOAD, |_| true).unwrap();
        DateStyle::of_column(&table, 0, 0)
    }

    #[test]
    fn the_order_of_a_column_is_told_by_the_dates_that_allow_one_only() {
        let order = |dates: &[&str]| style(dates).order;
        assert_eq!(order(&["24/10/2021", "01/02/2022"]), ColumnOrder::DayFirst);
        assert_eq!(
            order(&["10/24/2021", "01/02/2022", "3/31/2016", "12/25/2015"]),
            ColumnOrder::MonthFirst
        );
        assert_eq!(
            order(&["10/24/2021", "24/10/2021", "3/31/2016", "12/25/2015"]),
            ColumnOrder::Mixed
        );
        // One slip among many is a slip.
        let mut dates = vec!["24/10/2021"; 60];
        dates.extend(["02/25/2016"; 2]);
        assert_eq!(order(&dates), ColumnOrder::DayFirst);
    }

    #[test]
    fn years_of_two_digits_are_a_style_only_where_most_are_so() {
        assert!(style(&["24-Oct-21", "01-Sep-15", "02-Sep-15"]).short_years);
        assert!(!style(&["24/10/21", "01/09/2015", "02/09/2015", "03/09/2015"]).short_years);
    }
}
