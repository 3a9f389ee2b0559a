//! Errors of typst, before the values in them are removed.
//!
//! Typst's messages may quote the value that causes the error, and that may be a name. So a document
//! that fails is set a second time with every value masked, and only the messages about the masked
//! one are shown.

use serde_json::{Map, Number, Value};
use typst::World;
use typst::diag::SourceDiagnostic;

use crate::error::{Problem, RenderError};
use crate::template::line_of;
use crate::world::LetterWorld;

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
        let shown = masked.map(|masked| masked.problems).unwrap_or_default();
        let problems = self
            .problems
            .into_iter()
            .map(|problem| {
                let same =
                    |other: &&Problem| other.file == problem.file && other.line == problem.line;
                let message = shown.iter().find(same).map_or_else(
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
