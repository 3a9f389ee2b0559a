//! The fields of the paragraphs of the letter templates.

use serde::Serialize;

use crate::letters::texts::{self, PARAGRAPHS, Texts};

/// A paragraph's field.
#[derive(Serialize)]
pub(super) struct Paragraph {
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    words: String,
}

/// The paragraphs' fields with these texts.
pub(super) fn paragraphs(texts: &Texts) -> Vec<Paragraph> {
    PARAGRAPHS
        .into_iter()
        .map(|(name, label)| Paragraph {
            name,
            label,
            hint: if name == texts::CORRECTION {
                "Include {replaced}, the date of the letter that is replaced, and {why}, a sentence that says why"
            } else {
                ""
            },
            words: texts.paragraphs.get(name).cloned().unwrap_or_default(),
        })
        .collect()
}
