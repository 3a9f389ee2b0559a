//! Reads the elements of a Common Transfer File as a stream.

use quick_xml::Reader;
use quick_xml::events::{BytesRef, Event};
use tabular::{Limits, ReadError, Table, TableBuilder, decode};

use super::pupil::{Contact, Pupil, take_value};
use super::table::{columns, write_pupil};
use crate::columns::field::Field;

/// The deepest an element may stand; the format needs nine.
const DEEPEST: usize = 32;

/// Reads a Common Transfer File. The first row of the table are canonical
/// headings; the row at position *n* is the *n*th pupil, numbered *n*.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Table, ReadError> {
    limits.check_size(bytes.len() as u64)?;
    let text = decode(bytes)?;
    let mut reader = Reader::from_str(&text);
    reader.config_mut().trim_text(false);
    let mut document = Document::new(limits)?;
    loop {
        let position = reader.buffer_position();
        match reader.read_event().map_err(|_| ReadError::Xml(position))? {
            Event::Start(element) => document.start(element.local_name().as_ref())?,
            Event::Text(text) => document.text(text.as_ref())?,
            Event::CData(data) => document.text(data.as_ref())?,
            Event::GeneralRef(reference) => document.reference(&reference)?,
            Event::End(_) => document.end(position)?,
            Event::DocType(_) => return Err(ReadError::XmlEntities),
            Event::Eof => return document.finish(text.len() as u64),
            _ => {}
        }
    }
}

/// A document while it is read.
struct Document<'l> {
    limits: &'l Limits,
    builder: TableBuilder,
    /// The names of the open elements.
    path: Vec<String>,
    /// The text since the last tag.
    value: String,
    /// The authority's code and the establishment number of the school.
    authority: String,
    establishment: String,
    pupil: Option<Pupil>,
    is_ctf: bool,
}

impl<'l> Document<'l> {
    fn new(limits: &'l Limits) -> Result<Self, ReadError> {
        Ok(Self {
            limits,
            builder: TableBuilder::headed(limits, columns().into_iter().map(Field::label))?,
            path: Vec::new(),
            value: String::new(),
            authority: String::new(),
            establishment: String::new(),
            pupil: None,
            is_ctf: false,
        })
    }

    fn start(&mut self, name: &str) -> Result<(), ReadError> {
        if self.path.len() >= DEEPEST {
            return Err(ReadError::XmlDepth);
        }
        if self.path.is_empty() {
            self.is_ctf |= name == "CTfile";
            if !self.is_ctf {
                return Err(ReadError::NotCtf);
            }
        }
        match (name, &mut self.pupil) {
            ("Pupil", pupil) => *pupil = Some(Pupil::default()),
            ("Contact", Some(pupil)) => pupil.contacts.push(Contact::default()),
            _ => {}
        }
        self.path.push(name.to_owned());
        self.value.clear();
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), ReadError> {
        if self.value.len() + text.len() > self.limits.cell_bytes {
            return Err(ReadError::CellTooLong {
                row: self.builder.row_number() + 1,
                limit: self.limits.cell_bytes,
            });
        }
        self.value.push_str(text);
        Ok(())
    }

    /// Adds the character that a reference stands for; only those of XML itself are known.
    fn reference(&mut self, reference: &BytesRef<'_>) -> Result<(), ReadError> {
        match reference.resolve_char_ref() {
            Ok(Some(character)) => self.text(character.encode_utf8(&mut [0; 4])),
            Ok(None) => {
                let text = quick_xml::escape::resolve_xml_entity(reference.as_ref())
                    .ok_or(ReadError::XmlEntities)?;
                self.text(text)
            }
            Err(_) => Err(ReadError::XmlEntities),
        }
    }

    fn end(&mut self, position: u64) -> Result<(), ReadError> {
        let Some(name) = self.path.pop() else {
            return Err(ReadError::Xml(position));
        };
        if name == "Pupil"
            && let Some(pupil) = self.pupil.take()
        {
            write_pupil(pupil, &self.school(), &mut self.builder)?;
            self.value.clear();
            return Ok(());
        }
        let text = self.value.trim();
        let in_source = self.path.last().is_some_and(|p| p == "SourceSchool");
        match (&mut self.pupil, name.as_str()) {
            (Some(pupil), _) if !text.is_empty() => take_value(pupil, &self.path, &name, text),
            (None, "LEA") if in_source => text.clone_into(&mut self.authority),
            (None, "Estab") if in_source => text.clone_into(&mut self.establishment),
            _ => {}
        }
        self.value.clear();
        Ok(())
    }

    /// The DfE number of the school, or empty.
    fn school(&self) -> String {
        if self.authority.is_empty() {
            String::new()
        } else {
            format!("{}/{}", self.authority, self.establishment)
        }
    }

    fn finish(self, length: u64) -> Result<Table, ReadError> {
        if !self.is_ctf {
            return Err(ReadError::NotCtf);
        }
        if !self.path.is_empty() {
            return Err(ReadError::Xml(length));
        }
        self.builder.finish()
    }
}
