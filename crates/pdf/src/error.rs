//! What can go wrong, said without a value of the data.
//!
//! The one thing to know: typst's own messages may quote what they choke on,
//! and that may be a name. So a document that fails is set a second time with
//! every value masked, and only what is said about the masked one is shown.

use std::fmt;

use serde_json::{Map, Number, Value};
use typst::World;
use typst::diag::SourceDiagnostic;

use crate::template::line_of;
use crate::world::LetterWorld;

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

/// A failure whose problems may still quote values: never shown as it is.
pub(crate) struct Failure {
    exporting: bool,
    problems: Vec<Problem>,
}

impl Failure {
    /// What was found while laying out.
    pub(crate) fn layout(world: &LetterWorld<'_>, found: &[SourceDiagnostic]) -> Self {
        Self {
            exporting: false,
            problems: problems(world, found),
        }
    }

    /// What was found while writing the PDF.
    pub(crate) fn export(world: &LetterWorld<'_>, found: &[SourceDiagnostic]) -> Self {
        Self {
            exporting: true,
            problems: problems(world, found),
        }
    }

    /// The error to show: the places of this failure, with the words of
    /// `masked`, the failure of the same template without its values, where it
    /// fails at the same place too.
    pub(crate) fn without_values(self, masked: Option<Failure>) -> RenderError {
        let told = masked.map(|masked| masked.problems).unwrap_or_default();
        let problems = self
            .problems
            .into_iter()
            .map(|problem| {
                let same =
                    |other: &&Problem| other.file == problem.file && other.line == problem.line;
                let message = told.iter().find(same).map_or_else(
                    || "a value of the data does not suit what is done with it here".to_owned(),
                    |other| other.message.clone(),
                );
                Problem { message, ..problem }
            })
            .collect();
        if self.exporting {
            RenderError::Standards(problems)
        } else {
            RenderError::Template(problems)
        }
    }
}

/// Finds the lines that diagnostics speak of.
fn problems(world: &LetterWorld<'_>, found: &[SourceDiagnostic]) -> Vec<Problem> {
    found
        .iter()
        .map(|diagnostic| {
            let place = diagnostic.span.id().and_then(|id| {
                let source = world.source(id).ok()?;
                let line = line_of(&source, diagnostic.span)?;
                Some((id.get().vpath().get_without_slash().to_owned(), line))
            });
            let (file, line) = place.unzip();
            Problem {
                file,
                line,
                message: diagnostic.message.to_string(),
            }
        })
        .collect()
}

/// The same data with every text an `x` and every number a 1.
pub(crate) fn masked(value: &Value) -> Value {
    match value {
        Value::String(_) => Value::String("x".to_owned()),
        Value::Number(_) => Value::Number(Number::from(1)),
        Value::Array(values) => Value::Array(values.iter().map(masked).collect()),
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(key, value)| (key.clone(), masked(value)))
                .collect::<Map<_, _>>(),
        ),
        Value::Null | Value::Bool(_) => value.clone(),
    }
}
