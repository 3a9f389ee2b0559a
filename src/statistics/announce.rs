//! Telling a school or an authority that figures are there: a link, never a figure.

use chrono::NaiveDateTime;
use serde::Serialize;
use serde_json::json;

use super::error::ReleaseError;
use super::queries::{self, ReleaseRow};
use super::release::{self, load, load_alone, load_published, publish, spoken_years, whose};
use super::shelf::Shelf;
use super::state::ReleaseState;
use crate::app::App;
use crate::audit::{self, Action, Actor};
use crate::db::{Conn, Error};
use crate::outbox::{self, Delivery, DeliveryState, Notice, Parcel, TakenBack};
use crate::templates;

/// Who was told of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// An email to the contact waits in the outbox.
    Contact,
    /// The school or authority has no contact's address.
    NoContact,
    /// A public release is announced to nobody.
    Nobody,
}

impl Told {
    /// In words, after a publication.
    pub fn words(self) -> &'static str {
        match self {
            Self::Contact => "An email to the contact is waiting to be sent.",
            Self::NoContact => {
                "Nobody was told by email: there is no contact’s address for this audience."
            }
            Self::Nobody => "It is for everybody, so nobody is told by email.",
        }
    }
}

/// What became of the email about a release.
#[derive(Clone, Debug, Serialize)]
pub struct Announcement {
    /// Where the email is, as a code of its status; `None` when none was written.
    pub state: Option<DeliveryState>,
    /// When it came to its end.
    pub finished_at: Option<NaiveDateTime>,
    /// Why it did not go.
    pub error: Option<String>,
    /// Whether it can be sent, or sent again.
    pub can_be_sent: bool,
}

/// Publishes a release and writes down the email to its audience's contact, both or neither.
pub fn publish_and_tell(
    tx: &mut Conn,
    app: &App,
    shelf: &Shelf,
    actor: &Actor,
    now: NaiveDateTime,
    number: i64,
) -> Result<Told, ReleaseError> {
    let release = publish(tx, shelf, actor, now, number)?;
    let (row, _) = load(tx, shelf, number)?;
    let audience = whose(release.audience())?;
    let Some((name, contact)) = queries::contact(tx, &audience)? else {
        return Ok(Told::Nobody);
    };
    let Some(to) = contact.filter(|address| !address.trim().is_empty()) else {
        return Ok(Told::NoContact);
    };
    queue(tx, app, &notice(app, &row, &name, to)?, number, now)?;
    Ok(Told::Contact)
}

/// What became of the email about a published release.
pub fn announcement(tx: &mut Conn, row: &ReleaseRow) -> Result<Announcement, ReleaseError> {
    let newest = newest(tx, row.id)?;
    let is_open = newest
        .as_ref()
        .is_none_or(|parcel| may_go_again(&parcel.delivery));
    let is_public = row.audience == "public";
    Ok(Announcement {
        state: newest.as_ref().map(|parcel| parcel.delivery.state()),
        finished_at: newest.as_ref().and_then(|parcel| parcel.finished_at),
        can_be_sent: row.state == ReleaseState::Published && is_open && !is_public,
        error: newest.and_then(|parcel| parcel.last_error),
    })
}

/// Sends the email about a published release that did not arrive, or was never written, to the contact of now.
pub fn announce_again(
    tx: &mut Conn,
    app: &App,
    shelf: &Shelf,
    actor: &Actor,
    now: NaiveDateTime,
    number: i64,
) -> Result<Told, ReleaseError> {
    // Whoever withdraws it at this moment is waited for: nobody is told of figures that are not there.
    load_alone(tx, shelf, number)?;
    let (row, release) = load_published(tx, shelf, number)?;
    let audience = whose(release.audience())?;
    let Some((name, contact)) = queries::contact(tx, &audience)? else {
        return Ok(Told::Nobody);
    };
    let Some(to) = contact.filter(|address| !address.trim().is_empty()) else {
        return Ok(Told::NoContact);
    };
    let notice = notice(app, &row, &name, to)?;
    match newest(tx, number)? {
        None => queue(tx, app, &notice, number, now)?,
        Some(parcel) if may_go_again(&parcel.delivery) => {
            let keyring = app.identities.keyring();
            outbox::queue_notice_again(tx, keyring, &parcel, &notice, now)
                .map_err(anyhow::Error::from)?;
        }
        // On its way, or taken: pressed twice, or by two people.
        Some(_) => return Ok(Told::Contact),
    }
    let subject = format!("release:{number}");
    audit::event(
        tx,
        actor,
        now,
        Action::ReleaseAnnounced,
        &subject,
        &json!({}),
    )?;
    Ok(Told::Contact)
}

/// What became of the email about a release that was withdrawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Withdrawn(TakenBack);

impl Withdrawn {
    /// In words, after the withdrawal.
    pub fn words(self) -> &'static str {
        match self.0 {
            TakenBack {
                gone: 0,
                cancelled: 0,
            } => "",
            TakenBack { gone: 0, .. } => {
                "The email about it had not been sent, and is not sent any more."
            }
            TakenBack { .. } => {
                "The email about it has gone already, or may have. Tell the contact that the release was withdrawn."
            }
        }
    }
}

/// Takes a release back, and the email about it as long as that has not gone.
pub fn withdraw(
    tx: &mut Conn,
    actor: &Actor,
    now: NaiveDateTime,
    number: i64,
) -> Result<Withdrawn, ReleaseError> {
    release::withdraw(tx, actor, now, number)?;
    let taken_back =
        outbox::take_back_notices(tx, &reference(number), now).map_err(anyhow::Error::from)?;
    Ok(Withdrawn(taken_back))
}

/// The published releases whose announcement did not arrive, or perhaps not.
pub fn undelivered(tx: &mut Conn) -> Result<Vec<i64>, Error> {
    let about = outbox::undelivered_notices(tx)?;
    if about.is_empty() {
        return Ok(Vec::new());
    }
    Ok(queries::releases(tx, None)?
        .into_iter()
        .filter(|row| row.state == ReleaseState::Published && about.contains(&reference(row.id)))
        .map(|row| row.id)
        .collect())
}

fn may_go_again(delivery: &Delivery) -> bool {
    matches!(
        delivery,
        Delivery::Failed { .. } | Delivery::InDoubt { .. } | Delivery::Cancelled
    )
}

fn newest(tx: &mut Conn, number: i64) -> Result<Option<Parcel>, ReleaseError> {
    let parcels = outbox::notices_about(tx, &reference(number))?;
    Ok(parcels.into_iter().next())
}

fn reference(number: i64) -> String {
    format!("release:{number}")
}

/// The email about a release.
fn notice(app: &App, row: &ReleaseRow, name: &str, to: String) -> Result<Notice, ReleaseError> {
    let years: Vec<String> = row.years.split(';').map(str::to_owned).collect();
    let words = json!({
        "name": name,
        "years": spoken_years(&years),
        "as_at": row.as_at,
        "link": format!("{}/figures/{}", app.config.web.public_url, row.id),
    });
    let render =
        |part: &str| templates::render(&app.templates, &format!("mail/release/{part}"), &words);
    Ok(Notice {
        to,
        subject: render("subject.txt")?.trim().to_owned(),
        text: render("body.txt")?,
        html: render("body.html")?,
    })
}

fn queue(
    tx: &mut Conn,
    app: &App,
    notice: &Notice,
    number: i64,
    now: NaiveDateTime,
) -> Result<(), ReleaseError> {
    let domain = outbox::mail_domain(&app.config.mail.from);
    outbox::queue_notice(
        tx,
        app.identities.keyring(),
        notice,
        &reference(number),
        domain,
        now,
    )
    .map_err(anyhow::Error::from)?;
    Ok(())
}
