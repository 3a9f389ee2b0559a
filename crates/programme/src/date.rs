//! Dates as offices write them.
//!
//! Dates are read day first. One that only makes sense month first is an error of its own and is
//! not turned round, so that the caller can ask about a whole column that mixes both orders.

use chrono::{Days, NaiveDate};

/// A cell read as a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateReading {
    /// The date.
    pub date: NaiveDate,
    /// Whether the year had two digits and was taken to be 20yy.
    pub two_digit_year: bool,
    /// What the cell tells about the order of day and month.
    pub order: DateOrder,
}

/// What one cell tells about the order of day and month in its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateOrder {
    /// Year first, a month in words, or a serial number: cannot be misread.
    Certain,
    /// Day first, and the other order is impossible (24/10/2021) or the same (05/05/2021).
    DayFirst,
    /// Read day first; month first would give another date (03/04/2021).
    Either,
}

/// Why a cell is not a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// No reading fits.
    #[error("not a date")]
    Unreadable,
    /// A date only if the month stood first (02/25/2016).
    #[error("a date only if the month came first")]
    MonthFirst,
}

/// Reads dd/mm/yyyy (also with `-`, `.` or spaces, also yy), yyyy-mm-dd,
/// yyyymmdd, "7 March 2016", "7-Mar-16", each with or without a time of day,
/// and the serial number of a spreadsheet.
pub fn read_date(text: &str) -> Result<DateReading, DateError> {
    read(text, false)
}

/// Reads the same as [`read_date`], but 02/25/2016 instead of 25/02/2016: for a
/// column of which it is known that the month stands first.
pub fn read_date_month_first(text: &str) -> Result<DateReading, DateError> {
    read(text, true)
}

fn read(text: &str, month_first: bool) -> Result<DateReading, DateError> {
    let text = text.trim();
    if text.is_empty() || text.len() > 40 || !text.is_ascii() {
        return Err(DateError::Unreadable);
    }
    if text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && let Some(date) = read_number(text)
    {
        return Ok(certain(date));
    }
    let text = without_time(text);
    let mut parts = [""; 4];
    let mut count = 0;
    for part in text
        .split(['/', '-', '.', ' ', ','])
        .filter(|part| !part.is_empty())
    {
        // "Mon 7 March 2016": the weekday says nothing new.
        if count == 0 && is_weekday(part) {
            continue;
        }
        if count == 3 {
            return Err(DateError::Unreadable);
        }
        parts[count] = part;
        count += 1;
    }
    if count != 3 {
        return Err(DateError::Unreadable);
    }
    from_parts(parts[0], parts[1], parts[2], month_first)
}

fn certain(date: NaiveDate) -> DateReading {
    DateReading {
        date,
        two_digit_year: false,
        order: DateOrder::Certain,
    }
}

/// A bare number: yyyymmdd, or days since 30 December 1899.
fn read_number(text: &str) -> Option<NaiveDate> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.contains('.') {
        return None;
    }
    match whole.len() {
        8 if fraction.bytes().all(|b| b == b'0') => NaiveDate::from_ymd_opt(
            whole[..4].parse().ok()?,
            whole[4..6].parse().ok()?,
            whole[6..].parse().ok()?,
        )
        .filter(|date| plausible(*date)),
        // 1954 to 2064: a serial outside is far likelier to be something else.
        5 => {
            let serial: u64 = whole
                .parse()
                .ok()
                .filter(|serial| (20_000..60_200).contains(serial))?;
            NaiveDate::from_ymd_opt(1899, 12, 30)?.checked_add_days(Days::new(serial))
        }
        _ => None,
    }
}

/// The text before a time of day ("2016-03-07T00:00:00", "07/03/2016 00:00").
fn without_time(text: &str) -> &str {
    let end = match text.find(':') {
        Some(colon) => text[..colon].rfind(['T', 't', ' ']).unwrap_or(text.len()),
        None => text.len(),
    };
    text[..end].trim()
}

/// Reads the three parts of a date, which are separated as in `7/3/2016` or `2016-03-07`.
fn from_parts(
    first: &str,
    second: &str,
    third: &str,
    month_first: bool,
) -> Result<DateReading, DateError> {
    if first.len() == 4
        && let Some(year) = number(first)
    {
        return year_first(year as i32, second, third);
    }
    let (year, two_digit_year) = match (third.len(), number(third)) {
        (4, Some(year)) => (year as i32, false),
        (2, Some(year)) => (2000 + year as i32, true),
        _ => return Err(DateError::Unreadable),
    };
    let (date, order) = match month_in_words(first, second) {
        Some((month, day)) => {
            let date = plausible_date(year, month, day).ok_or(DateError::Unreadable)?;
            (date, DateOrder::Certain)
        }
        None => month_in_figures(year, first, second, month_first)?,
    };
    Ok(DateReading {
        date,
        two_digit_year,
        order,
    })
}

/// Reads `2016-03-07` and `2016-Mar-07` once the year is known.
fn year_first(year: i32, month: &str, day: &str) -> Result<DateReading, DateError> {
    let month = number(month)
        .or_else(|| month_named(month))
        .ok_or(DateError::Unreadable)?;
    let day = number(day)
        .filter(|_| day.len() <= 2)
        .ok_or(DateError::Unreadable)?;
    plausible_date(year, month, day)
        .map(certain)
        .ok_or(DateError::Unreadable)
}

/// The month and day of `7 March` or `March 7`; `None` unless exactly one part names a month.
fn month_in_words(first: &str, second: &str) -> Option<(u32, u32)> {
    match (month_named(first), month_named(second)) {
        (None, Some(month)) => day_number(first).map(|day| (month, day)),
        (Some(month), None) => day_number(second).map(|day| (month, day)),
        _ => None,
    }
}

/// Reads `7/3` or, with the month first, `3/7`.
fn month_in_figures(
    year: i32,
    first: &str,
    second: &str,
    month_first: bool,
) -> Result<(NaiveDate, DateOrder), DateError> {
    let (Some(first), Some(second)) = (
        number(first).filter(|_| first.len() <= 2),
        number(second).filter(|_| second.len() <= 2),
    ) else {
        return Err(DateError::Unreadable);
    };
    let (day, month) = if month_first {
        (second, first)
    } else {
        (first, second)
    };
    let other_order = plausible_date(year, day, month);
    let Some(date) = plausible_date(year, month, day) else {
        return Err(if !month_first && other_order.is_some() {
            DateError::MonthFirst
        } else {
            DateError::Unreadable
        });
    };
    let order = if day != month && other_order.is_some() {
        DateOrder::Either
    } else {
        DateOrder::DayFirst
    };
    Ok((date, order))
}

/// A number of up to four digits.
fn number(part: &str) -> Option<u32> {
    (part.len() <= 4 && part.bytes().all(|b| b.is_ascii_digit()))
        .then(|| part.parse().ok())
        .flatten()
}

/// A day of the month, with or without its ending: `7`, `07`, `7th`.
fn day_number(part: &str) -> Option<u32> {
    let digits = part.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let suffix = &part[digits.len()..];
    let fits = suffix.is_empty()
        || matches!(
            suffix.to_ascii_lowercase().as_str(),
            "st" | "nd" | "rd" | "th"
        );
    (digits.len() <= 2 && fits)
        .then(|| number(digits))
        .flatten()
}

fn plausible_date(year: i32, month: u32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, month, day).filter(|date| plausible(*date))
}

/// Whether a date lies in the years a cell may mean.
fn plausible(date: NaiveDate) -> bool {
    use chrono::Datelike;
    (1900..2100).contains(&date.year())
}

fn month_named(text: &str) -> Option<u32> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let lower = text.to_ascii_lowercase();
    if lower.len() < 3 {
        return None;
    }
    let lower = if lower == "sept" {
        "sep"
    } else {
        lower.as_str()
    };
    let index = MONTHS
        .iter()
        .position(|month| *month == lower || (lower.len() == 3 && month.starts_with(lower)))?;
    Some(index as u32 + 1)
}

fn is_weekday(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.len() >= 3
        && [
            "monday",
            "tuesday",
            "wednesday",
            "thursday",
            "friday",
            "saturday",
            "sunday",
        ]
        .iter()
        .any(|day| day.starts_with(lower.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> String {
        read_date(text).map_or_else(
            |error| error.to_string(),
            |reading| reading.date.to_string(),
        )
    }

    #[test]
    fn every_usual_form_of_a_date_is_read() {
        for text in [
            "07/03/2016",
            "7/3/2016",
            "07-03-2016",
            "07.03.2016",
            "2016-03-07",
            "2016/03/07",
            "20160307",
            "20160307.0",
            "42436",
            "42436.0",
            "7 March 2016",
            "7-Mar-16",
            "7th March 2016",
            "March 7, 2016",
            "2016-03-07T00:00:00",
            "2016-03-07T00:00:00.000Z",
            "2016-03-07T00:00:00+01:00",
            "Monday 7 March 2016",
            "Mon, 07 Mar 2016 00:00:00",
            "7/3/2016 12:00:00 AM",
            "2016-03-07 00:00:00",
            "07/03/2016 00:00",
            "Mon 7 Mar 2016",
            "07/03/16",
        ] {
            assert_eq!(date(text), "2016-03-07", "{text}");
        }
    }

    #[test]
    fn a_date_that_does_not_exist_is_refused_and_not_turned_round() {
        assert_eq!(read_date("29/02/2022"), Err(DateError::Unreadable));
        assert_eq!(read_date("02/25/2016"), Err(DateError::MonthFirst));
        for text in [
            "",
            "soon",
            "2016",
            "31/04/2016",
            "2016-13-01",
            "12345678",
            "9990136750",
            "1/2",
            "1-2-3-4",
        ] {
            assert_eq!(read_date(text), Err(DateError::Unreadable), "{text}");
        }
    }

    #[test]
    fn a_column_known_to_have_the_month_first_is_read_that_way() {
        let date = |text: &str| read_date_month_first(text).unwrap().date.to_string();
        assert_eq!(date("02/25/2016"), "2016-02-25");
        assert_eq!(date("3/4/2016 0:00"), "2016-03-04");
        assert_eq!(date("2016-03-07"), "2016-03-07");
        assert_eq!(date("7 March 2016"), "2016-03-07");
        assert_eq!(
            read_date_month_first("25/02/2016"),
            Err(DateError::Unreadable)
        );
    }

    #[test]
    fn a_two_digit_year_and_an_uncertain_order_are_told() {
        let reading = read_date("07/03/16").unwrap();
        assert!(reading.two_digit_year);
        assert_eq!(reading.order, DateOrder::Either);
        assert_eq!(read_date("24/10/2021").unwrap().order, DateOrder::DayFirst);
        assert_eq!(read_date("2016-03-07").unwrap().order, DateOrder::Certain);
    }
}
