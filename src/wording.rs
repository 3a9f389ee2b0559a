//! How dates and times read on pages, in letters and in mails.
//!
//! What is stored is exact and in UTC; only the last step before a reader's eye converts it, here.

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike};

use crate::clock::local;

/// A day or moment as "5 June 2026"; moments are UTC and shown as in London.
pub fn long_date(day: NaiveDate) -> String {
    format!("{} {}", day.day(), day.format("%B %Y"))
}

/// A UTC moment as "5 June 2026 at 2:30pm" in London.
pub fn long_date_time(moment: NaiveDateTime) -> String {
    let wall = local(moment);
    format!("{} at {}", long_date(wall.date()), clock_time(wall.time()))
}

/// A time of day as "9am", "2:30pm", "midday" or "midnight".
pub fn clock_time(time: NaiveTime) -> String {
    match (time.hour(), time.minute()) {
        (0, 0) => "midnight".to_owned(),
        (12, 0) => "midday".to_owned(),
        (_, minute) => {
            let (afternoon, hour) = time.hour12();
            let half = if afternoon { "pm" } else { "am" };
            if minute == 0 {
                format!("{hour}{half}")
            } else {
                format!("{hour}:{minute:02}{half}")
            }
        }
    }
}

/// Millimetres as centimetres with one decimal.
pub fn in_centimetres(millimetres: i64) -> String {
    tenths(millimetres)
}

/// Grams as kilograms with one decimal.
pub fn in_kilograms(grams: i64) -> String {
    tenths((grams + 50).div_euclid(100))
}

/// A number of tenths with its decimal point.
fn tenths(count: i64) -> String {
    let sign = if count < 0 { "-" } else { "" };
    let count = count.unsigned_abs();
    format!("{sign}{}.{}", count / 10, count % 10)
}
