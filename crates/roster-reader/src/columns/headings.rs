//! What a heading stands for.
//!
//! Two tables of data say it: `synonyms.csv` for what is said of the child, and
//! `heading_words.csv` for the words of longer headings: those that only say
//! that it is the child's ("Pupil's forename"), and the parts of one about a
//! parent or carer ("Priority 1 Contact Name", "Second guardian mobile number").

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::columns::field::{Field, ParentPart};
use programme::text;
use tabular::Synonyms;

static SYNONYMS: LazyLock<Synonyms> =
    LazyLock::new(|| Synonyms::parse(include_str!("synonyms.csv")));
static WORDS: LazyLock<HeadingWords> =
    LazyLock::new(|| HeadingWords::parse(include_str!("heading_words.csv")));

/// What one heading was recognised as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recognised {
    /// A field, and how well the heading names it (higher is better).
    Field(Field, u8),
    /// Something of a parent or carer, without saying of which.
    Parent(ParentPart, u8),
}

/// Recognises a heading.
pub(crate) fn recognise(heading: &str) -> Option<Recognised> {
    let label = child_for_your_child(text::label(heading));
    if label.is_empty() {
        return None;
    }
    let plain = |label: &str| {
        let (key, rank) = SYNONYMS.field_of_label(label)?;
        Field::from_key(key).map(|field| Recognised::Field(field, rank))
    };
    // "Date of birth (dd/mm/yyyy)": what stands in brackets explains.
    let without_brackets = child_for_your_child(text::label(&outside_brackets(heading)));
    plain(&label)
        .or_else(|| plain(&without_brackets))
        .or_else(|| plain(&WORDS.without_child_words(&without_brackets)))
        // "txtDOB".
        .or_else(|| plain(label.strip_prefix("txt").unwrap_or_default()))
        .or_else(|| WORDS.recognise(&label))
        .or_else(|| WORDS.recognise(&without_brackets))
}

/// The rank of a heading that only says that it is about a contact.
pub(crate) const BARE: u8 = 3;

/// The rank of a heading such as "Email", which says nothing of whose it is.
pub(crate) const ALONE: u8 = 2;

/// Whether a heading says that its values are somebody else's, or something
/// else's, so that it is never told from its values: the postcode of a surgery,
/// the email address of a teacher, the day of admission.
pub(crate) fn is_foreign(heading: &str, field: Field) -> bool {
    let label = text::label(heading);
    let has = |words: &[String]| label.split(' ').any(|word| words.iter().any(|w| w == word));
    let about_contact = WORDS
        .persons
        .iter()
        .any(|(word, _)| label.split(' ').any(|other| other == word.trim()));
    has(&WORDS.foreign)
        || match field {
            // A child's own address is the school's, not a parent's.
            Field::Parent(..) => has(&WORDS.child_words),
            _ => about_contact,
        }
}

/// A form asks "What is your child's date of birth?".
fn child_for_your_child(label: String) -> String {
    if !label.contains("your ") && !label.contains("my ") {
        return label;
    }
    let label = ["your childs", "your child", "my childs", "my child"]
        .iter()
        .fold(label, |label, words| label.replace(words, "child"));
    match label.strip_prefix("what is ") {
        Some(rest) if rest.starts_with("child ") => rest.to_owned(),
        _ => label,
    }
}

/// A heading without what stands in brackets.
fn outside_brackets(heading: &str) -> String {
    let mut depth = 0u32;
    heading
        .chars()
        .filter(|c| {
            match c {
                '(' | '[' => depth += 1,
                ')' | ']' => {
                    depth = depth.saturating_sub(1);
                    return false;
                }
                _ => {}
            }
            depth == 0
        })
        .collect()
}

struct HeadingWords {
    /// Words for a parent or carer between spaces, longest first; with the number of the
    /// contact where the word implies one.
    persons: Vec<(String, Option<u8>)>,
    ordinals: HashMap<String, u8>,
    child_words: Vec<String>,
    /// Words of headings whose values are never taken for the child's.
    foreign: Vec<String>,
    fillers: Vec<String>,
    parts: HashMap<String, ParentPart>,
    alone: HashMap<String, ParentPart>,
}

impl HeadingWords {
    fn parse(csv: &str) -> Self {
        let mut words = Self {
            persons: Vec::new(),
            ordinals: HashMap::new(),
            child_words: Vec::new(),
            foreign: Vec::new(),
            fillers: Vec::new(),
            parts: HashMap::new(),
            alone: HashMap::new(),
        };
        for line in csv.lines().skip(1) {
            let mut cells = line.splitn(3, ',');
            let (Some(kind), Some(word), Some(value)) = (cells.next(), cells.next(), cells.next())
            else {
                continue;
            };
            let word = word.to_owned();
            match kind {
                "child" => words.child_words.push(word),
                "person" => words
                    .persons
                    .push((format!(" {word} "), value.parse().ok())),
                "ordinal" => {
                    words
                        .ordinals
                        .extend(value.parse().ok().map(|number| (word, number)));
                }
                "foreign" => words.foreign.push(word),
                "filler" => words.fillers.push(word),
                "part" => words
                    .parts
                    .extend(ParentPart::from_key(value).map(|part| (word, part))),
                "alone" => words
                    .alone
                    .extend(ParentPart::from_key(value).map(|part| (word, part))),
                _ => {}
            }
        }
        words
            .persons
            .sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
        words
    }

    /// A label without the words that only say whose it is.
    fn without_child_words(&self, label: &str) -> String {
        let words = label
            .split(' ')
            .filter(|word| !self.child_words.iter().any(|other| other == word));
        words.collect::<Vec<_>>().join(" ")
    }

    fn recognise(&self, label: &str) -> Option<Recognised> {
        if let Some(part) = self.alone.get(label) {
            return Some(Recognised::Parent(*part, ALONE));
        }
        if let Some(priority) = self.priority_of(label) {
            return Some(priority);
        }
        let mut rest = format!(" {label} ");
        let contact = self.take_contact(&mut rest);
        let (contact, kept) = self.take_ordinal(contact, &rest);
        if !contact.is_person {
            // "Email 2", "Telephone 1".
            return self
                .alone
                .get(&kept.join(" "))
                .zip(contact.number)
                .map(|(part, number)| Recognised::Field(Field::Parent(number, *part), ALONE));
        }
        let (part, rank) = self.part_named(kept)?;
        Some(match contact.number {
            Some(number) => Recognised::Field(Field::Parent(number, part), rank),
            None => Recognised::Parent(part, rank),
        })
    }

    /// "Contact 1 Priority": the last word is the part, not a contact's name.
    fn priority_of(&self, label: &str) -> Option<Recognised> {
        let recognised = self.recognise(label.strip_suffix(" priority")?)?;
        let rank = 6;
        Some(match recognised {
            Recognised::Field(Field::Parent(number, _), _) => {
                Recognised::Field(Field::Parent(number, ParentPart::Priority), rank)
            }
            _ => Recognised::Parent(ParentPart::Priority, rank),
        })
    }

    /// Takes the words for a parent or carer out of a label that begins and ends with a space.
    fn take_contact(&self, label: &mut String) -> Contact {
        let mut contact = Contact {
            is_person: false,
            number: None,
        };
        for (word, implied) in &self.persons {
            while let Some(at) = label.find(word) {
                // One of the spaces stays between the words beside it.
                label.replace_range(at..at + word.len() - 1, "");
                contact.is_person = true;
                contact.number = contact.number.or(*implied);
            }
        }
        contact
    }

    /// Takes the contact's number out of a label, and returns the words that are left.
    fn take_ordinal<'l>(&self, mut contact: Contact, label: &'l str) -> (Contact, Vec<&'l str>) {
        let mut kept = Vec::new();
        for word in label.split_whitespace() {
            // "Parent 1 address line 1": only the first number is the contact's.
            match self.ordinals.get(word) {
                Some(ordinal) if contact.number.is_none() => {
                    contact.is_person |=
                        word.len() > 1 && word.ends_with(|c: char| c.is_ascii_digit());
                    contact.number = Some(*ordinal);
                }
                _ => kept.push(word),
            }
        }
        (contact, kept)
    }

    /// The part of a contact that the words name, and how well they name it.
    fn part_named(&self, mut words: Vec<&str>) -> Option<(ParentPart, u8)> {
        if let Some(part) = self.parts.get(&words.join(" ")) {
            return Some((*part, if words.is_empty() { BARE } else { 6 }));
        }
        // The first of "Email", "Home email" and "Work email" is the best.
        let rank = if words.contains(&"work") { 4 } else { 5 };
        words.retain(|word| !self.fillers.iter().any(|filler| filler == word));
        let part = self.parts.get(&words.join(" "))?;
        Some((*part, if words.is_empty() { BARE } else { rank }))
    }
}

/// The parent or carer that a heading is about.
struct Contact {
    /// Whether a word of the heading stands for a person.
    is_person: bool,
    number: Option<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(heading: &str) -> String {
        match recognise(heading) {
            Some(Recognised::Field(field, _)) => field.key(),
            Some(Recognised::Parent(part, _)) => format!("{part:?}"),
            None => String::new(),
        }
    }

    #[test]
    fn headings_of_the_usual_systems_are_recognised() {
        for (heading, field) in [
            ("Legal Surname", "family_name"),
            ("Date\u{a0}of\u{a0}birth", "date_of_birth"),
            ("House No/Name", "house"),
            ("Post Code ", "postcode"),
            ("Priority 1 Contact Name", "parent_1_name"),
            ("Priority 2 Contact Telephone", "parent_2_phone"),
            ("Primary guardian full name", "parent_1_name"),
            ("Second guardian mobile number", "parent_2_phone"),
            ("Contact 1 Relation", "parent_1_relationship"),
            ("Contact 2 E-mail", "parent_2_email"),
            ("Contact 1 First Name", "parent_1_given"),
            ("Parent 1 title", "parent_1_title"),
            ("Parent/Carer 2 Email Address", "parent_2_email"),
            ("Email (Parent 2)", "parent_2_email"),
            ("Mother's mobile", "parent_1_phone"),
            ("Father's name", "parent_2_name"),
            ("Parent 1 language", "parent_1_language"),
            ("P1 Email", "parent_1_email"),
            ("Parent email", "Email"),
            ("Email", "Email"),
            ("Telephone 2", "parent_2_phone"),
            ("Pupil's D.O.B. (dd/mm/yyyy)", "date_of_birth"),
            ("Student Legal Surname", "family_name"),
            ("Child's NHS number [if known]", "nhs_number"),
            ("Sex (M/F) *", "sex"),
            ("Second guardian primary email address", "parent_2_email"),
            ("Contact 1 Priority", "parent_1_priority"),
            ("Contact Priority", "Priority"),
            ("Relation To Student", "Relationship"),
            ("Contact 2 Parental Responsibility", "parent_2_letters"),
            ("Applicant Forename", "Given"),
            ("Your email address", "Email"),
            ("What is your child’s date of birth?", "date_of_birth"),
            ("Your child's first name", "given_name"),
            ("txtForename", "given_name"),
            ("intNCYear", "year_group"),
            ("ESTAB", "dfe_number"),
            ("LEA", "local_authority"),
            ("Address Line 4", "address_line_4"),
            ("Is your child a boy or a girl?", "sex"),
            ("Contact 1 Home Email", "parent_1_email"),
        ] {
            assert_eq!(key(heading), field, "{heading}");
        }
    }

    #[test]
    fn headings_that_are_none_of_ours_are_left_alone() {
        for heading in [
            "Admission Number",
            "SEN Status",
            "First Language",
            "Adno",
            "Parental consent",
            "Dietary needs",
            "Previous school",
            "School postcode",
            "GP practice postcode",
            "Student email",
            "Sibling DOB",
            "Former UPN",
            "Date of admission",
            "Teacher email",
            "Class teacher",
            "2",
            "First",
            "",
        ] {
            assert_eq!(key(heading), "", "{heading}");
        }
    }

    #[test]
    fn values_under_the_headings_of_others_are_never_the_childs() {
        for (heading, field) in [
            ("GP Postcode", Field::Postcode),
            ("Work postcode", Field::Postcode),
            ("Mother's DOB", Field::DateOfBirth),
            ("Entry date", Field::DateOfBirth),
            ("Pupil email", Field::Parent(1, ParentPart::Email)),
            ("Head teacher", Field::Parent(1, ParentPart::Email)),
        ] {
            assert!(is_foreign(heading, field), "{heading}");
        }
        assert!(!is_foreign("Ident", Field::NhsNumber));
        assert!(!is_foreign("Pupil ref", Field::Upn));
        assert!(!is_foreign(
            "Mum contact",
            Field::Parent(1, ParentPart::Email)
        ));
    }
}
