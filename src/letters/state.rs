//! A letter's life, from the outcome it tells to the parents' hands.
//!
//! Each step takes the letter and gives back the letter after it, or says why it cannot be. A letter exists once for
//! each child and version of its outcome: that is the reason for which at most one is sent.

use chrono::NaiveDateTime;

use super::reason::{Effect, Reason};

/// What a letter tells.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    strum::VariantArray,
    strum::IntoStaticStr,
    serde::Serialize,
    serde::Deserialize,
)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The result of a measurement.
    Result,
    /// That the child was not measured.
    NotMeasured,
}

crate::db::stored_by_code!(Kind);

impl Kind {
    /// The words on a page.
    pub fn words(self) -> &'static str {
        match self {
            Self::Result => "Result letter",
            Self::NotMeasured => "Letter after no measurement",
        }
    }
}

/// Where a letter stands, in the order in which a list shows the states.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    strum::VariantArray,
    strum::IntoStaticStr,
    serde::Serialize,
)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// May go.
    Ready,
    /// Waits for somebody to decide or to mend something.
    Held,
    /// Waits for an address.
    NoContact,
    /// Is on its way out.
    Queued,
    /// May have gone; a person decides.
    InDoubt,
    /// Did not go.
    Failed,
    /// Went.
    Sent,
    /// Is not called for.
    NotNeeded,
    /// A newer outcome has taken its place.
    Cancelled,
}

crate::db::stored_by_code!(State);

/// A letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Its number.
    pub id: i64,
    /// The child's number.
    pub pupil: i64,
    /// What it tells.
    pub kind: Kind,
    /// The version of the outcome that it tells.
    pub version: i32,
    /// Where it stands.
    pub state: State,
    /// Why it waits; or, of a letter that somebody let go, in spite of what.
    pub reasons: Vec<Reason>,
    /// Who held it or let it go.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<NaiveDateTime>,
    /// When it went.
    pub sent_at: Option<NaiveDateTime>,
    /// The moment from which it may be sent, by the programme's delay; `None`: at any time.
    pub send_after: Option<NaiveDateTime>,
    /// The parents may have it although nobody knows; stays so when it is sent again.
    pub may_have_arrived: bool,
}

/// A step that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The letter is not where this step begins.
    #[error("the letter has moved on in the meantime; nothing was changed")]
    NotFromHere,
    /// Something must be mended first.
    #[error("the letter cannot go yet: {0}")]
    MendFirst(&'static str),
}

impl Letter {
    /// A letter about an outcome that has just been found: held until eligibility has been looked at.
    pub fn new(id: i64, pupil: i64, kind: Kind, version: i32) -> Self {
        Self {
            id,
            pupil,
            kind,
            version,
            state: State::Held,
            reasons: Vec::new(),
            decided_by: None,
            decided_at: None,
            sent_at: None,
            send_after: None,
            may_have_arrived: false,
        }
    }

    /// The letter after eligibility has been looked at.
    pub fn assessed(self, found: &[Reason]) -> Result<Self, Refused> {
        if !matches!(
            self.state,
            State::Held | State::NoContact | State::NotNeeded | State::Ready | State::Queued
        ) {
            return Err(Refused::NotFromHere);
        }
        let let_go =
            matches!(self.state, State::Ready | State::Queued) && self.decided_by.is_some();
        let mut standing: Vec<Reason> = found
            .iter()
            .copied()
            .filter(|reason| !(let_go && self.reasons.contains(reason)))
            .collect();
        if self.state == State::Held && self.reasons.contains(&Reason::HeldByHand) {
            standing.push(Reason::HeldByHand);
        }
        if standing.is_empty() {
            let state = match self.state {
                State::Queued => State::Queued,
                _ => State::Ready,
            };
            let reasons = if let_go { self.reasons } else { Vec::new() };
            return Ok(Self {
                state,
                reasons,
                ..self
            });
        }
        Ok(Self {
            state: state_for(&standing),
            reasons: standing,
            ..self
        })
    }

    /// Somebody lets it go in spite of its reasons.
    pub fn let_go(self, by: &str, now: NaiveDateTime) -> Result<Self, Refused> {
        if !matches!(self.state, State::Held | State::NotNeeded) {
            return Err(Refused::NotFromHere);
        }
        let stands = self
            .reasons
            .iter()
            .find(|reason| matches!(reason.effect(), Effect::HoldUntilMended | Effect::NoContact));
        if let Some(reason) = stands {
            return Err(Refused::MendFirst(reason.words()));
        }
        Ok(self.decided(State::Ready, by, now))
    }

    /// Somebody holds it. One that is queued must be taken back from the outbox in the same transaction.
    pub fn hold(self, by: &str, now: NaiveDateTime) -> Result<Self, Refused> {
        if !matches!(self.state, State::Ready | State::Queued) {
            return Err(Refused::NotFromHere);
        }
        let mut letter = self.decided(State::Held, by, now);
        letter.reasons = vec![Reason::HeldByHand];
        Ok(letter)
    }

    /// It goes into the outbox.
    pub fn queue(self) -> Result<Self, Refused> {
        match self.state {
            State::Ready => Ok(Self {
                state: State::Queued,
                ..self
            }),
            _ => Err(Refused::NotFromHere),
        }
    }

    /// It went: the mail server took it, or a person found that it arrived.
    pub fn sent(self, at: NaiveDateTime) -> Result<Self, Refused> {
        match self.state {
            State::Queued | State::InDoubt => Ok(Self {
                state: State::Sent,
                sent_at: Some(at),
                ..self
            }),
            _ => Err(Refused::NotFromHere),
        }
    }

    /// It may have gone.
    pub fn doubted(self) -> Result<Self, Refused> {
        let doubted = self.after_queueing(State::InDoubt)?;
        Ok(Self {
            may_have_arrived: true,
            ..doubted
        })
    }

    /// It did not go, as its worker found out late, and waits in the outbox again.
    pub fn waits_again(self) -> Result<Self, Refused> {
        let waiting = self.after_queueing(State::Queued)?;
        Ok(Self {
            may_have_arrived: false,
            ..waiting
        })
    }

    /// It could not be written when its turn came, which is no failure to send it: it waits for what `reason` says. Its
    /// message must be taken back in the same transaction.
    pub fn set_aside(self, reason: Reason) -> Result<Self, Refused> {
        match self.state {
            State::Queued => Ok(Self {
                state: state_for(&[reason]),
                reasons: vec![reason],
                ..self
            }),
            _ => Err(Refused::NotFromHere),
        }
    }

    /// The child's name has been erased: a letter that has not gone never goes. Nothing is left that dates it to a day.
    pub fn erased(self) -> Result<Self, Refused> {
        match self.state {
            State::Sent | State::InDoubt | State::Cancelled => Err(Refused::NotFromHere),
            _ => Ok(Self {
                state: State::Cancelled,
                send_after: None,
                ..self
            }),
        }
    }

    /// It did not go.
    pub fn failed(self) -> Result<Self, Refused> {
        self.after_queueing(State::Failed)
    }

    fn after_queueing(self, to: State) -> Result<Self, Refused> {
        match self.state {
            State::Queued | State::InDoubt => Ok(Self { state: to, ..self }),
            _ => Err(Refused::NotFromHere),
        }
    }

    /// A person wants it tried again after it failed, or although it may have arrived.
    pub fn try_again(self, by: &str, now: NaiveDateTime) -> Result<Self, Refused> {
        match self.state {
            State::Failed | State::InDoubt => Ok(self.decided(State::Ready, by, now)),
            _ => Err(Refused::NotFromHere),
        }
    }

    /// A newer outcome has taken its place.
    pub fn superseded(self) -> Result<Self, Refused> {
        match self.state {
            State::Sent | State::InDoubt | State::Cancelled => Err(Refused::NotFromHere),
            _ => Ok(Self {
                state: State::Cancelled,
                reasons: vec![Reason::Superseded],
                ..self
            }),
        }
    }

    fn decided(self, state: State, by: &str, now: NaiveDateTime) -> Self {
        Self {
            state,
            decided_by: Some(by.to_owned()),
            decided_at: Some(now),
            ..self
        }
    }
}

/// Where a letter with these reasons waits. A missing address is told before what somebody could overrule; what must
/// be mended before either.
fn state_for(reasons: &[Reason]) -> State {
    let leads_to = |effect| reasons.iter().any(|reason| reason.effect() == effect);
    if leads_to(Effect::NotNeeded) {
        State::NotNeeded
    } else if reasons
        .iter()
        .all(|reason| reason.effect() == Effect::NoContact)
    {
        State::NoContact
    } else {
        State::Held
    }
}

#[cfg(test)]
mod tests {
    use programme::Coded as _;

    use super::*;

    fn letter(state: State, reasons: &[Reason]) -> Letter {
        Letter {
            state,
            reasons: reasons.to_vec(),
            ..Letter::new(1, 2, Kind::Result, 1)
        }
    }

    fn now() -> NaiveDateTime {
        NaiveDateTime::default()
    }

    #[test]
    fn a_reason_that_has_gone_makes_the_letter_ready() {
        let held = letter(State::Held, &[Reason::UnconfirmedWarnings]);
        assert_eq!(held.assessed(&[]).unwrap(), letter(State::Ready, &[]));
    }

    #[test]
    fn a_decision_covers_the_reasons_it_was_made_about_and_no_others() {
        let ready = letter(State::Held, &[Reason::Sensitive])
            .let_go("Nia", now())
            .unwrap();
        let same = ready.clone().assessed(&[Reason::Sensitive]).unwrap();
        assert_eq!(same.state, State::Ready);
        let more = ready
            .assessed(&[Reason::Sensitive, Reason::GrowthCondition])
            .unwrap();
        assert_eq!(
            (more.state, more.reasons),
            (State::Held, vec![Reason::GrowthCondition])
        );
    }

    #[test]
    fn nobody_can_let_go_what_must_be_mended() {
        for reason in [
            Reason::UnconfirmedWarnings,
            Reason::NotAssessed,
            Reason::CannotBePrinted,
        ] {
            let held = letter(State::Held, &[Reason::Sensitive, reason]);
            assert_eq!(
                held.let_go("Nia", now()),
                Err(Refused::MendFirst(reason.words()))
            );
        }
    }

    #[test]
    fn a_letter_held_by_hand_stays_held_until_somebody_lets_it_go() {
        let held = letter(State::Ready, &[]).hold("Nia", now()).unwrap();
        let held = held.assessed(&[]).unwrap();
        assert_eq!(held.state, State::Held);
        let ready = held.let_go("Nia", now()).unwrap();
        assert_eq!(ready.assessed(&[]).unwrap().state, State::Ready);
    }

    #[test]
    fn a_missing_address_has_a_state_of_its_own() {
        let both = [Reason::Sensitive, Reason::NoUsableContact];
        let ready = || letter(State::Ready, &[]);
        assert_eq!(
            ready().assessed(&both[1..]).unwrap().state,
            State::NoContact
        );
        assert_eq!(ready().assessed(&both).unwrap().state, State::Held);
    }

    #[test]
    fn a_letter_that_may_have_arrived_is_remembered_as_such_until_its_worker_knows_better() {
        let doubtful = letter(State::Queued, &[]).doubted().unwrap();
        let again = doubtful.clone().try_again("Nia", now()).unwrap();
        assert!(again.superseded().unwrap().may_have_arrived);
        assert!(!doubtful.waits_again().unwrap().may_have_arrived);
    }

    #[test]
    fn an_erased_letter_never_goes_and_one_that_went_stays_sent() {
        for state in State::ALL.iter().copied() {
            let erased = letter(state, &[]).erased();
            match state {
                State::Sent | State::InDoubt | State::Cancelled => assert!(erased.is_err()),
                _ => assert_eq!(erased.unwrap().state, State::Cancelled),
            }
        }
    }

    #[test]
    fn what_went_or_may_have_gone_is_never_taken_back() {
        for state in [State::Sent, State::InDoubt] {
            assert!(letter(state, &[]).superseded().is_err());
            assert!(letter(state, &[]).hold("Nia", now()).is_err());
            assert!(letter(state, &[]).assessed(&[]).is_err());
            assert!(letter(state, &[]).queue().is_err());
        }
        assert!(letter(State::Sent, &[]).try_again("Nia", now()).is_err());
    }
}
