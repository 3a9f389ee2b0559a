//! Sets a letter: layout, export to PDF, and errors without values.

use chrono::{Datelike, NaiveDate};
use comemo::evict;
use serde::Serialize;
use serde_json::{Value, json};
use typst::foundations::{Bytes, Datetime, Smart};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

use crate::error::{RenderError, SetupError, Unknown};
use crate::failure::{Failure, masked};
use crate::files::Files;
use crate::fonts::{self, Coverage};
use crate::template::Template;
use crate::world::LetterWorld;

/// What a document says about itself, apart from its content.
#[derive(Clone, Debug)]
pub struct Document<'a> {
    /// The title, which a reader shows in place of the file name. It is stored
    /// in the clear in the file's metadata: no personal data.
    pub title: &'a str,
    /// The organisation that wrote it.
    pub author: &'a str,
    /// The language it is written in, as in `en`, `en-GB` or `ur`: a screen
    /// reader chooses its voice by it, and it decides the direction of writing.
    pub language: &'a str,
    /// The date it is written on: the file's creation date, at midnight UTC.
    pub date: NaiveDate,
}

/// Fonts and the typesetting library, made once and used for every letter.
///
/// Making one takes some milliseconds; a further letter takes a few more in
/// a release build. It is `Sync`: threads may share one. What the last letter
/// held is forgotten when the typesetter is dropped.
pub struct Typesetter {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    coverage: Coverage,
    standards: PdfStandards,
    files: Files,
}

impl Typesetter {
    /// A typesetter with the built-in fonts, which cover the Latin, Greek,
    /// Cyrillic, Devanagari and Arabic scripts, and then `extra` ones: the
    /// bytes of TTF, OTF or TTC files, for further scripts.
    pub fn new<I>(extra: I) -> Result<Self, SetupError>
    where
        I: IntoIterator<Item = Vec<u8>>,
    {
        let mut fonts = fonts::built_in();
        for (position, bytes) in extra.into_iter().enumerate() {
            let before = fonts.len();
            fonts.extend(Font::iter(Bytes::new(bytes)));
            if fonts.len() == before {
                return Err(SetupError::Font(position));
            }
        }
        let standards = PdfStandards::new(&[PdfStandard::Ua_1, PdfStandard::A_2a])
            .map_err(|_| SetupError::Library("PDF/UA-1 together with PDF/A-2a"))?;
        Ok(Self {
            library: LazyHash::new(Library::default()),
            book: LazyHash::new(FontBook::from_fonts(&fonts)),
            coverage: Coverage::of(&fonts),
            fonts,
            standards,
            files: Files::new()?,
        })
    }

    /// The characters of `text` that no font has, each once, in order.
    ///
    /// A letter that holds one of them is refused by [`Typesetter::render`], so
    /// names are checked with this when they arrive.
    pub fn missing_glyphs(&self, text: &str) -> Vec<char> {
        self.coverage.missing(text)
    }

    /// The characters in the texts of `data` that no font has, and where they stand; empty when all can be printed.
    pub fn unprintable(&self, data: &impl Serialize) -> Result<Unknown, RenderError> {
        let data = serde_json::to_value(data).map_err(|_| RenderError::Data)?;
        Ok(self.unknown(&data))
    }

    fn unknown(&self, data: &Value) -> Unknown {
        let mut unknown = Unknown::default();
        self.coverage.search(data, &mut String::new(), &mut unknown);
        unknown
    }

    /// Sets `template` with `data` and returns the bytes of the PDF.
    ///
    /// Keys of `data` are the program's own words and may be named in an error;
    /// values are not.
    pub fn render(
        &self,
        template: &Template,
        data: &impl Serialize,
        document: &Document<'_>,
    ) -> Result<Vec<u8>, RenderError> {
        let data = serde_json::to_value(data).map_err(|_| RenderError::Data)?;
        if !is_language(document.language) {
            return Err(RenderError::Language);
        }
        let unknown = self.unknown(&data);
        if !unknown.characters.is_empty() {
            return Err(RenderError::MissingGlyphs(unknown));
        }
        let result = self.typeset(template, &data, document);
        let result = match result {
            Ok(bytes) => Ok(bytes),
            Err(failure) => {
                // What typst says may quote the data. The same template with
                // every value masked tells the same about a fault of the
                // template, and cannot tell what it has never seen.
                let without_values = self.typeset(template, &masked(&data), document).err();
                Err(failure.without_values(without_values))
            }
        };
        // Frees what this letter did not use. What it shares with the one before it (the
        // letterhead, the fixed paragraphs) stays, which saves a third of the next one's time;
        // memory stays flat either way.
        evict(1);
        result
    }

    /// One pass of layout and export.
    fn typeset(
        &self,
        template: &Template,
        data: &Value,
        document: &Document<'_>,
    ) -> Result<Vec<u8>, Failure> {
        let (language, region) = match document.language.split_once('-') {
            Some((language, region)) => (language, Some(region)),
            None => (document.language, None),
        };
        let today = Datetime::from_ymd_hms(
            document.date.year(),
            document.date.month() as u8,
            document.date.day() as u8,
            0,
            0,
            0,
        );
        let facts = json!({
            "title": document.title,
            "author": document.author,
            "language": language,
            "region": region,
            "fonts": fonts::families(&self.fonts),
        });
        let world = LetterWorld {
            library: &self.library,
            book: &self.book,
            fonts: &self.fonts,
            files: &self.files,
            template,
            data: Bytes::from_string(data.to_string()),
            facts: Bytes::from_string(facts.to_string()),
            today,
        };
        let laid_out = typst::compile::<PagedDocument>(&world)
            .output
            .map_err(|found| Failure::layout(&world, &found))?;
        let options = PdfOptions {
            ident: Smart::Auto,
            creator: Smart::Custom(Some("Stature".to_owned())),
            timestamp: today.map(Timestamp::new_utc),
            standards: self.standards.clone(),
            ..PdfOptions::default()
        };
        typst_pdf::pdf(&laid_out, &options).map_err(|found| Failure::export(&world, &found))
    }
}

/// Frees what the last letters left in the cache of the typesetting library.
impl Drop for Typesetter {
    fn drop(&mut self) {
        evict(0);
    }
}

/// Whether a language is written as typst takes it: ISO 639 in lower case, and
/// perhaps an ISO 3166 region in upper case.
fn is_language(code: &str) -> bool {
    let (language, region) = code.split_once('-').unwrap_or((code, "GB"));
    (2..=3).contains(&language.len())
        && language.bytes().all(|byte| byte.is_ascii_lowercase())
        && region.len() == 2
        && region.bytes().all(|byte| byte.is_ascii_uppercase())
}
