//! Everything a letter says, as plain values: what the typesetter and the mail are given, and what is sealed when it goes.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::state::Kind;

/// Everything a letter says, and to whom. Sealed as it is when the letter goes.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Content {
    /// What it tells.
    pub kind: Kind,
    /// The email address.
    pub to: String,
    /// The email's subject.
    pub email_subject: String,
    /// The day it is written on.
    pub written_on: NaiveDate,
    /// What the email alone says about replying to it.
    #[serde(default)]
    pub email_reply: String,
    /// What the templates are given.
    pub letter: Letter,
}

/// What the templates are given, of the typesetter and of the mail.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Letter {
    /// Who writes.
    pub programme: Programme,
    /// The day in words.
    pub date: String,
    /// Whom it goes to.
    pub recipient: Recipient,
    /// The heading.
    pub subject: String,
    /// "Dear …".
    pub greeting: String,
    /// The first paragraphs.
    pub opening: Vec<String>,
    /// The facts, of a measured child.
    pub result: Option<Facts>,
    /// Where the result lies, of a measured child.
    pub picture: Option<Picture>,
    /// The rest, under headings.
    pub sections: Vec<Section>,
    /// The closing words.
    pub closing: String,
    /// Who signs.
    pub signatory: Signatory,
}

/// Who writes.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Programme {
    /// Its name.
    pub name: String,
    /// Its address, a line each.
    pub address: Vec<String>,
    /// The one contact detail.
    pub contact: String,
}

/// Whom a letter goes to.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Recipient {
    /// Title and name.
    pub name: String,
    /// The postal address, a line each.
    pub address: Vec<String>,
}

/// A table of two columns.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// The column headings.
    pub columns: [String; 2],
    /// The rows.
    pub rows: Vec<[String; 2]>,
}

/// The scale with the child's place on it. Positions are fractions of the width.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// What stands below it.
    pub caption: String,
    /// The same in words, for who cannot see it.
    pub description: String,
    /// What the marker is called.
    pub marker: String,
    /// Where it stands.
    pub position: f64,
    /// The categories' parts of the scale.
    pub bands: Vec<Band>,
    /// The centile lines.
    pub marks: Vec<Mark>,
}

/// A category's part of the scale.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Band {
    /// The category.
    pub label: String,
    /// Its beginning.
    pub from: f64,
    /// Its end.
    pub to: f64,
}

/// A centile line.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// Where it is.
    pub at: f64,
    /// "50th".
    pub label: String,
}

/// A part of the letter under a heading.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Section {
    /// The heading.
    pub heading: String,
    /// Its paragraphs.
    pub paragraphs: Vec<String>,
    /// A list after them.
    pub points: Vec<String>,
}

/// Who signs.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Signatory {
    /// Name.
    pub name: String,
    /// What the signatory is.
    pub role: String,
}
