//! The words of the letters: a programme's own, or the ones that come with the program.
//!
//! A paragraph may name the child, the school and the day; what stands in braces is filled in when the letter is
//! written. Each line is a paragraph. What is saved here is words only: layout is the templates' business.

use std::collections::BTreeMap;

use growth::ClinicalCategory;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::eligibility::Policy;

/// The setting that holds a programme's own words, as JSON.
pub const SETTING: &str = "letters.texts";

/// What may stand in braces in every paragraph.
const PLACEHOLDERS: [&str; 3] = ["child", "school", "date"];

/// What must stand in braces in the paragraph [`CORRECTION`], and may stand nowhere else.
const OF_A_CORRECTION: [&str; 2] = ["replaced", "why"];

/// The paragraph with which a corrected letter begins.
pub const CORRECTION: &str = "correction";

/// The longest text of a paragraph's field, in characters.
pub const MOST_OF_A_PARAGRAPH: usize = 2_000;

/// The longest text of a field that is one line, in characters.
pub const MOST_OF_A_LINE: usize = 150;

/// The most lines of the programme's address: more do not fit into the letterhead.
pub const MOST_ADDRESS_LINES: usize = 6;

/// The words of all letters. Each `String` may hold several paragraphs, a line each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Texts {
    /// Who writes.
    pub programme_name: String,
    /// Its address, a line each.
    pub programme_address: Vec<String>,
    /// The one contact detail, in the letter and in the email.
    pub contact: String,
    /// What the email alone says about replying to it; empty where nobody reads replies.
    pub email_reply: String,
    /// Who signs.
    pub signatory_name: String,
    /// What the signatory is.
    pub signatory_role: String,
    /// The email's subject; never anything personal.
    pub email_subject: String,
    /// Whether the letter tells the centile.
    pub show_centile: bool,
    /// Categories whose families are phoned first.
    pub phone_first: Vec<ClinicalCategory>,
    /// All paragraphs, by their name.
    #[serde(flatten)]
    pub paragraphs: BTreeMap<String, String>,
}

/// The fields that are one line: the name, what the page calls it.
pub const LINES: [(&str, &str); 6] = [
    ("programme_name", "Who writes"),
    ("contact", "One way to get in touch"),
    ("signatory_name", "Who signs"),
    ("signatory_role", "What the signatory is"),
    ("email_subject", "Subject of the email"),
    ("email_reply", "About replying to the email"),
];

/// A paragraph that can be changed: its name, what the page calls it.
pub const PARAGRAPHS: [(&str, &str); 17] = [
    ("result_subject", "Heading of a result letter"),
    ("result_opening", "Opening of a result letter"),
    ("corrected_subject", "Heading of a corrected result"),
    (CORRECTION, "First paragraph of a corrected letter"),
    ("underweight_meaning", "Underweight: what it means"),
    ("underweight_next", "Underweight: what happens next"),
    ("healthy_weight_meaning", "Healthy weight: what it means"),
    ("healthy_weight_next", "Healthy weight: what happens next"),
    ("overweight_meaning", "Overweight: what it means"),
    ("overweight_next", "Overweight: what happens next"),
    ("very_overweight_meaning", "Very overweight: what it means"),
    ("very_overweight_next", "Very overweight: what happens next"),
    ("about_the_measure", "About body mass index"),
    ("not_measured_subject", "Not measured: heading"),
    ("not_measured_opening", "Not measured: opening"),
    ("not_measured_next", "Not measured: what happens next"),
    ("talk", "Invitation to talk"),
];

/// The words that come with the program.
const DEFAULT: &str = include_str!("../../templates/letters/texts.json");

impl Default for Texts {
    fn default() -> Self {
        // A test reads the file as it is; a program that was built has passed it.
        serde_json::from_str(DEFAULT).unwrap_or_else(|_| Self {
            programme_name: String::new(),
            programme_address: Vec::new(),
            contact: String::new(),
            email_reply: String::new(),
            signatory_name: String::new(),
            signatory_role: String::new(),
            email_subject: String::new(),
            show_centile: true,
            phone_first: Vec::new(),
            paragraphs: BTreeMap::new(),
        })
    }
}

/// Words that cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TextError {
    /// Something in braces that is filled in by nothing.
    #[error("{{{0}}} cannot be filled in here: use {{child}}, {{school}} or {{date}}")]
    Placeholder(String),
    /// Something that the paragraph must say is not in it.
    #[error("include {{{0}}}")]
    Missing(&'static str),
    /// Too long.
    #[error("shorten it to {0} characters or fewer")]
    TooLong(usize),
    /// A line break in a field that is one line.
    #[error("write it on one line")]
    SeveralLines,
    /// A brace without its partner.
    #[error("an opening brace has no closing one")]
    OpenBrace,
    /// Words that letters to parents avoid.
    #[error("letters do not use the word “{0}”")]
    Avoided(&'static str),
}

impl Texts {
    /// The words of a setting, what it leaves out taken from the program's own. An error for a setting that cannot be
    /// read: letters with the program's words instead would go out under the programme's name, and nobody would notice.
    pub fn from_setting(setting: Option<&str>) -> Result<Self, serde_json::Error> {
        let own = Self::default();
        let Some(setting) = setting else {
            return Ok(own);
        };
        let saved: Map<String, Value> = serde_json::from_str(setting)?;
        let mut all = serde_json::to_value(&own)?;
        if let Value::Object(all) = &mut all {
            all.extend(saved);
        }
        serde_json::from_value(all)
    }

    /// The text of a field of [`LINES`].
    pub fn line(&self, name: &str) -> &str {
        match name {
            "programme_name" => &self.programme_name,
            "contact" => &self.contact,
            "signatory_name" => &self.signatory_name,
            "signatory_role" => &self.signatory_role,
            "email_subject" => &self.email_subject,
            "email_reply" => &self.email_reply,
            _ => "",
        }
    }

    /// What these words ask eligibility to look at.
    pub fn policy(&self) -> Policy {
        Policy {
            phone_first: self.phone_first.clone(),
        }
    }

    /// A text with its braces filled in.
    pub fn fill(&self, name: &str, values: &Values<'_>) -> String {
        let words = self.paragraphs.get(name).map_or("", String::as_str);
        fill(words, values)
    }

    /// A text's paragraphs with their braces filled in.
    pub fn lines(&self, name: &str, values: &Values<'_>) -> Vec<String> {
        self.paragraphs
            .get(name)
            .into_iter()
            .flat_map(|words| words.lines())
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(|line| fill(line, values))
            .collect()
    }
}

/// What braces are filled in with.
#[derive(Clone, Copy, Default)]
pub struct Values<'a> {
    /// The name the child is called by.
    pub child: &'a str,
    /// The school's name.
    pub school: &'a str,
    /// The day of the measurement.
    pub date: &'a str,
    /// The day of the letter that a corrected one replaces.
    pub replaced: &'a str,
    /// Why a corrected letter replaces it: a sentence.
    pub why: &'a str,
}

/// Fills in the braces in one pass, so that a brace in a name stays a brace.
fn fill(words: &str, values: &Values<'_>) -> String {
    let mut filled = String::with_capacity(words.len() + 32);
    let mut rest = words;
    while let Some(open) = rest.find('{') {
        filled.push_str(&rest[..open]);
        let after = &rest[open + 1..];
        let (name, value) = match after.split_once('}').map(|(name, _)| name) {
            Some("child") => ("child", values.child),
            Some("school") => ("school", values.school),
            Some("date") => ("date", values.date),
            Some("replaced") => ("replaced", values.replaced),
            Some("why") => ("why", values.why),
            _ => {
                filled.push('{');
                rest = after;
                continue;
            }
        };
        filled.push_str(value);
        rest = &after[name.len() + 1..];
    }
    filled.push_str(rest);
    filled
}

/// Says what is wrong with the text that somebody typed for the paragraph `paragraph`.
pub fn check(paragraph: &str, words: &str) -> Result<(), TextError> {
    if words.chars().count() > MOST_OF_A_PARAGRAPH {
        return Err(TextError::TooLong(MOST_OF_A_PARAGRAPH));
    }
    if paragraph.ends_with("_subject") {
        check_line(words)?;
    }
    let of_a_correction: &[&'static str] = if paragraph == CORRECTION {
        &OF_A_CORRECTION
    } else {
        &[]
    };
    let mut rest = words;
    while let Some(open) = rest.find('{') {
        let after = &rest[open + 1..];
        let (name, beyond) = after.split_once('}').ok_or(TextError::OpenBrace)?;
        if !PLACEHOLDERS.contains(&name) && !of_a_correction.contains(&name) {
            return Err(TextError::Placeholder(name.to_owned()));
        }
        rest = beyond;
    }
    for name in of_a_correction {
        if !words.contains(&format!("{{{name}}}")) {
            return Err(TextError::Missing(name));
        }
    }
    let lower = words.to_lowercase();
    match ["obese", "obesity"]
        .into_iter()
        .find(|word| lower.contains(word))
    {
        Some(word) => Err(TextError::Avoided(word)),
        None => Ok(()),
    }
}

/// Says what is wrong with the text that somebody typed for a field that is one line.
pub fn check_line(words: &str) -> Result<(), TextError> {
    if words.contains(['\n', '\r']) {
        return Err(TextError::SeveralLines);
    }
    if words.chars().count() > MOST_OF_A_LINE {
        return Err(TextError::TooLong(MOST_OF_A_LINE));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_that_come_with_the_program_are_complete_and_can_be_used() {
        let texts = Texts::default();
        for (name, _) in PARAGRAPHS {
            let words = texts.paragraphs.get(name).map_or("", String::as_str);
            assert!(!words.is_empty(), "{name}");
            assert_eq!(check(name, words), Ok(()), "{name}");
        }
        assert!(serde_json::from_str::<Texts>(DEFAULT).is_ok());
        assert!(texts.paragraphs.contains_key("closing"));
        assert!(!texts.email_subject.is_empty());
    }

    #[test]
    fn a_setting_changes_what_it_names_and_nothing_else() {
        let texts = Texts::from_setting(Some(
            r#"{"talk": "Ring us.", "phone_first": ["underweight"]}"#,
        ))
        .unwrap();
        assert_eq!(texts.paragraphs["talk"], "Ring us.");
        assert_eq!(texts.phone_first, [ClinicalCategory::Underweight]);
        assert_eq!(
            texts.paragraphs["closing"],
            Texts::default().paragraphs["closing"]
        );
        assert_eq!(texts.contact, Texts::default().contact);
        assert_eq!(Texts::from_setting(None).unwrap(), Texts::default());
        assert!(Texts::from_setting(Some("nonsense")).is_err());
        assert!(Texts::from_setting(Some(r#"{"phone_first": "all"}"#)).is_err());
    }

    #[test]
    fn braces_in_a_name_are_not_filled_in() {
        let values = Values {
            child: "{school}",
            school: "St Mary’s",
            ..Values::default()
        };
        assert_eq!(
            fill("Dear {child} of {school} {", &values),
            "Dear {school} of St Mary’s {"
        );
    }

    #[test]
    fn words_that_cannot_be_used_are_told() {
        let check = |words: &str| super::check("talk", words);
        assert_eq!(check("{child} at {school}"), Ok(()));
        assert_eq!(check("{name}"), Err(TextError::Placeholder("name".into())));
        assert_eq!(check("{why}"), Err(TextError::Placeholder("why".into())));
        assert_eq!(check("{child"), Err(TextError::OpenBrace));
        assert_eq!(check("An obese child"), Err(TextError::Avoided("obese")));
        let long = "é".repeat(MOST_OF_A_PARAGRAPH);
        assert_eq!(check(&long), Ok(()));
        assert_eq!(
            check(&(long + "é")),
            Err(TextError::TooLong(MOST_OF_A_PARAGRAPH))
        );
    }

    #[test]
    fn a_correction_must_say_what_it_replaces_and_why() {
        assert_eq!(check(CORRECTION, "It replaces {replaced}. {why}"), Ok(()));
        assert_eq!(
            check(CORRECTION, "It replaces {replaced}."),
            Err(TextError::Missing("why"))
        );
    }

    #[test]
    fn a_subject_with_a_line_break_is_refused() {
        for words in ["A letter\r\nBcc: all@example.org", "A letter\n"] {
            assert_eq!(check_line(words), Err(TextError::SeveralLines));
            assert_eq!(check("result_subject", words), Err(TextError::SeveralLines));
        }
    }
}
