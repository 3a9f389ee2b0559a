//! A proof of the letters before their templates are saved: every kind and category is made as it would be sent.
//!
//! A single character that no font has would otherwise stop every letter of the programme.

use std::time::SystemTime;

use chrono::NaiveDate;
use programme::Coded as _;

use super::press::Press;
use super::sample::Sample;
use super::texts::{self, LINES, PARAGRAPHS, Texts};
use crate::templates::Templates;

/// Something that keeps letters from being made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The field of the form; empty when no single one is to blame.
    pub field: &'static str,
    /// What is wrong, with the field's label.
    pub message: String,
}

/// What is wrong with single texts: their length, their placeholders, characters that cannot be printed.
pub fn field_faults(press: &Press, texts: &Texts) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (field, label, text) in fields(texts) {
        let is_paragraph = PARAGRAPHS.iter().any(|(name, _)| *name == field);
        let found = match field {
            ADDRESS => check_address(texts),
            _ if is_paragraph => {
                texts::check(field, text.as_ref()).map_err(|error| error.to_string())
            }
            _ => texts::check_line(text.as_ref()).map_err(|error| error.to_string()),
        };
        if let Err(message) = found {
            faults.push(Fault {
                field,
                message: format!("{label}: {message}"),
            });
        }
        let missing = press.missing(text.as_ref());
        if !missing.is_empty() {
            faults.push(Fault {
                field,
                message: format!(
                    "{label}: {} cannot be printed. Leave {} out, or ask your system administrator for a font",
                    characters(&missing),
                    if missing.len() == 1 { "it" } else { "them" },
                ),
            });
        }
    }
    faults
}

/// Makes every kind of letter with these texts, as it would be sent, and says which cannot be made.
pub fn letter_faults(
    press: &Press,
    templates: &Templates,
    texts: &Texts,
    from: &str,
    today: NaiveDate,
) -> Vec<Fault> {
    let fault = |sample: Sample| {
        let error = make(press, templates, texts, from, today, sample).err()?;
        Some(Fault {
            field: "",
            message: format!("The letter “{}” cannot be made: {error:#}", sample.words()),
        })
    };
    Sample::ALL.iter().copied().filter_map(fault).collect()
}

/// The field of the programme's address.
const ADDRESS: &str = "programme_address";

/// Every text that can be changed: the field's name, its label, the text.
fn fields(texts: &Texts) -> impl Iterator<Item = (&'static str, &'static str, String)> {
    let address = (ADDRESS, "Address", texts.programme_address.join("\n"));
    let lines = LINES
        .into_iter()
        .map(|(name, label)| (name, label, texts.line(name).to_owned()));
    let paragraphs = PARAGRAPHS.into_iter().map(|(name, label)| {
        let text = texts.paragraphs.get(name).cloned().unwrap_or_default();
        (name, label, text)
    });
    lines
        .chain(std::iter::once(address))
        .chain(paragraphs)
        .collect::<Vec<_>>()
        .into_iter()
}

fn check_address(texts: &Texts) -> Result<(), String> {
    let lines = &texts.programme_address;
    if lines.len() > texts::MOST_ADDRESS_LINES {
        return Err(format!(
            "shorten it to {} lines or fewer",
            texts::MOST_ADDRESS_LINES
        ));
    }
    lines
        .iter()
        .try_for_each(|line| texts::check_line(line))
        .map_err(|error| error.to_string())
}

/// Characters as a person can find them: "“→” (U+2192) and “🦄” (U+1F984)".
fn characters(missing: &[char]) -> String {
    let named: Vec<String> = missing
        .iter()
        .map(|character| format!("“{character}” (U+{:04X})", u32::from(*character)))
        .collect();
    match named.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => named.concat(),
    }
}

/// Makes a sample as it would be sent: the PDF and the email around it.
fn make(
    press: &Press,
    templates: &Templates,
    texts: &Texts,
    from: &str,
    today: NaiveDate,
    sample: Sample,
) -> anyhow::Result<()> {
    let content = sample
        .content(texts, today)
        .ok_or_else(|| anyhow::anyhow!("there is nothing to say"))?;
    press
        .message(
            templates,
            &content,
            from,
            "proof@localhost",
            SystemTime::UNIX_EPOCH,
        )
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults_of(change: impl FnOnce(&mut Texts)) -> Vec<Fault> {
        let mut texts = Texts::default();
        change(&mut texts);
        field_faults(&Press::new(None).unwrap(), &texts)
    }

    #[test]
    fn the_texts_that_come_with_the_program_have_no_fault() {
        assert_eq!(faults_of(|_| {}), []);
        let found = letter_faults(
            &Press::new(None).unwrap(),
            &Templates::new().unwrap(),
            &Texts::default(),
            "nurses@example.org",
            "2026-11-30".parse().unwrap(),
        );
        assert_eq!(found, []);
    }

    #[test]
    fn one_character_that_cannot_be_printed_is_named_with_its_field() {
        for (character, named) in [
            ('\u{1F984}', "“\u{1F984}” (U+1F984)"),
            ('→', "“→” (U+2192)"),
            ('李', "“李” (U+674E)"),
        ] {
            let found = faults_of(|texts| {
                texts
                    .paragraphs
                    .insert("talk".into(), format!("Ring us {character}"));
            });
            assert_eq!(found.len(), 1);
            assert_eq!(found[0].field, "talk");
            assert!(
                found[0].message.starts_with("Invitation to talk: ")
                    && found[0].message.contains(named),
                "{found:?}"
            );
        }
        let found = faults_of(|texts| texts.signatory_name.push('\u{1F984}'));
        assert_eq!(found[0].field, "signatory_name");
    }

    #[test]
    fn a_text_without_end_is_refused() {
        let found = faults_of(|texts| {
            texts
                .paragraphs
                .insert("talk".into(), "word ".repeat(20_000));
        });
        assert!(
            found[0].message.contains("shorten it to 2000 characters"),
            "{found:?}"
        );
        let found = faults_of(|texts| texts.programme_address = vec!["A street".into(); 40]);
        assert!(found[0].message.contains("6 lines"), "{found:?}");
    }
}
