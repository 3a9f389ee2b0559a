//! What a template can see while it is being set: a handful of files that exist
//! only in memory.
//!
//! The main file is ours: it sets title, language and fonts, then includes the
//! template, so that no template can forget them.

use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, World};

use crate::error::SetupError;
use crate::template::Template;

/// The frame around every template.
const MAIN: &str = r#"#let facts = json("/document.json")
#set document(title: facts.title, author: facts.author)
#set text(font: facts.fonts, lang: facts.language, region: facts.region)
#include "/letter.typ"
"#;

/// The files that are the same for every letter.
pub(crate) struct Files {
    main: Source,
    data: FileId,
    facts: FileId,
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

/// The identity of a virtual file, or nothing when `path` cannot be one.
pub(crate) fn file_id(path: &str) -> Option<FileId> {
    let path = VirtualPath::new(path).ok()?;
    Some(RootedPath::new(VirtualRoot::Project, path).intern())
}

/// The world of one letter.
pub(crate) struct LetterWorld<'a> {
    pub(crate) library: &'a LazyHash<Library>,
    pub(crate) book: &'a LazyHash<FontBook>,
    pub(crate) fonts: &'a [Font],
    pub(crate) files: &'a Files,
    pub(crate) template: &'a Template,
    pub(crate) data: Bytes,
    pub(crate) facts: Bytes,
    pub(crate) today: Option<Datetime>,
}

impl World for LetterWorld<'_> {
    fn library(&self) -> &LazyHash<Library> {
        self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        self.book
    }

    fn main(&self) -> FileId {
        self.files.main.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.files.main.id() {
            return Ok(self.files.main.clone());
        }
        self.template
            .source(id)
            .cloned()
            .ok_or_else(|| FileError::NotFound(id.get().vpath().get_without_slash().into()))
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == self.files.data {
            Ok(self.data.clone())
        } else if id == self.files.facts {
            Ok(self.facts.clone())
        } else {
            Err(FileError::NotFound(
                id.get().vpath().get_without_slash().into(),
            ))
        }
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.get(index).cloned()
    }

    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        self.today
    }
}
