//! Something that needs doing, and what tells whether it does.

use chrono::{NaiveDate, NaiveDateTime};
use serde::Serialize;

use crate::access::Session;
use crate::app::App;

/// What a source may look at.
pub(super) struct Asked<'a> {
    /// The parts of the process: keyring, settings.
    pub(super) app: &'a App,
    /// Who is signed in.
    pub(super) session: &'a Session,
    /// The year that Progress shows; `None` where no year has been set up.
    pub(super) year: Option<&'a str>,
    /// Today.
    pub(super) today: NaiveDate,
    /// The time, UTC.
    pub(super) now: NaiveDateTime,
}

/// Something that needs doing, and where.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Action {
    text: String,
    href: String,
    pub(super) alarm: bool,
}

impl Action {
    /// Something in plain words.
    pub(super) fn new(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            href: href.into(),
            alarm: false,
        }
    }

    /// Something that is wrong with the service itself and must be put right first.
    pub(super) fn alarm(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self {
            alarm: true,
            ..Self::new(text, href)
        }
    }

    /// So many things, as "1 letter held" or "12 letters held"; none where there are none. The page behind `href` must
    /// say the same number: it calls the same function.
    pub(super) fn counted(count: i64, one: &str, many: &str, href: &str) -> Vec<Self> {
        if count > 0 {
            vec![Self::new(counted(count, one, many), href)]
        } else {
            Vec::new()
        }
    }
}

/// A number with its noun, as "1 letter" or "12 letters".
pub(super) fn counted(count: i64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_is_one_thing() {
        assert_eq!(counted(1, "letter held", "letters held"), "1 letter held");
        assert_eq!(
            counted(12, "letter held", "letters held"),
            "12 letters held"
        );
        assert_eq!(Action::counted(0, "letter", "letters", "/letters"), []);
    }
}
