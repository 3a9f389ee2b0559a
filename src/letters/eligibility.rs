//! Whether a letter may go: the one function that decides, and says why not.
//!
//! Preparing, the page of a letter and the last look before sending all ask [`reasons`]; there is no second opinion
//! anywhere. It is given plain values and gives back every reason at once.

use chrono::NaiveDate;
use growth::{Assessment, ClinicalCategory, Height, Scheme, Weight};
use programme::{Contact, Person, ReasonNotMeasured, Sex};

use super::reason::Reason;
use crate::identity::Found;
use crate::measurement::shown::{self, Figures};

/// What is known of a child without its identity.
#[derive(Clone, Debug, PartialEq)]
pub struct Child {
    /// The child's number.
    pub pupil: i64,
    /// The academic year.
    pub year: String,
    /// The school's URN.
    pub school_urn: i32,
    /// The school's name.
    pub school: String,
    /// For the assessment.
    pub sex: Sex,
    /// The parents have opted out.
    pub opted_out: bool,
    /// The version of the outcome.
    pub version: i32,
    /// What came of the measuring.
    pub outcome: Outcome,
    /// Warnings about this version that nobody has confirmed.
    pub unconfirmed_warnings: usize,
    /// The letter with an earlier result that the parents have, or may have.
    pub earlier_letter: Option<EarlierLetter>,
}

/// A letter with a result that is no longer the child's.
#[derive(Clone, Debug, PartialEq)]
pub struct EarlierLetter {
    /// Its number.
    pub id: i64,
    /// The day it went.
    pub on: NaiveDate,
    /// What it told: day, height and weight.
    pub measured: Option<(NaiveDate, Height, Weight)>,
}

/// What came of the measuring.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Nothing yet.
    None,
    /// A measurement.
    Measured(Measured),
    /// A reason why there is none.
    NotMeasured {
        /// The reason.
        reason: ReasonNotMeasured,
        /// The day it was noted.
        on: NaiveDate,
    },
}

/// A measurement as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// The day.
    pub on: NaiveDate,
    /// The height.
    pub height: Height,
    /// The weight.
    pub weight: Weight,
    /// The clinical scheme it was assessed under.
    pub scheme: Scheme,
    /// The letter's category; `None` when it could not be assessed.
    pub category: Option<ClinicalCategory>,
}

/// What a programme has decided for itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Categories whose families are phoned before the letter goes.
    pub phone_first: Vec<ClinicalCategory>,
}

/// Reasons not measured after which nobody waits for a letter: the parents decided, the child is gone, or the whole
/// school stayed away.
const NOT_CALLED_FOR: [ReasonNotMeasured; 3] = [
    ReasonNotMeasured::ParentalOptOut,
    ReasonNotMeasured::NoLongerAtSchool,
    ReasonNotMeasured::SchoolOptOut,
];
/// Reasons not measured that a standard letter would be clumsy about.
const WANTS_TACT: [ReasonNotMeasured; 2] = [
    ReasonNotMeasured::PhysicalImpairment,
    ReasonNotMeasured::CognitiveImpairment,
];

/// Everything that stands between a child's letter and its sending; empty when it may go.
///
/// `found` is what opening its identity came to; `prints` says whether every character of a text can be printed.
pub fn reasons(
    child: &Child,
    found: Found<'_>,
    policy: &Policy,
    prints: impl Fn(&str) -> bool,
) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let mut when = |applies: bool, reason: Reason| {
        if applies {
            reasons.push(reason);
        }
    };
    // Both flags are sealed with the name; without it nothing goes anyway.
    let person = found.person();
    let particulars = person.map(|person| &person.particulars);
    when(
        particulars.is_some_and(|it| it.sensitive),
        Reason::Sensitive,
    );
    when(
        particulars.is_some_and(|it| it.growth_condition),
        Reason::GrowthCondition,
    );
    when(child.earlier_letter.is_some(), Reason::EarlierLetterSent);
    match &child.outcome {
        Outcome::None => when(true, Reason::Superseded),
        Outcome::Measured(measured) => {
            when(child.unconfirmed_warnings > 0, Reason::UnconfirmedWarnings);
            when(child.opted_out, Reason::OptedOut);
            match measured.category {
                None => when(true, Reason::NotAssessed),
                Some(category) => {
                    when(policy.phone_first.contains(&category), Reason::PhoneFirst);
                    let stale = person.is_some_and(|person| {
                        result(child.sex, measured, person.date_of_birth)
                            .is_none_or(|result| result.clinical != category)
                    });
                    when(stale, Reason::AssessmentOutOfDate);
                }
            }
        }
        Outcome::NotMeasured { reason, .. } => {
            when(NOT_CALLED_FOR.contains(reason), Reason::NotCalledFor);
            when(WANTS_TACT.contains(reason), Reason::WantsTact);
        }
    }
    match found {
        Found::Erased => when(true, Reason::NameRemoved),
        Found::Damaged => when(true, Reason::RecordDamaged),
        Found::Person(person) => match person.letter_contact() {
            None => when(true, Reason::NoUsableContact),
            Some(contact) => when(!texts(person, contact).all(prints), Reason::CannotBePrinted),
        },
    }
    reasons
}

/// The assessment that the letter tells.
pub fn result(sex: Sex, measured: &Measured, born: NaiveDate) -> Option<Assessment> {
    let figures = Figures {
        on: measured.on,
        height: measured.height,
        weight: measured.weight,
        scheme: measured.scheme,
    };
    shown::assessment(sex, born, &figures)
}

/// Every text of the identity that a letter prints.
fn texts<'a>(person: &'a Person, contact: &'a Contact) -> impl Iterator<Item = &'a str> {
    [
        person.given_name.as_str(),
        &person.family_name,
        &person.preferred_name,
        &person.town,
        &contact.title,
        &contact.name,
    ]
    .into_iter()
    .chain(person.address_lines.iter().map(String::as_str))
    .chain(contact.postal_address.iter().map(String::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    fn child() -> Child {
        Child {
            pupil: 1,
            year: "2026-27".into(),
            school_urn: 900_101,
            school: "St Mary’s".into(),
            sex: Sex::Female,
            opted_out: false,
            version: 1,
            outcome: Outcome::Measured(Measured {
                on: date(2026, 11, 2),
                height: Height::from_millimetres(1120),
                weight: Weight::from_grams(20_000),
                scheme: Scheme::ZScore,
                category: Some(ClinicalCategory::HealthyWeight),
            }),
            unconfirmed_warnings: 0,
            earlier_letter: None,
        }
    }

    fn person() -> Person {
        serde_json::from_value(serde_json::json!({
            "given_name": "Zara", "family_name": "Khan", "date_of_birth": "2021-10-01",
            "contacts": [{"name": "Amina Khan", "email": "amina@example.org"}],
        }))
        .unwrap()
    }

    fn earlier() -> EarlierLetter {
        EarlierLetter {
            id: 7,
            on: date(2026, 11, 9),
            measured: None,
        }
    }

    fn told(child: &Child, person: Option<&Person>) -> Vec<Reason> {
        let found = person.map_or(Found::Erased, Found::Person);
        reasons(child, found, &Policy::default(), |_| true)
    }

    #[test]
    fn a_plain_result_may_go() {
        assert_eq!(told(&child(), Some(&person())), []);
    }

    #[test]
    fn every_reason_is_told_at_once() {
        let child = Child {
            unconfirmed_warnings: 2,
            earlier_letter: Some(earlier()),
            ..child()
        };
        assert_eq!(
            told(&child, None),
            [
                Reason::EarlierLetterSent,
                Reason::UnconfirmedWarnings,
                Reason::NameRemoved
            ]
        );
        assert_eq!(
            reasons(&child, Found::Damaged, &Policy::default(), |_| true).last(),
            Some(&Reason::RecordDamaged)
        );
        let mut person = person();
        person.particulars.sensitive = true;
        person.particulars.growth_condition = true;
        assert_eq!(
            told(&child, Some(&person)),
            [
                Reason::Sensitive,
                Reason::GrowthCondition,
                Reason::EarlierLetterSent,
                Reason::UnconfirmedWarnings
            ]
        );
    }

    #[test]
    fn a_result_that_was_sent_and_then_taken_back_is_not_followed_by_a_letter_unseen() {
        let child = Child {
            earlier_letter: Some(earlier()),
            outcome: Outcome::NotMeasured {
                reason: ReasonNotMeasured::Absent,
                on: date(2026, 11, 2),
            },
            ..child()
        };
        assert_eq!(told(&child, Some(&person())), [Reason::EarlierLetterSent]);
    }

    #[test]
    fn a_contact_without_an_address_or_without_leave_to_write_is_no_contact() {
        let mut without_email = person();
        without_email.contacts[0].email = None;
        let mut not_to_be_written_to = person();
        not_to_be_written_to.contacts[0].send_letters = false;
        for person in [without_email, not_to_be_written_to] {
            assert_eq!(told(&child(), Some(&person)), [Reason::NoUsableContact]);
        }
    }

    #[test]
    fn a_corrected_date_of_birth_makes_the_stored_category_doubtful() {
        let mut person = person();
        person.date_of_birth = date(2023, 10, 1);
        assert_eq!(told(&child(), Some(&person)), [Reason::AssessmentOutOfDate]);
    }

    #[test]
    fn the_programme_decides_whom_it_phones_first() {
        let policy = Policy {
            phone_first: vec![ClinicalCategory::HealthyWeight],
        };
        assert_eq!(
            reasons(&child(), Found::Person(&person()), &policy, |_| true),
            [Reason::PhoneFirst]
        );
    }

    #[test]
    fn a_name_that_cannot_be_printed_is_told_and_never_a_box() {
        let unprintable = |text: &str| text != "Zara";
        assert_eq!(
            reasons(
                &child(),
                Found::Person(&person()),
                &Policy::default(),
                unprintable
            ),
            [Reason::CannotBePrinted]
        );
    }

    #[test]
    fn whether_a_letter_follows_no_measurement_depends_on_why() {
        for (reason, expected) in [
            (ReasonNotMeasured::Absent, vec![]),
            (ReasonNotMeasured::ChildOptOut, vec![]),
            (ReasonNotMeasured::Other, vec![]),
            (
                ReasonNotMeasured::ParentalOptOut,
                vec![Reason::NotCalledFor],
            ),
            (
                ReasonNotMeasured::NoLongerAtSchool,
                vec![Reason::NotCalledFor],
            ),
            (
                ReasonNotMeasured::PhysicalImpairment,
                vec![Reason::WantsTact],
            ),
        ] {
            let child = Child {
                outcome: Outcome::NotMeasured {
                    reason,
                    on: date(2026, 11, 2),
                },
                ..child()
            };
            assert_eq!(told(&child, Some(&person())), expected, "{reason:?}");
        }
    }
}
