//! Telling a school or an authority that figures are there: a link, never a figure.

use chrono::NaiveDateTime;
use serde_json::json;

use super::queries;
use super::release::{ReleaseError, Shelf, load, publish, spoken_years, whose};
use crate::app::App;
use crate::audit::Actor;
use crate::db::Conn;
use crate::outbox::{self, Notice};
use crate::web::page;

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
    let Some((name, contact)) = queries::contact(tx, &whose(release.audience())?)? else {
        return Ok(Told::Nobody);
    };
    let Some(to) = contact.filter(|address| !address.trim().is_empty()) else {
        return Ok(Told::NoContact);
    };
    let years: Vec<String> = row.years.split(';').map(str::to_owned).collect();
    let words = json!({
        "name": name,
        "years": spoken_years(&years),
        "as_at": row.as_at,
        "link": format!("{}/figures/{number}", app.config.web.public_url),
    });
    let render = |part: &str| page::render(&app.templates, &format!("mail/release/{part}"), &words);
    let notice = Notice {
        to,
        subject: render("subject.txt")?.trim().to_owned(),
        text: render("body.txt")?,
        html: render("body.html")?,
    };
    let domain = outbox::mail_domain(&app.config.mail.from);
    let reference = format!("release:{number}");
    outbox::queue_notice(
        tx,
        app.identities.keyring(),
        &notice,
        &reference,
        domain,
        now,
    )
    .map_err(anyhow::Error::from)?;
    Ok(Told::Contact)
}
