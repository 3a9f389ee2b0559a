//! The virtual files of a letter.
//!
//! The main file belongs to this crate: it sets title, language and fonts, then includes the
//! template, so that no template can forget them.

use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};

use crate::error::SetupError;

/// The frame around every template.
const MAIN: &str = r#"#let facts = json("/document.json")
#set document(title: facts.title, author: facts.author)
#set text(font: facts.fonts, lang: facts.language, region: facts.region)
#include "/letter.typ"
"#;

/// The files that are the same for every letter.
pub(crate) struct Files {
    pub(crate) main: Source,
    pub(crate) data: FileId,
    pub(crate) facts: FileId,
}

impl Files {
    pub(crate) fn new() -> Result<Self, SetupError> {
        let id = |path| file_id(path).ok_or(SetupError::Library("the names of its files"));
        Ok(Self {
            main: Source::new(id("/main.typ")?, MAIN.to_owned()),
            data: id("/data.json")?,
            facts: id("/document.json")?,
        })
    }
}

/// The identity of a virtual file; `None` when `path` cannot be one.
pub(crate) fn file_id(path: &str) -> Option<FileId> {
    let path = VirtualPath::new(path).ok()?;
    Some(RootedPath::new(VirtualRoot::Project, path).intern())
}
