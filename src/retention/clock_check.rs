//! Whether the clock can be trusted enough to erase by it.
//!
//! A clock that is three years ahead makes every name due and every year over. Therefore the time of the last accepted
//! run is kept, and a run is refused when the clock has moved by more than a few days since, or differs by as much from
//! the database server's, until a person confirms the date.

use chrono::{Duration, NaiveDateTime};
use serde::Serialize;
use serde_json::json;

use super::run_queries;
use crate::audit::{self, Action, Actor};
use crate::clock::{Clock, local};
use crate::db::{self, Conn, copy, dialect};

/// Days that the clock may move without a run, such as over Easter.
const MOST_DAYS: i64 = 5;

/// The setting that holds the time of the last accepted run.
const LAST_TIME: &str = "retention.last_time";

/// The setting that holds when a person last confirmed the date.
const CONFIRMED: &str = "retention.date_confirmed";

const FORMAT: &str = "%Y-%m-%dT%H:%M:%S";

/// What the clock disagrees with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Against {
    /// The time of the last run.
    LastRun,
    /// The clock of the database server.
    DatabaseServer,
}

/// A clock that may be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ClockDoubt {
    /// What the clock shows; UTC.
    pub now: NaiveDateTime,
    /// What it is compared with.
    pub against: Against,
    /// What that shows; UTC.
    pub other: NaiveDateTime,
}

impl ClockDoubt {
    /// The doubt in a sentence.
    pub fn in_words(&self) -> String {
        let date = |time| local(time).format("%-d %B %Y");
        let other = match self.against {
            Against::LastRun => "retention last ran on",
            Against::DatabaseServer => "the database server’s clock shows",
        };
        format!(
            "the clock shows {}, but {other} {}",
            date(self.now),
            date(self.other)
        )
    }
}

/// Decides from plain values. A person's confirmation holds for as long as the clock does not move away from it.
fn doubt_of(
    now: NaiveDateTime,
    last_run: Option<NaiveDateTime>,
    server: Option<NaiveDateTime>,
    confirmed: Option<NaiveDateTime>,
) -> Option<ClockDoubt> {
    let far = |other: NaiveDateTime| (now - other).abs() > Duration::days(MOST_DAYS);
    if confirmed.is_some_and(|confirmed| !far(confirmed)) {
        return None;
    }
    let doubt = |against, other| ClockDoubt {
        now,
        against,
        other,
    };
    if let Some(other) = server.filter(|server| far(*server)) {
        return Some(doubt(Against::DatabaseServer, other));
    }
    last_run
        .filter(|last| far(*last))
        .map(|other| doubt(Against::LastRun, other))
}

/// Whether the clock may be wrong. A clock that was set by hand is not compared with the server's.
pub fn clock_doubt(tx: &mut Conn, clock: &Clock) -> Result<Option<ClockDoubt>, db::Error> {
    let last_run = match stored(tx, LAST_TIME)? {
        Some(time) => Some(time),
        None => run_queries::last_start(tx)?,
    };
    let server = match clock {
        Clock::System => dialect::server_time(tx)?,
        Clock::Fixed(_) => None,
    };
    let confirmed = stored(tx, CONFIRMED)?;
    Ok(doubt_of(clock.now(), last_run, server, confirmed))
}

/// Notes the time of a run whose clock was not doubted.
pub(super) fn note_time(tx: &mut Conn, now: NaiveDateTime) -> Result<(), db::Error> {
    put(tx, LAST_TIME, now, copy::SET_UP)
}

/// Notes the time where none is known yet, so that the first night of a new place is compared with something.
pub fn note_first_time(tx: &mut Conn, now: NaiveDateTime) -> Result<(), db::Error> {
    match stored(tx, LAST_TIME)? {
        None => note_time(tx, now),
        Some(_) => Ok(()),
    }
}

/// The time of the last accepted run, for a restore: the database that is filled must not forget it.
pub fn last_time(tx: &mut Conn) -> Result<Option<NaiveDateTime>, db::Error> {
    stored(tx, LAST_TIME)
}

/// After a restore: the last known time is the later one of what was known here and when the backup was made.
pub fn note_restored_time(
    tx: &mut Conn,
    known: Option<NaiveDateTime>,
    made_at: NaiveDateTime,
) -> Result<(), db::Error> {
    note_time(tx, known.map_or(made_at, |known| known.max(made_at)))
}

/// Notes that a person confirmed the date that the clock shows.
pub fn confirm_date(tx: &mut Conn, actor: &Actor, now: NaiveDateTime) -> Result<(), db::Error> {
    put(tx, CONFIRMED, now, &actor.label)?;
    note_time(tx, now)?;
    let detail = json!({"date": local(now).date()});
    audit::event(
        tx,
        actor,
        now,
        Action::RetentionDateConfirmed,
        "retention",
        &detail,
    )
}

fn put(tx: &mut Conn, key: &str, time: NaiveDateTime, by: &str) -> Result<(), db::Error> {
    dialect::put_setting(tx, key, &time.format(FORMAT).to_string(), by, time)
}

fn stored(tx: &mut Conn, key: &str) -> Result<Option<NaiveDateTime>, db::Error> {
    match dialect::get_setting(tx, key)? {
        None => Ok(None),
        Some(text) => NaiveDateTime::parse_from_str(&text, FORMAT)
            .map(Some)
            .map_err(|_| db::Error::Schema(format!("the setting {key} does not hold a time"))),
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    fn noon(year: i32, month: u32, day: u32) -> NaiveDateTime {
        NaiveDate::from_ymd_opt(year, month, day)
            .and_then(|date| date.and_hms_opt(12, 0, 0))
            .unwrap()
    }

    #[test]
    fn a_clock_that_agrees_with_the_last_run_and_the_server_is_trusted() {
        let (last, now) = (noon(2026, 11, 28), noon(2026, 12, 1));
        assert_eq!(doubt_of(now, Some(last), Some(now), None), None);
        assert_eq!(doubt_of(now, None, None, None), None);
    }

    #[test]
    fn a_clock_three_years_ahead_or_behind_is_doubted_until_it_is_confirmed() {
        let last = noon(2026, 11, 30);
        for now in [noon(2029, 11, 30), noon(2023, 11, 30)] {
            let doubt = doubt_of(now, Some(last), None, None).unwrap();
            assert_eq!((doubt.against, doubt.other), (Against::LastRun, last));
            assert_eq!(doubt_of(now, Some(last), None, Some(now)), None);
            // A confirmation of another date does not count.
            assert!(doubt_of(now, Some(last), None, Some(last)).is_some());
        }
    }

    #[test]
    fn a_clock_that_differs_from_the_database_servers_is_doubted_in_the_first_night_too() {
        let (now, server) = (noon(2029, 11, 30), noon(2026, 11, 30));
        let doubt = doubt_of(now, None, Some(server), None).unwrap();
        assert_eq!(
            (doubt.against, doubt.other),
            (Against::DatabaseServer, server)
        );
        assert_eq!(
            doubt.in_words(),
            "the clock shows 30 November 2029, but the database server’s clock shows 30 November 2026"
        );
    }
}
