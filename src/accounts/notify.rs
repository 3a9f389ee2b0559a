//! Emails about accounts. A link that sets a password is in none but the person's own.

use chrono::NaiveDateTime;
use serde_json::json;

use super::error::AccountError;
use super::link::LINK_HOURS;
use super::office::Office;
use crate::db::Conn;
use crate::outbox::{self, Notice};
use crate::templates;

/// What an email says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Message {
    /// An account was made for the person.
    Invitation,
    /// A link to set a new password.
    Link,
    /// The account has another address now: to the one before.
    AddressChanged,
    /// A change waits for a programme administrator.
    ApprovalAsked,
    /// An account that sees children was added on the server.
    AddedByCommand,
}

impl Message {
    /// The folder of its templates.
    fn folder(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::Link => "password_link",
            Self::AddressChanged => "address_changed",
            Self::ApprovalAsked => "approval_asked",
            Self::AddedByCommand => "added_by_command",
        }
    }
}

/// What an email is about, so that one which has not gone can be taken back when it is no longer true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// A link for this account, or an invitation with one.
    LinkOf(i64),
    /// A change of this account that waits for approval.
    ApprovalOf(i64),
    /// Something that stays true.
    Anything,
}

impl About {
    fn reference(self) -> String {
        match self {
            Self::LinkOf(account) => format!("account-link:{account}"),
            Self::ApprovalOf(account) => format!("account-approval:{account}"),
            Self::Anything => "account".to_owned(),
        }
    }
}

/// Takes back the emails about something that have not gone: what they say is no longer true.
pub(super) fn take_back(
    tx: &mut Conn,
    about: About,
    now: NaiveDateTime,
) -> Result<(), AccountError> {
    outbox::take_back_notices(tx, &about.reference(), now)
        .map(drop)
        .map_err(|error| AccountError::Email(error.into()))
}

/// Writes down an email, to be sent within a minute.
pub(super) fn send(
    tx: &mut Conn,
    office: Office<'_>,
    (message, about): (Message, About),
    to: &str,
    token: Option<&str>,
) -> Result<(), AccountError> {
    let app = office.app;
    let site = &app.config.web.public_url;
    let words = json!({
        "site": site,
        "link": token.map(|token| format!("{site}/set-password/{token}")),
        "hours": LINK_HOURS,
    });
    let render = |part: &str| {
        let template = format!("mail/account/{}/{part}", message.folder());
        templates::render(&app.templates, &template, &words).map_err(AccountError::Email)
    };
    let notice = Notice {
        to: to.to_owned(),
        subject: render("subject.txt")?.trim().to_owned(),
        text: render("body.txt")?,
        html: render("body.html")?,
    };
    outbox::queue_notice(
        tx,
        app.identities.keyring(),
        &notice,
        &about.reference(),
        outbox::mail_domain(&app.config.mail.from),
        office.now,
    )
    .map(drop)
    .map_err(|error| AccountError::Email(error.into()))
}
