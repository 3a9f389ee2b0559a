//! A letter's content: what is said, as plain values, once for the typesetter and the mail alike.
//!
//! The one thing to know: this is where a result becomes words. Category and centile are of the clinical scheme, the
//! word "obese" does not occur, and no weight to aim for is named: such numbers are out of date as soon as a child
//! has grown.

use chrono::NaiveDate;
use growth::{ClinicalCategory, Scheme, centile_ordinal};

use super::content::{
    Band, Content, Facts, Letter, Mark, Picture, Programme, Recipient, Section, Signatory,
};
use super::eligibility::{Child, Measured, Outcome, Told, result};
use super::state::Kind;
use super::texts::{Texts, Values};
use crate::identity::{Contact, Person};
use crate::web::filters::long_date;

/// The z-scores at the ends of the picture's scale: one space of the chart beyond its outermost lines.
const SCALE: (f64, f64) = (-10.0 / 3.0, 10.0 / 3.0);

/// The lines of the United Kingdom's growth charts: two thirds of a z-score apart (Cole 1994).
const LINES: [(f64, &str); 7] = [
    (-2.0, "2nd"),
    (-4.0 / 3.0, "9th"),
    (-2.0 / 3.0, "25th"),
    (0.0, "50th"),
    (2.0 / 3.0, "75th"),
    (4.0 / 3.0, "91st"),
    (2.0, "98th"),
];

/// Writes the letter of a child whom eligibility has let through. `None` when there is nobody to write to or nothing
/// to say, which eligibility excludes.
pub fn compose(child: &Child, person: &Person, texts: &Texts, today: NaiveDate) -> Option<Content> {
    let contact = person.letter_contact()?;
    let to = contact.email.clone()?;
    let day = match &child.outcome {
        Outcome::Measured(measured) => measured.on,
        Outcome::NotMeasured { on, .. } => *on,
        Outcome::None => return None,
    };
    let date = long_date(day);
    let values = Values {
        child: person.called(),
        school: &child.school,
        date: &date,
    };
    let (kind, subject, opening, facts, picture, mut sections) = match &child.outcome {
        Outcome::None => return None,
        Outcome::NotMeasured { .. } => (
            Kind::NotMeasured,
            texts.fill("not_measured_subject", &values),
            texts.lines("not_measured_opening", &values),
            None,
            None,
            vec![section(
                "What happens next",
                texts.lines("not_measured_next", &values),
            )],
        ),
        Outcome::Measured(measured) => {
            let told = result(child.sex, measured, person.date_of_birth)?;
            let code = told.category.code();
            let mut meaning = texts.lines(&format!("{code}_meaning"), &values);
            meaning.extend(texts.lines("about_the_measure", &values));
            (
                Kind::Result,
                texts.fill("result_subject", &values),
                texts.lines("result_opening", &values),
                Some(facts(child, person, measured, told, texts, &date)),
                Some(picture(
                    person.called(),
                    measured.scheme,
                    told,
                    texts.show_centile,
                )),
                vec![
                    section("What this means", meaning),
                    section(
                        "What happens next",
                        texts.lines(&format!("{code}_next"), &values),
                    ),
                ],
            )
        }
    };
    let mut talk = texts.lines("talk", &values);
    talk.push(texts.contact.clone());
    sections.push(section("If you would like to talk", talk));
    Some(Content {
        kind: kind.code().to_owned(),
        to,
        email_subject: texts.email_subject.clone(),
        written_on: today,
        letter: Letter {
            programme: Programme {
                name: texts.programme_name.clone(),
                address: texts.programme_address.clone(),
                contact: texts.contact.clone(),
            },
            date: long_date(today),
            recipient: recipient(person, contact),
            subject,
            greeting: greeting(person, contact),
            opening,
            result: facts,
            picture,
            sections,
            closing: texts.fill("closing", &values),
            signatory: Signatory {
                name: texts.signatory_name.clone(),
                role: texts.signatory_role.clone(),
            },
        },
    })
}

fn section(heading: &str, paragraphs: Vec<String>) -> Section {
    Section {
        heading: heading.to_owned(),
        paragraphs,
        points: Vec::new(),
    }
}

/// Name and address as on an envelope: the contact's own, else the child's home.
fn recipient(person: &Person, contact: &Contact) -> Recipient {
    let name = if contact.name.is_empty() {
        format!("The parent or carer of {}", person.full_name())
    } else {
        contact.addressed_as()
    };
    let address = if contact.postal_address.is_empty() {
        let mut lines = person.address_lines.clone();
        lines.push(person.town.clone());
        lines.extend(person.postcode.as_ref().map(ToString::to_string));
        lines.retain(|line| !line.is_empty());
        lines
    } else {
        contact.postal_address.clone()
    };
    Recipient { name, address }
}

/// "Dear Mrs Khan": with a title the family name suffices; without one the whole name is used, because guessing which
/// part is the family's goes wrong for many names.
fn greeting(person: &Person, contact: &Contact) -> String {
    if contact.name.is_empty() {
        return format!("Dear parent or carer of {}", person.called());
    }
    let family_name = contact.name.rsplit(' ').next().unwrap_or_default();
    if contact.title.is_empty() {
        format!("Dear {}", contact.name)
    } else {
        format!("Dear {} {family_name}", contact.title)
    }
}

/// What was measured and what it comes to.
fn facts(
    child: &Child,
    person: &Person,
    measured: &Measured,
    told: Told,
    texts: &Texts,
    date: &str,
) -> Facts {
    let row = |name: &str, value: String| [name.to_owned(), value];
    let mut rows = vec![
        row("Child", person.full_name()),
        row("School", child.school.clone()),
        row("Date measured", date.to_owned()),
        row("Height", format!("{} cm", measured.height)),
        row("Weight", format!("{} kg", measured.weight)),
        row("Result", capitalised(told.category.words())),
    ];
    if texts.show_centile {
        rows.push(row("Centile", centile_ordinal(told.centile)));
    }
    Facts {
        columns: ["What".to_owned(), "Value".to_owned()],
        rows,
    }
}

/// Where a z-score lies on the scale, 0 to 1; beyond the ends it stays just inside them.
fn place(z: f64) -> f64 {
    ((z - SCALE.0) / (SCALE.1 - SCALE.0)).clamp(0.005, 0.995)
}

/// The scale, the child's place on it, and the same in words.
fn picture(child: &str, scheme: Scheme, told: Told, show_centile: bool) -> Picture {
    let cuts = &scheme.definition().cuts;
    let ends = [
        0.0,
        place(cuts.underweight.z),
        place(cuts.overweight.z),
        place(cuts.very_overweight.z),
        1.0,
    ];
    let bands = ClinicalCategory::ALL
        .into_iter()
        .zip(ends.windows(2))
        .map(|(category, ends)| Band {
            label: capitalised(category.words()),
            from: ends[0],
            to: ends[1],
        })
        .collect();
    let part = format!("in the part for {}", told.category.words());
    let (caption, whereabouts) = if show_centile {
        (
            hundred_children(child, told.centile),
            format!("at the {} centile, {part}", centile_ordinal(told.centile)),
        )
    } else {
        (format!("{child}’s result lies {part}."), part)
    };
    Picture {
        caption,
        description: format!(
            "A scale that runs from underweight on the left, through healthy weight and overweight, to very overweight \
             on the right. {child}’s result lies {whereabouts}."
        ),
        marker: format!("{child}’s result"),
        position: place(told.z),
        bands,
        marks: LINES
            .into_iter()
            .map(|(z, label)| Mark {
                at: place(z),
                label: label.to_owned(),
            })
            .collect(),
    }
}

/// A centile in words that need no word of statistics.
fn hundred_children(child: &str, centile: f64) -> String {
    let below = centile.round().clamp(0.0, 100.0) as u32;
    match below {
        0 => format!(
            "Of 100 children of the same age and sex, fewer than one has a lower weight for height than {child}."
        ),
        100 => format!(
            "Of 100 children of the same age and sex, almost all have a lower weight for height than {child}."
        ),
        1 => format!(
            "Of 100 children of the same age and sex, about one has a lower weight for height than {child}."
        ),
        _ => format!(
            "Of 100 children of the same age and sex, about {below} have a lower weight for height than {child}."
        ),
    }
}

/// A text with its first letter in upper case.
fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use growth::{Height, Sex, Weight};

    fn date(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    fn person() -> Person {
        serde_json::from_value(serde_json::json!({
            "given_name": "Zara", "family_name": "Khan", "date_of_birth": "2021-10-01",
            "address_lines": ["27 Orchard Street"], "town": "Northbridge", "postcode": "NB2 7LD",
            "contacts": [{"title": "Ms", "name": "Amina Khan", "email": "amina@example.org"}],
        }))
        .unwrap()
    }

    fn child(weight: u32) -> Child {
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
                weight: Weight::from_grams(weight),
                scheme: Scheme::ZScore,
                category: None,
            }),
            unconfirmed_warnings: 0,
            earlier_letter_sent: false,
        }
    }

    fn content(weight: u32) -> Content {
        compose(
            &child(weight),
            &person(),
            &Texts::default(),
            date(2026, 11, 9),
        )
        .unwrap()
    }

    #[test]
    fn a_letter_tells_date_height_weight_and_category_and_never_obese() {
        for (weight, category) in [
            (14_500, "Underweight"),
            (20_000, "Healthy weight"),
            (23_500, "Overweight"),
            (30_000, "Very overweight"),
        ] {
            let content = content(weight);
            let rows = &content.letter.result.as_ref().unwrap().rows;
            assert!(
                rows.contains(&["Result".into(), category.into()]),
                "{category}"
            );
            assert!(rows.contains(&["Date measured".into(), "2 November 2026".into()]));
            assert!(rows.contains(&["Height".into(), "112.0 cm".into()]));
            let all = serde_json::to_string(&content).unwrap().to_lowercase();
            assert!(!all.contains("obes") && !all.contains("{child"));
        }
    }

    #[test]
    fn the_subject_of_the_mail_names_nobody() {
        let subject = content(20_000).email_subject;
        assert!(!subject.contains("Zara") && !subject.contains("Khan"));
    }

    #[test]
    fn the_picture_says_in_words_what_it_shows() {
        let picture = content(20_000).letter.picture.unwrap();
        assert!(
            picture
                .description
                .contains("in the part for healthy weight")
        );
        let band = &picture.bands[1];
        assert!(band.from < picture.position && picture.position < band.to);
    }

    #[test]
    fn a_programme_may_leave_the_centile_out_everywhere() {
        let texts = Texts {
            show_centile: false,
            ..Texts::default()
        };
        let content = compose(&child(20_000), &person(), &texts, date(2026, 11, 9)).unwrap();
        let text = serde_json::to_string(&content).unwrap();
        assert!(!text.contains("centile"), "{text}");
    }

    #[test]
    fn the_envelope_shows_the_contact_with_its_own_address_or_the_childs() {
        let home = content(20_000).letter.recipient;
        assert_eq!(home.name, "Ms Amina Khan");
        assert_eq!(
            home.address,
            ["27 Orchard Street", "Northbridge", "NB2 7LD"]
        );
        let mut person = person();
        person.contacts[0].postal_address = vec!["1 Other Road".into()];
        let away = compose(
            &child(20_000),
            &person,
            &Texts::default(),
            date(2026, 11, 9),
        )
        .unwrap();
        assert_eq!(away.letter.recipient.address, ["1 Other Road"]);
        assert_eq!(away.letter.greeting, "Dear Ms Khan");
    }
}
