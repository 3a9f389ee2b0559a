//! The templates as somebody has typed them, brought together with what somebody else has saved meanwhile.
//!
//! A field that was not touched takes what the other person saved; where both changed a field, what was typed stays in
//! the form and what is saved now stands beside it.

use growth::ClinicalCategory;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::identity::hex;
use crate::letters::texts::{LINES, PARAGRAPHS, Texts};
use crate::web::FormData;

/// What came of bringing two versions together.
#[derive(Debug, Default, Serialize)]
pub(super) struct Merged {
    /// Fields that both have changed.
    differences: Vec<Difference>,
    /// Labels of the fields that took what the other person saved.
    taken_over: Vec<&'static str>,
}

/// A field that both have changed.
#[derive(Debug, Serialize)]
struct Difference {
    /// The field's name in the form.
    field: &'static str,
    label: &'static str,
    /// What is saved now.
    now: String,
}

/// A field of the form.
struct Field {
    name: &'static str,
    label: &'static str,
    /// What it holds, as a reader sees it.
    words: String,
    /// What the form holds.
    values: Vec<String>,
}

impl Field {
    fn text(name: &'static str, label: &'static str, text: &str) -> Self {
        // Browsers send line breaks as CR LF, and spaces around a text are not kept.
        let words = text.replace("\r\n", "\n").trim().to_owned();
        Self {
            name,
            label,
            values: vec![words.clone()],
            words,
        }
    }

    fn print(&self) -> String {
        hex(&Sha256::digest(self.words.as_bytes())[..4])
    }
}

/// Every field of the templates, in the order of the form.
fn fields(texts: &Texts) -> Vec<Field> {
    let mut fields = Vec::new();
    for (name, label) in LINES {
        fields.push(Field::text(name, label, texts.line(name)));
        if name == "programme_name" {
            let address = texts.programme_address.join("\n");
            fields.push(Field::text("programme_address", "Address", &address));
        }
    }
    let centile = if texts.show_centile { "Yes" } else { "No" };
    fields.push(Field {
        name: "show_centile",
        label: "Letters tell the centile",
        words: centile.to_owned(),
        values: texts
            .show_centile
            .then(|| "yes".to_owned())
            .into_iter()
            .collect(),
    });
    let phoned: Vec<ClinicalCategory> = ClinicalCategory::ALL
        .into_iter()
        .filter(|category| texts.phone_first.contains(category))
        .collect();
    let words: Vec<&str> = phoned.iter().map(|category| category.words()).collect();
    fields.push(Field {
        name: "phone_first",
        label: "Phone before the letter goes",
        words: words.join(", "),
        values: phoned
            .iter()
            .map(|category| category.code().to_owned())
            .collect(),
    });
    for (name, label) in PARAGRAPHS {
        let words = texts.paragraphs.get(name).map_or("", String::as_str);
        fields.push(Field::text(name, label, words));
    }
    fields
}

/// What tells, when the form comes back, which fields were touched: a short hash of what each held.
pub(super) fn base(texts: &Texts) -> String {
    let prints: Vec<String> = fields(texts)
        .iter()
        .map(|field| format!("{}:{}", field.name, field.print()))
        .collect();
    prints.join(",")
}

/// Brings what was typed together with what somebody else has saved. Fields that were not touched since the form was
/// made take what is saved now.
pub(super) fn merge(form: &mut FormData, typed: &Texts, saved: &Texts) -> Merged {
    let base = form.text("base").to_owned();
    let untouched = |field: &Field| {
        let was = format!("{}:{}", field.name, field.print());
        base.split(',').any(|print| print == was)
    };
    let mut merged = Merged::default();
    for (typed, saved) in fields(typed).into_iter().zip(fields(saved)) {
        if typed.words == saved.words {
            continue;
        }
        if untouched(&typed) {
            form.put_all(saved.name, saved.values);
            merged.taken_over.push(saved.label);
        } else {
            merged.differences.push(Difference {
                field: saved.name,
                label: saved.label,
                now: saved.words,
            });
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_was_not_touched_takes_what_somebody_else_saved() {
        let before = Texts::default();
        let mut typed = before.clone();
        typed.contact = "Mine".to_owned();
        typed.show_centile = !before.show_centile;
        let mut saved = before.clone();
        saved.contact = "Theirs".to_owned();
        saved.signatory_name = "Clare".to_owned();
        saved.phone_first = vec![ClinicalCategory::Underweight];
        let mut form = FormData::filled([("base", base(&before)), ("contact", "Mine".to_owned())]);
        let merged = merge(&mut form, &typed, &saved);
        assert_eq!(
            merged.taken_over,
            ["Who signs", "Phone before the letter goes"]
        );
        let differences: Vec<&str> = merged.differences.iter().map(|it| it.field).collect();
        assert_eq!(differences, ["contact", "show_centile"]);
        assert_eq!(form.text("contact"), "Mine");
        assert_eq!(form.text("signatory_name"), "Clare");
        assert_eq!(form.text("phone_first"), "underweight");
    }

    #[test]
    fn without_knowing_what_was_touched_nothing_typed_is_replaced() {
        let saved = Texts {
            contact: "Theirs".to_owned(),
            ..Texts::default()
        };
        let merged = merge(&mut FormData::default(), &Texts::default(), &saved);
        assert!(merged.taken_over.is_empty());
        assert_eq!(merged.differences.len(), 1);
    }
}
