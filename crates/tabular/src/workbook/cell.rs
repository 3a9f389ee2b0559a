//! The text of a cell.

use std::borrow::Cow;

use calamine::Data;

/// A cell as text: dates as yyyy-mm-dd, whole numbers without a point.
pub(super) fn as_text(value: &Data, serial_offset: u32) -> Cow<'_, str> {
    match value {
        Data::String(text) | Data::DurationIso(text) => Cow::Borrowed(text),
        // "2015-09-01T00:00:00": a date has no time of day.
        Data::DateTimeIso(text) => Cow::Borrowed(text.split('T').next().unwrap_or(text)),
        Data::Int(number) => Cow::Owned(number.to_string()),
        Data::Float(number) => Cow::Owned(number_text(*number)),
        Data::Bool(true) => Cow::Borrowed("TRUE"),
        Data::Bool(false) => Cow::Borrowed("FALSE"),
        Data::DateTime(moment) => Cow::Owned(
            date_of_serial(moment.as_f64() + f64::from(serial_offset))
                .map_or_else(|| number_text(moment.as_f64()), |date| date.to_string()),
        ),
        Data::Error(error) => Cow::Owned(error.to_string()),
        Data::Empty => Cow::Borrowed(""),
    }
}

/// A number without an exponent and without a needless fraction.
fn number_text(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e15 {
        format!("{number:.0}")
    } else {
        number.to_string()
    }
}

/// The date of a serial number: days since 30 December 1899.
fn date_of_serial(serial: f64) -> Option<chrono::NaiveDate> {
    if !(1.0..100_000.0).contains(&serial) {
        return None;
    }
    chrono::NaiveDate::from_ymd_opt(1899, 12, 30)?
        .checked_add_days(chrono::Days::new(serial as u64))
}
