//! A letter's content: what is said, as plain values, once for the typesetter and the mail alike.
//!
//! This is where a result becomes words. Category and centile are of the clinical scheme, the word "obese" does not
//! occur, and no weight to aim for is named: such numbers are out of date as soon as a child has grown.

use chrono::NaiveDate;
use growth::{Assessment, centile_ordinal};

use super::content::{Content, Facts, Letter, Picture, Programme, Recipient, Section, Signatory};
use super::eligibility::{Child, EarlierLetter, Measured, Outcome, result};
use super::picture::picture;
use super::state::Kind;
use super::texts::{CORRECTION, Texts, Values};
use crate::wording::long_date;
use programme::{Contact, Person, text::capitalised};

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
    let earlier = child.earlier_letter.as_ref();
    let replaced = earlier.map_or_else(String::new, |earlier| long_date(earlier.on));
    let why = earlier.map_or_else(String::new, |earlier| {
        why_replaced(person.called(), earlier, &child.outcome)
    });
    let values = Values {
        child: person.called(),
        school: &child.school,
        date: &date,
        replaced: &replaced,
        why: &why,
    };
    let mut told = match &child.outcome {
        Outcome::None => return None,
        Outcome::NotMeasured { .. } => not_measured(texts, &values),
        Outcome::Measured(measured) => result_of(child, person, measured, texts, &values)?,
    };
    if earlier.is_some() {
        told.opening.splice(0..0, texts.lines(CORRECTION, &values));
    }
    let mut talk = texts.lines("talk", &values);
    talk.extend(Some(texts.contact.clone()).filter(|contact| !contact.is_empty()));
    told.sections
        .push(section("If you would like to talk", talk));
    Some(Content {
        kind: told.kind,
        to,
        email_subject: texts.email_subject.clone(),
        email_reply: texts.email_reply.clone(),
        written_on: today,
        letter: Letter {
            programme: Programme {
                name: texts.programme_name.clone(),
                address: texts.programme_address.clone(),
                contact: texts.contact.clone(),
            },
            date: long_date(today),
            recipient: recipient(person, contact),
            subject: told.subject,
            greeting: greeting(person, contact),
            opening: told.opening,
            result: told.facts,
            picture: told.picture,
            sections: told.sections,
            closing: texts.fill("closing", &values),
            signatory: Signatory {
                name: texts.signatory_name.clone(),
                role: texts.signatory_role.clone(),
            },
        },
    })
}

/// What a letter tells: the part that depends on the outcome.
struct Told {
    kind: Kind,
    subject: String,
    opening: Vec<String>,
    facts: Option<Facts>,
    picture: Option<Picture>,
    sections: Vec<Section>,
}

/// What the letter of a child tells who was not measured.
fn not_measured(texts: &Texts, values: &Values<'_>) -> Told {
    Told {
        kind: Kind::NotMeasured,
        subject: texts.fill("not_measured_subject", values),
        opening: texts.lines("not_measured_opening", values),
        facts: None,
        picture: None,
        sections: vec![section(
            "What happens next",
            texts.lines("not_measured_next", values),
        )],
    }
}

/// What the letter of a measured child tells; `None` without a category.
fn result_of(
    child: &Child,
    person: &Person,
    measured: &Measured,
    texts: &Texts,
    values: &Values<'_>,
) -> Option<Told> {
    let assessed = result(child.sex, measured, person.date_of_birth)?;
    let code = assessed.clinical.code();
    let mut meaning = texts.lines(&format!("{code}_meaning"), values);
    meaning.extend(texts.lines("about_the_measure", values));
    let subject = if child.earlier_letter.is_some() {
        "corrected_subject"
    } else {
        "result_subject"
    };
    Some(Told {
        kind: Kind::Result,
        subject: texts.fill(subject, values),
        opening: texts.lines("result_opening", values),
        facts: Some(facts(
            child,
            person,
            measured,
            &assessed,
            texts,
            values.date,
        )),
        picture: Some(picture(
            person.called(),
            measured.scheme,
            &assessed,
            texts.show_centile,
        )),
        sections: vec![
            section("What this means", meaning),
            section(
                "What happens next",
                texts.lines(&format!("{code}_next"), values),
            ),
        ],
    })
}

/// Why a letter replaces an earlier one: a sentence that names what was not right.
fn why_replaced(child: &str, earlier: &EarlierLetter, outcome: &Outcome) -> String {
    let Outcome::Measured(now) = outcome else {
        return format!(
            "The result in that letter was recorded by mistake: {child} has not been measured."
        );
    };
    let Some((on, height, weight)) = earlier.measured else {
        return "The result in that letter was not right.".to_owned();
    };
    let figures_differ = height != now.height || weight != now.weight;
    if on != now.on && figures_differ {
        return format!("{child} was measured again on {}.", long_date(now.on));
    }
    let wrong = match (height != now.height, weight != now.weight, on != now.on) {
        (true, true, _) => "The height and the weight in that letter were",
        (true, ..) => "The height in that letter was",
        (_, true, _) => "The weight in that letter was",
        (_, _, true) => "The date of the measurement in that letter was",
        _ => {
            return format!(
                "{child}’s date of birth or sex was not right in our records, and the result depends on both."
            );
        }
    };
    format!("{wrong} not right.")
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
    told: &Assessment,
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
        row("Result", capitalised(told.clinical.words())),
    ];
    if texts.show_centile {
        rows.push(row(
            "Centile",
            capitalised(&centile_ordinal(told.bmi_centile)),
        ));
    }
    Facts {
        columns: ["What".to_owned(), "Value".to_owned()],
        rows,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use growth::{Height, Scheme, Weight};
    use programme::Sex;

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
            earlier_letter: None,
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
    fn the_picture_of_an_outermost_result_lies_below_or_above_the_line_and_not_at_it() {
        for (weight, words) in [
            (12_500, "lies below the 0.4th centile, in the part for"),
            (45_000, "lies above the 99.6th centile, in the part for"),
        ] {
            let letter = content(weight).letter;
            let description = letter.picture.unwrap().description;
            assert!(description.contains(words), "{description}");
            let rows = letter.result.unwrap().rows;
            let [_, centile] = rows.last().unwrap();
            assert!(
                centile.starts_with("Below the") || centile.starts_with("Above the"),
                "{centile}"
            );
        }
    }

    #[test]
    fn a_letter_for_post_does_not_say_reply_to_this_email() {
        let content = content(20_000);
        let printed = serde_json::to_string(&content.letter).unwrap();
        assert!(!printed.to_lowercase().contains("email"), "{printed}");
        assert!(content.email_reply.contains("reply to this email"));
        let texts = Texts {
            contact: "01632 960 123".into(),
            ..Texts::default()
        };
        let content = compose(&child(20_000), &person(), &texts, date(2026, 11, 9)).unwrap();
        let talk = content.letter.sections.last().unwrap();
        assert_eq!(talk.paragraphs.last().unwrap(), "01632 960 123");
    }

    #[test]
    fn a_corrected_result_says_which_letter_it_replaces_and_why() {
        let (day, height, weight) = (
            date(2026, 11, 2),
            Height::from_millimetres(1120),
            Weight::from_grams(20_000),
        );
        for (measured, why) in [
            (
                Some((day, height, Weight::from_grams(30_000))),
                "The weight in that letter was not right.",
            ),
            (
                Some((day, Height::from_millimetres(1210), weight)),
                "The height in that letter was not right.",
            ),
            (
                Some((date(2026, 10, 1), Height::from_millimetres(1110), weight)),
                "Zara was measured again on 2 November 2026.",
            ),
            (
                Some((date(2026, 10, 30), height, weight)),
                "The date of the measurement in that letter was not right.",
            ),
            (
                Some((day, height, weight)),
                "Zara’s date of birth or sex was not right in our records, and the result depends on both.",
            ),
            (None, "The result in that letter was not right."),
        ] {
            let child = Child {
                earlier_letter: Some(EarlierLetter {
                    id: 1,
                    on: date(2026, 11, 9),
                    measured,
                }),
                ..child(20_000)
            };
            let letter = compose(&child, &person(), &Texts::default(), date(2026, 11, 20))
                .unwrap()
                .letter;
            assert_eq!(letter.subject, "Zara’s height and weight: corrected result");
            let first = &letter.opening[0];
            assert!(
                first.starts_with("This letter replaces our letter of 9 November 2026."),
                "{first}"
            );
            assert!(first.contains(why), "{first}");
        }
        let plain = content(20_000).letter;
        assert!(!plain.opening.join(" ").contains("replaces"));
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
