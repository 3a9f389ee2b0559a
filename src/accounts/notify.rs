//! Emails about accounts. A link that sets a password is in none but the person's own.

use serde_json::json;

use super::change::Office;
use super::{AccountError, LINK_HOURS};
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

/// Writes down an email, to be sent within a minute.
pub(super) fn send(
    tx: &mut Conn,
    office: Office<'_>,
    message: Message,
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
        "account",
        outbox::mail_domain(&app.config.mail.from),
        office.now,
    )
    .map(drop)
    .map_err(|error| AccountError::Email(error.into()))
}
