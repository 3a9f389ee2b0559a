//! A message in the outbox, and what kind it is.

use chrono::{Duration, NaiveDateTime};

use super::delivery::Delivery;

/// The kinds of messages by name, as the table holds them.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, strum::VariantArray, strum::IntoStaticStr, serde::Serialize,
)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// A letter to a child's parents.
    Letter,
    /// A message about no child.
    Notice,
}

crate::db::stored_by_code!(MessageKind);

/// What a message is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A letter to a child's parents, written when it is sent.
    Letter {
        /// The letter's number.
        letter: i64,
        /// The academic year whose key seals it.
        year: String,
    },
    /// A message about no child, whole from the beginning.
    Notice,
}

impl Kind {
    /// Its name alone.
    pub fn of(&self) -> MessageKind {
        match self {
            Self::Letter { .. } => MessageKind::Letter,
            Self::Notice => MessageKind::Notice,
        }
    }
}

/// How long a message is tried when nothing else was decided: as long as a result may take to reach the parents.
pub(super) const TRIED_FOR: Duration = Duration::weeks(6);

/// Which messages a worker takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Every message.
    All,
    /// Messages about no child.
    Notices,
}

/// A message in the outbox.
#[derive(Clone, Debug)]
pub struct Parcel {
    /// Its number.
    pub id: i64,
    /// What it is.
    pub kind: Kind,
    /// What it is about: `release:3`.
    pub reference: Option<String>,
    /// Its content as it was sent, sealed.
    pub sealed: Option<Vec<u8>>,
    /// Its Message-ID, without the angle brackets.
    pub message_id: String,
    /// Where it is.
    pub delivery: Delivery,
    /// Why the last try did not succeed: a code of the mail server, never its words.
    pub last_error: Option<String>,
    /// When it was written down.
    pub created_at: NaiveDateTime,
    /// When it came to its end.
    pub finished_at: Option<NaiveDateTime>,
    /// The run that queued it, with the texts of that moment.
    pub run: Option<i64>,
    /// The last moment for another try.
    pub give_up_at: NaiveDateTime,
}
