//! A template as the typesetter keeps it: read once, free of syntax errors.

use typst::syntax::{DiagSpan, DiagSpanKind, FileId, Source};

use crate::error::Problem;
use crate::files::file_id;

/// A typst source and the parts that it imports.
///
/// Parts let several letters share a letterhead:
/// `#import "/letterhead.typ": letterhead`.
#[derive(Clone, Debug)]
pub struct Template {
    sources: Vec<Source>,
}

impl Template {
    /// Reads a template and its parts, each part a name such as
    /// `letterhead.typ` and its text.
    ///
    /// Every syntax error of all of them is returned, so that a person who
    /// edits a template can correct them together.
    pub fn new(text: &str, parts: &[(&str, &str)]) -> Result<Self, Vec<Problem>> {
        let mut sources = Vec::new();
        let mut problems = Vec::new();
        for (name, text) in std::iter::once(&("letter.typ", text)).chain(parts) {
            match file_id(&format!("/{name}")) {
                Some(id) => {
                    let source = Source::new(id, (*text).to_owned());
                    problems.extend(syntax_problems(&source, name));
                    sources.push(source);
                }
                None => problems.push(Problem {
                    file: Some((*name).to_owned()),
                    line: None,
                    message: "a part of a template cannot have this name".to_owned(),
                }),
            }
        }
        if problems.is_empty() {
            Ok(Self { sources })
        } else {
            Err(problems)
        }
    }

    /// The source with this identity, when it is one of this template's.
    pub(crate) fn source(&self, id: FileId) -> Option<&Source> {
        self.sources.iter().find(|source| source.id() == id)
    }
}

/// What the parser found wrong. No data has been near it, so its own words are
/// shown as they are.
fn syntax_problems(source: &Source, name: &str) -> Vec<Problem> {
    let (errors, _) = source.root().errors_and_warnings();
    errors
        .iter()
        .map(|error| Problem {
            file: Some(name.to_owned()),
            line: line_of(source, error.span),
            message: error.message.to_string(),
        })
        .collect()
}

/// The line, from 1, on which a span of `source` begins.
pub(crate) fn line_of(source: &Source, span: DiagSpan) -> Option<usize> {
    let start = match span.get() {
        DiagSpanKind::Detached => return None,
        DiagSpanKind::Number { num, sub_range, .. } => source.range(num, sub_range)?.start,
        DiagSpanKind::Range { range, .. } => range.start,
    };
    Some(source.lines().byte_to_line(start)? + 1)
}
