//! Whether a letter may go, as of now: eligibility, and whether the letter can be written with the present templates.
//!
//! Preparing, the pages and the last look before sending all ask an [`Assessor`], so that a reason that is shown is
//! never older than the page.

use chrono::{NaiveDate, NaiveDateTime};

use super::compose::compose;
use super::eligibility::{self, Child};
use super::error::LetterError;
use super::press::Press;
use super::queries;
use super::reason::{Effect, Reason};
use super::state::{Letter, State};
use super::texts::Texts;
use crate::db::Conn;
use crate::identity::Found;
use programme::Person;

/// What letters are looked at with; made once for a run or a page.
pub struct Assessor<'a> {
    press: &'a Press,
    texts: &'a Texts,
    today: NaiveDate,
}

impl<'a> Assessor<'a> {
    /// An assessor for letters written today with these templates.
    pub fn new(press: &'a Press, texts: &'a Texts, today: NaiveDate) -> Self {
        Self {
            press,
            texts,
            today,
        }
    }

    /// Everything that stands between a child's letter and its sending. `before` are the reasons that the letter was
    /// held for: one that could not be written is tried again.
    pub fn reasons(&self, before: &[Reason], child: &Child, identity: Found<'_>) -> Vec<Reason> {
        let policy = self.texts.policy();
        let mut found =
            eligibility::reasons(child, identity, &policy, |text| self.press.prints(text));
        let must_wait = found
            .iter()
            .any(|reason| matches!(reason.effect(), Effect::HoldUntilMended | Effect::NoContact));
        if let Some(person) = identity.person().filter(|_| !must_wait)
            && !self.can_be_written(child, person, before.contains(&Reason::CannotBeWritten))
        {
            found.push(Reason::CannotBeWritten);
        }
        found
    }

    /// Whether the letter can be written. Setting it takes milliseconds, so only one that failed before is set: what
    /// commonly stands in the way, a character that no font has, is found without.
    fn can_be_written(&self, child: &Child, person: &Person, failed_before: bool) -> bool {
        compose(child, person, self.texts, self.today).is_some_and(|content| {
            self.press.prints_all_of(&content).unwrap_or(false)
                && (!failed_before || self.press.pdf(&content).is_ok())
        })
    }

    /// A letter as it stands now. One that is not waiting stays as it is; one that a newer outcome has replaced says so.
    pub fn look_again(
        &self,
        letter: Letter,
        child: &Child,
        identity: Found<'_>,
    ) -> Result<Letter, LetterError> {
        if !is_waiting(letter.state) {
            return Ok(letter);
        }
        if letter.version != child.version {
            return Ok(Letter {
                reasons: vec![Reason::Superseded],
                ..letter
            });
        }
        let found = self.reasons(&letter.reasons, child, identity);
        Ok(letter.assessed(&found)?)
    }

    /// Looks again at a letter that is shown, and stores it when it stands differently now.
    pub(super) fn refresh(
        &self,
        tx: &mut Conn,
        letter: Letter,
        child: &Child,
        identity: Found<'_>,
        now: NaiveDateTime,
    ) -> Result<Letter, LetterError> {
        let before = letter.clone();
        let letter = self.look_again(letter, child, identity)?;
        // A letter that has moved on meanwhile is left alone: its page shows it next time.
        if letter != before && letter.version == child.version {
            queries::store(tx, before.state, &letter, now)?;
        }
        Ok(letter)
    }
}

/// Whether a letter in this state waits for something that may have changed. One that is not called for stays so until
/// somebody wants it.
fn is_waiting(state: State) -> bool {
    matches!(state, State::Held | State::NoContact | State::Ready)
}
