//! Letters about invented children: one of each kind and category, to try templates with.

use chrono::NaiveDate;
use growth::{ClinicalCategory, Height, Scheme, Weight};
use programme::{Contact, Particulars, Person, ReasonNotMeasured, Sex};

use super::compose::compose;
use super::content::Content;
use super::eligibility::{Child, EarlierLetter, Measured, Outcome};
use super::texts::Texts;

/// A letter about an invented child: each paragraph of the templates is in at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::VariantArray, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Sample {
    /// The result of an underweight child.
    Underweight,
    /// The result of a child of a healthy weight.
    HealthyWeight,
    /// The result of an overweight child.
    Overweight,
    /// The result of a very overweight child.
    VeryOverweight,
    /// A result that replaces an earlier one.
    Corrected,
    /// A child who was not measured.
    NotMeasured,
}

impl Sample {
    /// The category that a first result tells.
    fn category(self) -> Option<ClinicalCategory> {
        match self {
            Self::Underweight => Some(ClinicalCategory::Underweight),
            Self::HealthyWeight => Some(ClinicalCategory::HealthyWeight),
            Self::Overweight => Some(ClinicalCategory::Overweight),
            Self::VeryOverweight => Some(ClinicalCategory::VeryOverweight),
            Self::Corrected | Self::NotMeasured => None,
        }
    }

    /// The words on a page.
    pub fn words(self) -> String {
        match self.category() {
            Some(category) => format!("Result: {}", category.words()),
            None if self == Self::Corrected => "Corrected result".to_owned(),
            None => "Not measured".to_owned(),
        }
    }

    /// The letter with these templates. `None` would be a fault of this module; a test holds that it never is.
    pub fn content(self, texts: &Texts, today: NaiveDate) -> Option<Content> {
        compose(&self.child(today), &person(today), texts, today)
    }

    fn child(self, today: NaiveDate) -> Child {
        let outcome = if self == Self::NotMeasured {
            Outcome::NotMeasured {
                reason: ReasonNotMeasured::Absent,
                on: today,
            }
        } else {
            let category = self.category().unwrap_or(ClinicalCategory::HealthyWeight);
            measured(category, today)
        };
        let earlier_letter = (self == Self::Corrected).then(|| EarlierLetter {
            id: 0,
            on: today,
            measured: Some((today, HEIGHT, Weight::from_grams(30_000))),
        });
        Child {
            pupil: 0,
            year: String::new(),
            school_urn: 0,
            school: "Example Primary School".to_owned(),
            sex: Sex::Female,
            opted_out: false,
            version: 1,
            outcome,
            unconfirmed_warnings: 0,
            earlier_letter,
        }
    }
}

/// Of a girl of five.
const HEIGHT: Height = Height::from_millimetres(1_120);

/// A measurement of a girl of five years in this category.
fn measured(category: ClinicalCategory, today: NaiveDate) -> Outcome {
    let grams = match category {
        ClinicalCategory::Underweight => 14_500,
        ClinicalCategory::HealthyWeight => 20_000,
        ClinicalCategory::Overweight => 23_500,
        ClinicalCategory::VeryOverweight => 30_000,
    };
    Outcome::Measured(Measured {
        on: today,
        height: HEIGHT,
        weight: Weight::from_grams(grams),
        scheme: Scheme::default(),
        category: Some(category),
    })
}

/// An invented child with a parent; the name is long enough to show what a long one does to a heading.
fn person(today: NaiveDate) -> Person {
    let mut contact = Contact::default();
    contact.title.push_str("Ms");
    contact.name.push_str("Sam Example-Henderson");
    contact.email = Some("parent@example.org".to_owned());
    Person {
        nhs_number: None,
        upn: None,
        given_name: "Alexandra".to_owned(),
        family_name: "Example-Henderson".to_owned(),
        preferred_name: String::new(),
        date_of_birth: today - chrono::Duration::days(5 * 365 + 32),
        address_lines: vec!["1 Example Street".to_owned()],
        town: "Exampleton".to_owned(),
        postcode: None,
        contacts: vec![contact],
        particulars: Particulars::default(),
    }
}

#[cfg(test)]
mod tests {
    use programme::Coded as _;

    use super::*;

    #[test]
    fn there_is_a_sample_of_every_kind_and_category_on_every_day() {
        for today in ["2024-02-29", "2026-11-30", "2027-06-01"] {
            let today: NaiveDate = today.parse().unwrap();
            for sample in Sample::ALL.iter().copied() {
                let content = sample.content(&Texts::default(), today).unwrap();
                if let Some(category) = sample.category() {
                    let rows = content.letter.result.unwrap().rows;
                    let told = rows.iter().find(|row| row[0] == "Result").unwrap();
                    assert_eq!(told[1].to_lowercase(), category.words(), "{today}");
                }
                assert_eq!(Sample::from_code(sample.code()), Some(sample));
            }
        }
    }

    #[test]
    fn every_paragraph_is_in_a_sample() {
        let today = "2026-11-30".parse().unwrap();
        for (name, _) in super::super::texts::PARAGRAPHS {
            let mut texts = Texts::default();
            texts.paragraphs.insert(name.to_owned(), "@@@".to_owned());
            let is_in = |sample: Sample| {
                let content = sample.content(&texts, today).unwrap();
                serde_json::to_string(&content).unwrap().contains("@@@")
            };
            assert!(Sample::ALL.iter().copied().any(is_in), "{name}");
        }
    }
}
