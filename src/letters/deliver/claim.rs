//! Step 2: messages taken up, looked at once more, and written.

use std::time::SystemTime;

use lettre::Message;

use super::{Post, Report, Written, is_stopped};
use crate::db::Conn;
use crate::identity::{Opened, Purpose, Whose};
use crate::letters::compose::compose;
use crate::letters::content::Content;
use crate::letters::eligibility::{self, Child};
use crate::letters::press;
use crate::letters::state::{Letter, State};
use crate::letters::texts::{self, Texts};
use crate::letters::{LetterError, queries, store};
use crate::outbox::{self, Kind, OutboxError, Parcel};
use crate::settings;

impl Post<'_> {
    /// Step 2: takes up to `limit` messages, looks once more whether each may go, and writes those that may. What is
    /// held back, or cannot be written, is counted in `report`.
    pub fn claim(&self, limit: i64, report: &mut Report) -> Result<Vec<Written>, LetterError> {
        let (now, today) = (self.app.clock.now(), self.app.clock.today());
        let claimed = self.app.db.write_now(|tx| -> Result<_, LetterError> {
            if is_stopped(tx)? {
                report.stopped = true;
                return Ok(None);
            }
            let parcels = outbox::claim(tx, &self.owner, now, limit)?;
            let texts = Texts::from_setting(settings::get(tx, texts::SETTING)?.as_deref());
            let (letters, children, persons) = self.look_up(tx, &parcels)?;
            let mut may_go = Vec::new();
            for parcel in parcels {
                let Kind::Letter { letter, .. } = parcel.kind else {
                    may_go.push((parcel, None));
                    continue;
                };
                let letter = letters
                    .iter()
                    .find(|found| found.id == letter)
                    .cloned()
                    .ok_or(LetterError::NoSuchLetter)?;
                match self.last_look(&letter, &children, &persons, &texts)? {
                    None => may_go.push((parcel, Some(letter))),
                    Some(held) => {
                        let cancelled = parcel
                            .delivery
                            .clone()
                            .cancel()
                            .map_err(OutboxError::from)?;
                        outbox::step(tx, &parcel, cancelled, None, now)?;
                        store(tx, letter.state, &held, now)?;
                        report.held += 1;
                    }
                }
            }
            Ok(Some((may_go, children, persons, texts)))
        })?;
        let Some((parcels, children, persons, texts)) = claimed else {
            return Ok(Vec::new());
        };
        let mut written = Vec::new();
        for (parcel, letter) in parcels {
            let content = letter.map(|letter| {
                let child = children.get(&letter.pupil);
                let person = persons.get(&letter.pupil);
                let content = child
                    .zip(person)
                    .and_then(|(child, person)| compose(child, person, &texts, today));
                (letter, content)
            });
            match self.write(&parcel, content) {
                Ok((message, letter)) => written.push(Written {
                    parcel,
                    message,
                    letter,
                }),
                Err(error) => {
                    tracing::error!(
                        message = parcel.id,
                        error = %error,
                        "a message cannot be written"
                    );
                    self.give_up(&parcel)?;
                    report.failed += 1;
                }
            }
        }
        Ok(written)
    }

    /// Letters, children and identities of these messages.
    #[expect(clippy::type_complexity, reason = "three things that belong together")]
    fn look_up(
        &self,
        tx: &mut Conn,
        parcels: &[Parcel],
    ) -> Result<(Vec<Letter>, std::collections::HashMap<i64, Child>, Opened), LetterError> {
        let mut letters = Vec::new();
        for parcel in parcels {
            if let Kind::Letter { letter, .. } = parcel.kind {
                letters.extend(queries::find(tx, letter)?);
            }
        }
        let pupils: Vec<i64> = letters.iter().map(|letter| letter.pupil).collect();
        let children = queries::children(tx, &pupils)?;
        let persons =
            self.app
                .identities
                .open(tx, &self.actor, Purpose::Letters, Whose::Pupils(&pupils))?;
        Ok((letters, children, persons))
    }

    /// The letter as it must wait, when it may not go after all.
    fn last_look(
        &self,
        letter: &Letter,
        children: &std::collections::HashMap<i64, Child>,
        persons: &Opened,
        texts: &Texts,
    ) -> Result<Option<Letter>, LetterError> {
        let Some(child) = children.get(&letter.pupil) else {
            return Err(LetterError::NoSuchLetter);
        };
        if child.version != letter.version {
            return Ok(Some(letter.clone().superseded()?));
        }
        let person = persons.get(&letter.pupil);
        let found = eligibility::reasons(child, person, &texts.policy(), |text| {
            self.press.prints(text)
        });
        let looked_at = letter.clone().assessed(&found)?;
        Ok((looked_at.state != State::Queued).then_some(looked_at))
    }

    /// Writes a message.
    fn write(
        &self,
        parcel: &Parcel,
        content: Option<(Letter, Option<Content>)>,
    ) -> Result<(Message, Option<(Letter, Content)>), LetterError> {
        let from = &self.app.config.mail.from;
        let date = SystemTime::from(self.app.clock.now().and_utc());
        match content {
            None => {
                let notice = outbox::open_notice(self.app.identities.keyring(), parcel)?;
                let message = press::notice(&notice, from, &parcel.message_id, date)?;
                Ok((message, None))
            }
            Some((letter, content)) => {
                let content = content.ok_or(LetterError::NoSuchLetter)?;
                let message = self.press.message(
                    &self.app.templates,
                    &content,
                    from,
                    &parcel.message_id,
                    date,
                )?;
                Ok((message, Some((letter, content))))
            }
        }
    }

    /// A message that cannot be written waits for a person.
    fn give_up(&self, parcel: &Parcel) -> Result<(), LetterError> {
        let now = self.app.clock.now();
        self.app.db.write_now(|tx| {
            let failed = parcel
                .delivery
                .clone()
                .give_up(&self.owner)
                .map_err(OutboxError::from)?;
            outbox::step(tx, parcel, failed, Some("it could not be written"), now)?;
            if let Kind::Letter { letter, .. } = parcel.kind {
                let letter = queries::find(tx, letter)?.ok_or(LetterError::NoSuchLetter)?;
                store(tx, letter.state, &letter.failed()?, now)?;
            }
            Ok(())
        })
    }
}
