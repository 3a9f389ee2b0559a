//! Telling both roles of a change of a year's rule.

use std::collections::BTreeSet;

use serde_json::json;

use super::proposal::{ChangeError, Effect};
use super::rule_change_queries::RuleChange;
use crate::access::Role;
use crate::accounts;
use crate::app::App;
use crate::db::{self, Conn};
use crate::outbox::{self, Notice};
use crate::templates;

/// What happened to a change.
#[derive(Clone, Copy, Debug)]
pub(super) enum News<'a> {
    /// It waits to be confirmed.
    Proposed,
    /// It takes effect in some days.
    Confirmed,
    /// It does not take effect; with the name of the person who decided that.
    Withdrawn(&'a str),
}

impl News<'_> {
    fn code(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Confirmed => "confirmed",
            Self::Withdrawn(_) => "withdrawn",
        }
    }
}

/// Puts an email to everybody with either role into the outbox.
pub(super) fn tell(
    tx: &mut Conn,
    app: &App,
    change: &RuleChange,
    effect: Option<Effect>,
    news: News<'_>,
) -> Result<(), ChangeError> {
    let by = match news {
        News::Withdrawn(name) => name,
        News::Proposed | News::Confirmed => "",
    };
    let words = json!({
        "news": news.code(),
        "change": change,
        "effect": effect,
        "by": by,
        "link": format!("{}/years/{}", app.config.web.public_url, change.year_label),
    });
    let render =
        |part: &str| templates::render(&app.templates, &format!("mail/year_rule/{part}"), &words);
    let (subject, text, html) = (
        render("subject.txt")?,
        render("body.txt")?,
        render("body.html")?,
    );
    let domain = outbox::mail_domain(&app.config.mail.from);
    let now = app.clock.now();
    let reference = format!("rule-change:{}", change.id);
    // What was said before and has not gone yet is no longer true.
    outbox::take_back_notices(tx, &reference, now)?;
    for to in recipients(tx)? {
        let notice = Notice {
            to,
            subject: subject.trim().to_owned(),
            text: text.clone(),
            html: html.clone(),
        };
        let keyring = app.identities.keyring();
        outbox::queue_notice(tx, keyring, &notice, &reference, domain, now)?;
    }
    Ok(())
}

/// The addresses of the administrators and information governance leads.
fn recipients(tx: &mut Conn) -> Result<BTreeSet<String>, db::Error> {
    let roles = [Role::Administrator.code(), Role::Governance.code()];
    Ok(accounts::accounts(tx)?
        .into_iter()
        .filter(|account| account.state == "active" && roles.contains(&account.role.as_str()))
        .map(|account| account.email)
        .collect())
}
