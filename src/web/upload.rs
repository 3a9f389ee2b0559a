//! A form with a file. The bytes stay in memory: a roster must not lie in a temporary folder in the clear.
//!
//! So what is in memory at once is bounded: the size and number of parts, the files being taken in, one file of an
//! account at a time, and what an account may send in a day.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_multipart::{Field, Multipart};
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use chrono::{NaiveDate, NaiveDateTime};
use futures_util::StreamExt;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};
use zeroize::Zeroizing;

use super::allowed::app_of;
use super::forms::{self, check_token};
use crate::access::Session;
use crate::error::{AppError, bad_request, internal};
use crate::form::FormData;
use tabular::Limits;

/// The largest file taken through a browser; larger ones go through the command line.
pub(super) const MOST_BYTES: usize = Limits::UPLOAD.file_bytes as usize;

const MOST_FIELD_BYTES: usize = 64 * 1024;

/// Parts of an upload: a file and the fields beside it.
const MOST_PARTS: usize = 100;

/// Files taken in at once by this process.
const AT_ONCE: usize = 4;

/// Files that one account may send at once: one is taken in, the others wait.
const OF_ONE_ACCOUNT: usize = 5;

/// What one account may send in a day.
const A_DAY: Sent = Sent {
    files: 100,
    bytes: 512 << 20,
};

/// How long a whole upload may take: 32 MB on a slow line.
const LONGEST: Duration = Duration::from_mins(10);

/// The files being taken in, and what each account sent today.
#[derive(Debug)]
pub struct Uploads {
    places: Arc<Semaphore>,
    accounts: Arc<Mutex<HashMap<i64, Account>>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Sent {
    files: u32,
    bytes: u64,
}

#[derive(Debug)]
struct Account {
    /// One file at a time: a form pressed twice waits for itself.
    turn: Arc<Semaphore>,
    /// Those who wait for the turn, and the one who has it.
    sending: usize,
    on: NaiveDate,
    sent: Sent,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            turn: Arc::new(Semaphore::new(1)),
            sending: 0,
            on: NaiveDate::default(),
            sent: Sent::default(),
        }
    }
}

impl Default for Uploads {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(AT_ONCE)),
            accounts: Arc::default(),
        }
    }
}

/// A place among the files being taken in, given back when it is dropped.
#[derive(Debug)]
struct Place {
    counted: Counted,
    _permits: [OwnedSemaphorePermit; 2],
}

/// One who sends a file or waits to, for as long as it lives: a browser that goes away waits no longer.
#[derive(Debug)]
struct Counted {
    account: i64,
    accounts: Arc<Mutex<HashMap<i64, Account>>>,
}

impl Uploads {
    /// A place for a file of `account`, when those before it are done; refused when too many wait or it has sent too
    /// much today. Nothing of the file is read before.
    async fn begin(
        &self,
        account: i64,
        now: NaiveDateTime,
        patience: Duration,
    ) -> Result<Place, AppError> {
        let (turn, counted) = self.queue(account, now)?;
        let places = Arc::clone(&self.places);
        let permits = async { Ok([turn.acquire_owned().await?, places.acquire_owned().await?]) };
        let permits = tokio::time::timeout(patience, permits)
            .await
            .map_err(|_| busy())?
            .map_err(|error: AcquireError| internal(error))?;
        Ok(Place {
            counted,
            _permits: permits,
        })
    }

    fn queue(
        &self,
        account: i64,
        now: NaiveDateTime,
    ) -> Result<(Arc<Semaphore>, Counted), AppError> {
        let mut accounts = locked(&self.accounts);
        let of_account = accounts.entry(account).or_default();
        if of_account.on != now.date() {
            of_account.on = now.date();
            of_account.sent = Sent::default();
        }
        if of_account.sent.files >= A_DAY.files || of_account.sent.bytes >= A_DAY.bytes {
            return Err(AppError::TooMany {
                message: format!(
                    "You have sent {} files today, which is the limit. Nothing of this one was kept. Send it tomorrow, or ask your administrator to import it from the command line.",
                    of_account.sent.files
                ),
                seconds: 3600,
            });
        }
        if of_account.sending >= OF_ONE_ACCOUNT {
            return Err(busy());
        }
        of_account.sending += 1;
        Ok((
            Arc::clone(&of_account.turn),
            Counted {
                account,
                accounts: Arc::clone(&self.accounts),
            },
        ))
    }
}

fn busy() -> AppError {
    AppError::Busy(
        "Several files are being taken in at the moment. Nothing of this one was kept. Try again in a minute."
            .to_owned(),
    )
}

impl Place {
    /// Counts a file that was taken in.
    fn count(&self, bytes: usize) {
        let Counted { account, accounts } = &self.counted;
        if let Some(of_account) = locked(accounts).get_mut(account) {
            of_account.sent.files += 1;
            of_account.sent.bytes += bytes as u64;
        }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        if let Some(of_account) = locked(&self.accounts).get_mut(&self.account) {
            of_account.sending -= 1;
        }
    }
}

fn locked(accounts: &Mutex<HashMap<i64, Account>>) -> MutexGuard<'_, HashMap<i64, Account>> {
    accounts.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A form sent as `multipart/form-data` with a valid token and at most one file.
#[derive(Debug)]
pub struct Upload {
    /// The fields that are no file.
    pub form: FormData,
    /// The file's name on the sender's machine; it may name a child and is never logged.
    pub file_name: String,
    /// The file; empty when none was chosen.
    pub bytes: Zeroizing<Vec<u8>>,
    /// Held until the handler is done with the file.
    _place: Place,
}

impl FromRequest for Upload {
    type Error = AppError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, AppError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let parts = Multipart::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move {
            let app = app_of(&request)?;
            let account = request
                .extensions()
                .get::<Session>()
                .and_then(|session| session.actor.id)
                .ok_or(AppError::Forbidden)?;
            let stall = app.config.web.form_deadline;
            let place = app
                .part::<Uploads>()
                .begin(account, app.clock.now(), stall)
                .await?;
            let parts = parts.await.map_err(|_| unreadable())?;
            let read = tokio::time::timeout(LONGEST, read_parts(parts, stall))
                .await
                .map_err(|_| AppError::TooSlow)??;
            place.count(read.bytes.len());
            let mut form = FormData::of_pairs(read.pairs)?;
            check_token(&request, form.text("csrf"))?;
            form.sent_to(request.path(), &read.bytes);
            Ok(Self {
                form,
                file_name: read.file_name,
                bytes: read.bytes,
                _place: place,
            })
        })
    }
}

/// What an upload held.
#[derive(Default)]
struct Read {
    pairs: Vec<(String, String)>,
    file_name: String,
    bytes: Zeroizing<Vec<u8>>,
}

fn unreadable() -> AppError {
    bad_request("The upload broke off. Nothing was changed. Try again.")
}

/// Reads every part; between two pieces no more than `stall` may pass.
async fn read_parts(mut parts: Multipart, stall: Duration) -> Result<Read, AppError> {
    let mut read = Read::default();
    let mut field_bytes = 0;
    let mut count = 0;
    while let Some(part) = next(&mut parts, stall).await? {
        let mut part = part.map_err(|_| unreadable())?;
        count += 1;
        if count > MOST_PARTS {
            return Err(bad_request(
                "The form has more parts than any of ours. Nothing was changed. Go back and try again.",
            ));
        }
        let name = part.name().unwrap_or_default().to_owned();
        let given_name = part
            .content_disposition()
            .and_then(|disposition| disposition.get_filename())
            .map(str::to_owned);
        let most = if given_name.is_some() {
            MOST_BYTES
        } else {
            MOST_FIELD_BYTES
        };
        let content = read_part(&mut part, most, stall).await?;
        match given_name {
            Some(given_name) if read.bytes.is_empty() => {
                read.file_name = given_name;
                read.bytes = content;
            }
            Some(_) => {
                return Err(bad_request(
                    "Choose one file at a time. Nothing was changed.",
                ));
            }
            None => {
                field_bytes += name.len() + content.len();
                if field_bytes > forms::MOST_BYTES {
                    return Err(forms::too_large());
                }
                let text = String::from_utf8(content.to_vec()).map_err(|_| unreadable())?;
                read.pairs.push((name, text));
            }
        }
    }
    Ok(read)
}

async fn read_part(
    part: &mut Field,
    most: usize,
    stall: Duration,
) -> Result<Zeroizing<Vec<u8>>, AppError> {
    let mut content = Zeroizing::new(Vec::new());
    while let Some(chunk) = next(part, stall).await? {
        let chunk = chunk.map_err(|_| unreadable())?;
        if content.len() + chunk.len() > most {
            return Err(bad_request(format!(
                "The file is larger than {} MB. Nothing was changed. Split it, or ask your administrator to import it from the command line.",
                MOST_BYTES >> 20
            )));
        }
        content.extend_from_slice(&chunk);
    }
    Ok(content)
}

/// The next piece of a stream, waited for no longer than `stall`.
async fn next<S: StreamExt + Unpin>(
    stream: &mut S,
    stall: Duration,
) -> Result<Option<S::Item>, AppError> {
    tokio::time::timeout(stall, stream.next())
        .await
        .map_err(|_| AppError::TooSlow)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn an_account_takes_one_place_and_a_bounded_share_of_a_day() {
        let uploads = Uploads::default();
        let now = NaiveDateTime::default();
        let begin = |account| uploads.begin(account, now, Duration::ZERO);
        let first = begin(1).await.unwrap();
        assert!(matches!(begin(1).await, Err(AppError::Busy(_))));
        let mut others = Vec::new();
        for account in 2..=AT_ONCE as i64 {
            others.push(begin(account).await.unwrap());
        }
        assert!(matches!(begin(99).await, Err(AppError::Busy(_))));
        drop(others);
        first.count(A_DAY.bytes as usize);
        drop(first);
        assert!(matches!(begin(1).await, Err(AppError::TooMany { .. })));
        assert!(begin(99).await.is_ok());
        let tomorrow = now + chrono::Duration::days(1);
        assert!(uploads.begin(1, tomorrow, Duration::ZERO).await.is_ok());
        // Those who wait are few, too.
        let waiting: Vec<_> = (0..OF_ONE_ACCOUNT)
            .map(|_| uploads.queue(7, now).unwrap())
            .collect();
        assert!(matches!(uploads.queue(7, now), Err(AppError::Busy(_))));
        drop(waiting);
        assert!(uploads.queue(7, now).is_ok());
    }
}
