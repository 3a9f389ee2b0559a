//! Notices: messages about no child, whole from the beginning and sealed with the server's key.

use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};

use super::delivery::Delivery;
use super::error::OutboxError;
use super::parcel::{Kind, Parcel, TRIED_FOR};
use super::queries;
use super::queue::new_message_id;
use super::step::step;
use crate::db::Conn;
use crate::identity::{IdentityError, Keyring, Sealer};

/// What a notice's content is sealed as.
const NOTICE: &str = "notice";

/// The content of a notice.
#[derive(Clone, Serialize, Deserialize)]
pub struct Notice {
    /// The address.
    pub to: String,
    /// The subject line; no personal data.
    pub subject: String,
    /// The words as plain text.
    pub text: String,
    /// The words as HTML.
    pub html: String,
}

/// Writes down a notice to be sent; `reference` is what it is about, such as `release:3`.
pub fn queue_notice(
    tx: &mut Conn,
    keyring: &Keyring,
    notice: &Notice,
    reference: &str,
    domain: &str,
    now: NaiveDateTime,
) -> Result<i64, OutboxError> {
    let id = queries::insert(
        tx,
        &Kind::Notice,
        Some(reference),
        &new_message_id(domain)?,
        now,
    )?;
    seal_notice(tx, keyring, id, notice)?;
    Ok(id)
}

/// Queues a notice that did not arrive once more, with what it says now; it keeps its Message-ID.
pub fn queue_notice_again(
    tx: &mut Conn,
    keyring: &Keyring,
    parcel: &Parcel,
    notice: &Notice,
    now: NaiveDateTime,
) -> Result<(), OutboxError> {
    let again = parcel.delivery.clone().send_again(now)?;
    step(tx, parcel, again, None, now)?;
    queries::put_run(tx, parcel.id, None, now + TRIED_FOR)?;
    seal_notice(tx, keyring, parcel.id, notice)
}

/// What became of the notices about something that is no longer true.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TakenBack {
    /// Taken back before they were handed over.
    pub cancelled: usize,
    /// Gone already, or being handed over at this moment.
    pub gone: usize,
}

/// Takes back the notices about something that have not been handed over, because what they say is no longer true.
pub fn take_back_notices(
    tx: &mut Conn,
    reference: &str,
    now: NaiveDateTime,
) -> Result<TakenBack, OutboxError> {
    let mut taken_back = TakenBack::default();
    for parcel in queries::notices_about(tx, reference)? {
        let mut found = Some(parcel);
        while let Some(parcel) = found {
            let was_waiting = matches!(
                parcel.delivery,
                Delivery::Queued { .. } | Delivery::Claimed { .. }
            );
            let Ok(cancelled) = parcel.delivery.clone().cancel() else {
                taken_back.gone += 1;
                break;
            };
            if queries::step(tx, parcel.id, &parcel.delivery, &cancelled, None, now)? {
                taken_back.cancelled += usize::from(was_waiting);
                break;
            }
            // Its worker has moved it on since it was read: where it is now decides.
            found = queries::find(tx, parcel.id)?;
        }
    }
    Ok(taken_back)
}

fn seal_notice(
    tx: &mut Conn,
    keyring: &Keyring,
    id: i64,
    notice: &Notice,
) -> Result<(), OutboxError> {
    let plain = serde_json::to_vec(notice).map_err(|_| OutboxError::Content(id))?;
    let server_key = Sealer::new(&keyring.server().map_err(IdentityError::from)?);
    let sealed = server_key
        .seal(NOTICE, id, &plain)
        .map_err(IdentityError::from)?;
    Ok(queries::put_sealed(tx, id, &sealed)?)
}

/// The content of a notice.
pub fn open_notice(keyring: &Keyring, parcel: &Parcel) -> Result<Notice, OutboxError> {
    let server_key = Sealer::new(&keyring.server().map_err(IdentityError::from)?);
    let sealed = parcel
        .sealed
        .as_deref()
        .ok_or(OutboxError::Content(parcel.id))?;
    let plain = server_key
        .open(NOTICE, parcel.id, sealed)
        .map_err(IdentityError::from)?;
    serde_json::from_slice(&plain).map_err(|_| OutboxError::Content(parcel.id))
}
