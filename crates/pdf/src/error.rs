//! The errors of this crate. None of them quotes a value of the data.

use std::fmt;

/// Why a typesetter could not be made.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SetupError {
    /// One of the further fonts is no font; counted from zero.
    #[error("the further font at position {0} is not a TrueType or OpenType font")]
    Font(usize),
    /// The typesetting library does not do what it is used for: a fault of the
    /// program, never of its input.
    #[error("the typesetting library refused: {0}")]
    Library(&'static str),
}

/// Why a document was not made.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RenderError {
    /// The data cannot be written as JSON (a map whose keys are not strings).
    #[error("the data of the document cannot be written as JSON")]
    Data,
    /// The document's language is not a code such as `en` or `en-GB`.
    #[error("the document's language is not a code such as \"en\" or \"en-GB\"")]
    Language,
    /// The data holds characters that no font has.
    #[error("{0}")]
    MissingGlyphs(Unknown),
    /// The template does not work.
    #[error("the template does not work: {}", listed(.0))]
    Template(Vec<Problem>),
    /// The document would not be accessible (PDF/UA-1) or not last (PDF/A-2a).
    #[error("the document would break the standards for accessibility and archiving: {}", listed(.0))]
    Standards(Vec<Problem>),
}

/// Characters that no font has, and where in the data they stand.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// Each character once.
    pub characters: Vec<char>,
    /// Paths in the data, as in `recipient.address[1]`.
    pub places: Vec<String>,
}

impl fmt::Display for Unknown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let characters: Vec<String> = self
            .characters
            .iter()
            .map(|character| format!("U+{:04X}", u32::from(*character)))
            .collect();
        write!(
            formatter,
            "no font has the characters {} in {}: add a font with them, or change the text",
            characters.join(", "),
            self.places.join(", "),
        )
    }
}

/// Something wrong at one place of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The template or its part, as in `letter.typ`; none when the whole
    /// document is meant.
    pub file: Option<String>,
    /// The line in that file, from 1.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, self.line) {
            (Some(file), Some(line)) => write!(formatter, "{file}, line {line}: {}", self.message),
            _ => formatter.write_str(&self.message),
        }
    }
}

/// Problems in one line of text.
fn listed(problems: &[Problem]) -> String {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    lines.join("; ")
}
