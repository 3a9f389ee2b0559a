//! What each slice has that may need doing: one small function each, listed in the table of `todo.rs`.

use chrono::Duration;
use programme::Coded as _;

use super::action::{Action, Asked, counted};
use super::queries;
use crate::access::Permission;
use crate::clock::local;
use crate::db::Conn;
use crate::error::AppError;
use crate::letters::due::Due;
use crate::letters::state::State;
use crate::records::{school, year as years};
use crate::retention::{self, rule_change};
use crate::wording::long_date_time;
use crate::{accounts, identity, jobs, letters, measurement, outbox, roster, statistics};

/// States of letters that wait for a person, with the words for one and for several.
const LETTERS: [(State, &str, &str); 4] = [
    (State::Held, "letter held", "letters held"),
    (
        State::NoContact,
        "letter without a usable contact",
        "letters without a usable contact",
    ),
    (
        State::InDoubt,
        "letter that may have arrived",
        "letters that may have arrived",
    ),
    (
        State::Failed,
        "letter that could not be sent",
        "letters that could not be sent",
    ),
];

/// Where those who run the programme or the service read about keys and retention; `None` for everybody else.
fn retention_page(asked: &Asked<'_>) -> Option<&'static str> {
    [
        (Permission::ViewRetention, "/retention"),
        (Permission::ManageYears, "/years"),
        (Permission::ManageJobs, "/jobs"),
    ]
    .into_iter()
    .find(|(permission, _)| asked.session.may(*permission))
    .map(|(_, href)| href)
}

/// Keys that are missing or wrong.
pub(super) fn faulty_keys(tx: &mut Conn, asked: &Asked<'_>) -> Result<Vec<Action>, AppError> {
    let Some(href) = retention_page(asked) else {
        return Ok(Vec::new());
    };
    let faulty = years::faulty_keys(tx, asked.app.identities.keyring())?;
    Ok(years::in_words(&faulty)
        .into_iter()
        .map(|text| Action::alarm(text, href))
        .collect())
}

/// Children's records that cannot be read.
pub(super) fn damaged_records(tx: &mut Conn, asked: &Asked<'_>) -> Result<Vec<Action>, AppError> {
    let Some(href) = retention_page(asked) else {
        return Ok(Vec::new());
    };
    let notice = identity::damage_notice(tx)?;
    Ok(notice
        .map(|text| Action::alarm(text, href))
        .into_iter()
        .collect())
}

/// The clock has moved, and nobody has confirmed the date yet.
pub(super) fn doubted_date(tx: &mut Conn, asked: &Asked<'_>) -> Result<Vec<Action>, AppError> {
    let text = "The date may be wrong: no name is removed until it is confirmed";
    Ok(match retention_page(asked) {
        Some(href) if retention::clock_doubt(tx, &asked.app.clock)?.is_some() => {
            vec![Action::alarm(text, href)]
        }
        _ => Vec::new(),
    })
}

/// Retention is paused.
pub(super) fn paused_retention(tx: &mut Conn, asked: &Asked<'_>) -> Result<Vec<Action>, AppError> {
    let Some(href) = retention_page(asked) else {
        return Ok(Vec::new());
    };
    let pause = retention::pause_in_force(tx, asked.now)?;
    Ok(pause
        .map(|pause| {
            let until = local(pause.ends_at).format("%-d %B %Y");
            Action::alarm(format!("Retention is paused until {until}"), href)
        })
        .into_iter()
        .collect())
}

/// Changes of how long names are kept that this person can confirm.
pub(super) fn rule_changes_to_confirm(
    tx: &mut Conn,
    asked: &Asked<'_>,
) -> Result<Vec<Action>, AppError> {
    let Some(role) = asked.session.role else {
        return Ok(Vec::new());
    };
    Ok(rule_change::changes_to_confirm(tx, role)?
        .into_iter()
        .map(|year| {
            Action::new(
                format!("Confirm or reject a change to how long names of {year} are kept"),
                format!("/years/{year}"),
            )
        })
        .collect())
}

/// The year in progress has no retention period, so that no name can come in.
pub(super) fn year_without_rule(tx: &mut Conn, asked: &Asked<'_>) -> Result<Vec<Action>, AppError> {
    let this = years::year_of(tx, asked.today)?;
    if this.is_some_and(|year| year.retention_days.is_some()) {
        return Ok(Vec::new());
    }
    let text = "Set how long names of this academic year are kept";
    Ok(vec![Action::new(text, "/years")])
}

/// Rosters that were uploaded and wait to be confirmed.
pub(super) fn staged_rosters(tx: &mut Conn, asked: &Asked<'_>) -> Result<Vec<Action>, AppError> {
    let staged = roster::staged_imports(tx, &asked.session.scope)?;
    Ok(Action::counted(
        staged,
        "class list waiting to be confirmed",
        "class lists waiting to be confirmed",
        "/imports?state=staged",
    ))
}

/// Somebody has stopped all letters.
pub(super) fn stopped_letters(tx: &mut Conn, asked: &Asked<'_>) -> Result<Vec<Action>, AppError> {
    if !letters::stop::is_stopped(tx)? {
        return Ok(Vec::new());
    }
    let text = "Sending is paused. No letters will be sent until sending is resumed.";
    let may_resume = asked.session.may(Permission::PauseLetters);
    let href = if may_resume {
        "/letters/stop"
    } else {
        "/letters"
    };
    Ok(vec![Action::alarm(text, href)])
}

/// The mail server takes no message, while messages wait.
pub(super) fn mail_fault(tx: &mut Conn, asked: &Asked<'_>) -> Result<Vec<Action>, AppError> {
    let Some(fault) = outbox::fault(tx)? else {
        return Ok(Vec::new());
    };
    let waiting = outbox::waiting(tx)?;
    if waiting == 0 {
        return Ok(Vec::new());
    }
    let is_sending_paused = jobs::is_paused(tx, outbox::SENDING_JOB)?;
    let href = if asked.session.may(Permission::ManageLetters) {
        "/letters?state=queued"
    } else {
        "/jobs"
    };
    let until = fault.waits_until(&asked.app.mail_settings_hash(), asked.now);
    let next = jobs::next_run(&letters::jobs::SENDING, until.unwrap_or(asked.now))
        .filter(|_| !is_sending_paused)
        .map(|next| format!(". The next try is on {}", long_date_time(next)));
    let text = format!(
        "Mail cannot be sent: {}. {} waiting{}",
        fault.words,
        counted(waiting, "message is", "messages are"),
        next.unwrap_or_default()
    );
    Ok(vec![Action::alarm(text, href)])
}

/// The job that sends everything is paused.
pub(super) fn paused_sending(tx: &mut Conn, asked: &Asked<'_>) -> Result<Vec<Action>, AppError> {
    if !jobs::is_paused(tx, outbox::SENDING_JOB)? {
        return Ok(Vec::new());
    }
    let text = "The job that sends letters and other messages is paused: nothing is sent";
    let href = if asked.session.may(Permission::ManageJobs) {
        "/jobs"
    } else {
        "/letters"
    };
    Ok(vec![Action::alarm(text, href)])
}

/// The saved letter templates cannot be read.
pub(super) fn unreadable_templates(
    tx: &mut Conn,
    asked: &Asked<'_>,
) -> Result<Vec<Action>, AppError> {
    if letters::readable_texts(tx)?.is_some() {
        return Ok(Vec::new());
    }
    let text = "The saved letter templates cannot be read: no letter is made or sent";
    let href = if asked.session.may(Permission::EditTemplates) {
        "/letters/texts"
    } else {
        "/letters"
    };
    Ok(vec![Action::alarm(text, href)])
}

/// Letters that wait for a person, a line for each state.
pub(super) fn waiting_letters(tx: &mut Conn, asked: &Asked<'_>) -> Result<Vec<Action>, AppError> {
    let tallies = letters::tallies(tx, &asked.session.scope)?;
    let mut actions = Vec::new();
    for (state, one, many) in LETTERS {
        let count = tallies
            .iter()
            .find(|(other, _)| *other == state)
            .map_or(0, |(_, count)| *count);
        let href = format!("/letters?state={}", state.code());
        actions.extend(Action::counted(count, one, many, &href));
    }
    Ok(actions)
}

/// Letters that have not gone six weeks after the measurement, or nearly: as many as their lists show.
pub(super) fn letters_due(tx: &mut Conn, asked: &Asked<'_>) -> Result<Vec<Action>, AppError> {
    let mut actions = Vec::new();
    for (due, count) in letters::due_counts(tx, &asked.session.scope, asked.today)? {
        let (one, many) = match due {
            Due::Overdue => ("letter overdue", "letters overdue"),
            Due::Soon => ("letter due within 7 days", "letters due within 7 days"),
        };
        let href = format!("/letters?due={}", due.code());
        actions.extend(Action::counted(count, one, many, &href));
    }
    Ok(actions)
}

/// The book of what was shown cannot be read: no release can be made or published.
#[expect(
    clippy::unnecessary_wraps,
    reason = "every source of Home has this shape"
)]
pub(super) fn unreadable_book(_: &mut Conn, asked: &Asked<'_>) -> Result<Vec<Action>, AppError> {
    if statistics::shown_can_be_read(asked.app.identities.keyring()) {
        return Ok(Vec::new());
    }
    let text = "What was shown cannot be read beside the keys: nothing can be published. Tell your system administrator";
    Ok(vec![Action::alarm(text, "/releases")])
}

/// Releases that can be published and are worth it.
pub(super) fn releases_to_publish(tx: &mut Conn, _: &Asked<'_>) -> Result<Vec<Action>, AppError> {
    let ready = statistics::releases_to_publish(tx)?.len();
    Ok(Action::counted(
        ready as i64,
        "release ready to be published",
        "releases ready to be published",
        "/releases?show=ready",
    ))
}

/// Published releases whose announcement did not arrive, or perhaps not.
pub(super) fn unannounced_releases(tx: &mut Conn, _: &Asked<'_>) -> Result<Vec<Action>, AppError> {
    let unannounced = statistics::undelivered_announcements(tx)?;
    Ok(unannounced
        .into_iter()
        .map(|number| {
            Action::new(
                format!("The email about release {number} did not arrive"),
                format!("/releases/{number}"),
            )
        })
        .collect())
}

/// Jobs that failed since yesterday.
pub(super) fn failed_jobs(tx: &mut Conn, asked: &Asked<'_>) -> Result<Vec<Action>, AppError> {
    let failed = jobs::failed_since(tx, asked.now - Duration::days(1))?.len();
    Ok(Action::counted(
        failed as i64,
        "job failed since yesterday",
        "jobs failed since yesterday",
        "/jobs#failed",
    ))
}

/// Accounts at which wrong passwords were typed so often that somebody has to wait.
pub(super) fn slowed_accounts(tx: &mut Conn, asked: &Asked<'_>) -> Result<Vec<Action>, AppError> {
    let keyring = asked.app.identities.keyring();
    let slowed = accounts::slowed_accounts(tx, keyring, asked.now)?;
    Ok(Action::counted(
        slowed.len() as i64,
        "account slowed after wrong passwords",
        "accounts slowed after wrong passwords",
        "/accounts?state=slowed",
    ))
}

/// Accounts that see children only once a programme administrator approves.
pub(super) fn accounts_to_approve(tx: &mut Conn, _: &Asked<'_>) -> Result<Vec<Action>, AppError> {
    Ok(Action::counted(
        accounts::waiting(tx)?.len() as i64,
        "account waiting for your approval",
        "accounts waiting for your approval",
        "/approvals",
    ))
}

/// Warnings that nobody has confirmed.
pub(super) fn warnings_to_confirm(
    tx: &mut Conn,
    asked: &Asked<'_>,
) -> Result<Vec<Action>, AppError> {
    let Some(year) = asked.year else {
        return Ok(Vec::new());
    };
    let warnings = measurement::warnings_to_confirm(tx, &asked.session.scope, year)?;
    Ok(Action::counted(
        warnings,
        "warning to confirm",
        "warnings to confirm",
        "/warnings",
    ))
}

/// Schools that were visited and still have children without an outcome, by name.
pub(super) fn schools_with_children_to_measure(
    tx: &mut Conn,
    asked: &Asked<'_>,
) -> Result<Vec<Action>, AppError> {
    let Some(year) = asked.year else {
        return Ok(Vec::new());
    };
    let scope = &asked.session.scope;
    let visited = queries::visited_schools(tx, year, asked.today, scope)?;
    let names = school::names(tx, scope)?;
    let tallies = measurement::tallies(tx, scope, year)?;
    let mut schools: Vec<(String, i32, i64)> = tallies
        .iter()
        .filter(|(urn, _)| visited.contains(urn))
        .map(|(urn, groups)| {
            let children: u32 = groups.values().map(|tally| tally.without_outcome).sum();
            let name = names.get(urn).cloned().unwrap_or_else(|| urn.to_string());
            (name, *urn, i64::from(children))
        })
        .filter(|(_, _, children)| *children > 0)
        .collect();
    schools.sort();
    Ok(schools
        .into_iter()
        .map(|(name, urn, children)| {
            let children = counted(children, "child", "children");
            Action::new(
                format!("{name}: {children} without an outcome"),
                format!("/schools/{urn}#without-outcome"),
            )
        })
        .collect())
}
