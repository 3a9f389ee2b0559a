//! A form on its way in: what was typed, what is wrong with it, and what tells one sending of it
//! from every other.
//!
//! Everything typed is kept, so that a page with errors shows it again.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::error::{AppError, bad_request};
use crate::identity::hex;

/// Something wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// The field's name; empty when it is about the whole form.
    pub field: String,
    /// What is wrong and what would be right.
    pub message: String,
}

/// What was typed, and what was found wrong so far.
#[derive(Clone, Debug, Default, Serialize)]
pub struct FormData {
    values: BTreeMap<String, Vec<String>>,
    errors: Vec<FieldError>,
    #[serde(skip)]
    submission: Submission,
}

impl FormData {
    /// A form filled in with what is stored already.
    pub fn filled<const N: usize>(values: [(&str, String); N]) -> Self {
        let values = values
            .into_iter()
            .map(|(name, value)| (name.to_owned(), vec![value]))
            .collect();
        Self {
            values,
            ..Self::default()
        }
    }

    /// What tells this sending of the form from every other: see `web::once`.
    pub fn submission(&self) -> Submission {
        self.submission.clone()
    }

    /// Notes where the form was sent to, and with which file.
    pub(crate) fn sent_to(&mut self, path: &str, file: &[u8]) {
        let fields = self.values.iter().flat_map(|(name, values)| {
            values
                .iter()
                .map(move |value| (name.as_str(), value.as_str()))
        });
        self.submission = Submission::of(path, fields, file);
    }

    /// Fills one more field in with what is stored.
    pub fn put(&mut self, name: &str, value: &str) {
        self.values.insert(name.to_owned(), vec![value.to_owned()]);
    }

    /// Fills a field in that may be sent several times.
    pub fn put_all(&mut self, name: &str, values: Vec<String>) {
        self.values.insert(name.to_owned(), values);
    }

    pub(crate) fn of_pairs(
        pairs: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, AppError> {
        let mut form = Self::default();
        for (name, value) in pairs {
            // One database stores a NUL, the other refuses it; other control characters are nobody's intention.
            if value
                .chars()
                .any(|letter| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t'))
            {
                return Err(bad_request(
                    "The form holds a character that cannot be kept. Type the text again.",
                ));
            }
            form.values.entry(name).or_default().push(value);
        }
        Ok(form)
    }

    /// What was typed into a field, without the spaces around it; empty when there is no such field.
    pub fn text(&self, name: &str) -> &str {
        self.values
            .get(name)
            .and_then(|values| values.last())
            .map_or("", |value| value.trim())
    }

    /// Whether the form has a field of this name, empty or not.
    pub fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// Everything chosen in a field that takes several.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.values
            .get(name)
            .into_iter()
            .flatten()
            .map(|value| value.trim())
            .filter(|value| !value.is_empty())
    }

    /// The fields whose name begins with `prefix`: the rest of the name, and what was typed.
    pub fn with_prefix(&self, prefix: &str) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().filter_map(move |(name, values)| {
            Some((
                name.strip_prefix(prefix)?,
                values.last().map_or("", |value| value.trim()),
            ))
        })
    }

    /// Whether a box is ticked or a field holds anything.
    pub fn is_set(&self, name: &str) -> bool {
        !self.text(name).is_empty()
    }

    /// What was typed, or an error beside the field when it is empty.
    pub fn required(&mut self, name: &str, message: &str) -> String {
        if self.text(name).is_empty() {
            self.error(name, message);
        }
        self.text(name).to_owned()
    }

    /// What was typed, read as a `T`, or an error beside the field.
    pub fn parsed<T: FromStr>(&mut self, name: &str, message: &str) -> Option<T> {
        let value = self.text(name).parse().ok();
        if value.is_none() {
            self.error(name, message);
        }
        value
    }

    /// Refuses a text of several lines, which only a made-up request brings: a line break would end a mail's header.
    pub fn one_line(&mut self, name: &str) {
        if self.text(name).contains(['\n', '\r', '\t']) {
            self.error(name, "Enter this on one line");
        }
    }

    /// A date typed into the three fields `name-day`, `name-month`, `name-year`, or an error beside the first one.
    pub fn date(&mut self, name: &str, message: &str) -> Option<chrono::NaiveDate> {
        let part = |which: &str| self.text(&format!("{name}-{which}")).parse::<u32>().ok();
        let year = self.text(&format!("{name}-year"));
        // "27" would be the year 27.
        if !year.is_empty() && (year.len() != 4 || part("year").is_none_or(|year| year < 1900)) {
            self.error(
                &format!("{name}-year"),
                "Enter the year with four digits, such as 2026",
            );
            return None;
        }
        let date =
            part("year")
                .zip(part("month"))
                .zip(part("day"))
                .and_then(|((year, month), day)| {
                    chrono::NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
                });
        if date.is_none() {
            self.error(&format!("{name}-day"), message);
        }
        date
    }

    /// Adds an error beside a field (or, with an empty name, on top only).
    pub fn error(&mut self, field: &str, message: impl Into<String>) {
        self.errors.push(FieldError {
            field: field.to_owned(),
            message: message.into(),
        });
    }

    /// Whether nothing is wrong.
    pub fn is_valid(&self) -> bool {
        self.errors.is_empty()
    }

    /// What is wrong.
    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }
}

/// One sending of one form; empty for a form without a token, which nothing tells apart from another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Submission(pub(crate) String);

impl Submission {
    /// What tells a form from every other: where it was sent to, and every field, the page's token and the session's
    /// among them, with the bytes of a file.
    pub(crate) fn of<'a>(
        path: &str,
        fields: impl Iterator<Item = (&'a str, &'a str)>,
        file: &[u8],
    ) -> Self {
        let mut digest = Sha256::new();
        let mut put = |bytes: &[u8]| {
            digest.update((bytes.len() as u64).to_be_bytes());
            digest.update(bytes);
        };
        put(path.as_bytes());
        let mut has_token = false;
        for (name, value) in fields {
            has_token |= name == "submission" && !value.is_empty();
            put(name.as_bytes());
            put(value.as_bytes());
        }
        put(file);
        if has_token {
            Self(hex(&digest.finalize()))
        } else {
            Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(pairs: &[(&str, &str)]) -> Result<FormData, AppError> {
        FormData::of_pairs(
            pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        )
    }

    #[test]
    fn a_nul_byte_is_refused() {
        assert!(form(&[("name", "a\0b")]).is_err());
    }

    #[test]
    fn an_empty_field_that_is_required_is_told_beside_it() {
        let mut form = form(&[("email", "  ")]).unwrap();
        form.required("email", "Enter an email address");
        assert_eq!(form.errors()[0].field, "email");
    }

    #[test]
    fn a_year_of_two_digits_is_an_error_and_not_the_year_27() {
        for year in ["27", "0027", "20 27", "20270"] {
            let mut form = form(&[("on-day", "31"), ("on-month", "7"), ("on-year", year)]).unwrap();
            assert_eq!(form.date("on", "Enter a date"), None, "{year}");
            assert_eq!(form.errors()[0].field, "on-year");
        }
    }

    #[test]
    fn a_text_of_several_lines_is_refused_where_one_line_belongs() {
        let mut form = form(&[("subject", "A letter\r\nBcc: all@example.org")]).unwrap();
        form.one_line("subject");
        assert_eq!(form.errors()[0].field, "subject");
    }

    #[test]
    fn a_date_that_does_not_exist_is_an_error() {
        let mut form = form(&[("on-day", "31"), ("on-month", "2"), ("on-year", "2027")]).unwrap();
        assert_eq!(form.date("on", "Enter a date"), None);
        assert!(!form.is_valid());
    }
}

#[cfg(test)]
mod submission_tests {
    use super::*;

    fn form(path: &str, fields: &[(&str, &str)], file: &[u8]) -> Submission {
        Submission::of(path, fields.iter().copied(), file)
    }

    #[test]
    fn a_form_is_told_apart_by_its_page_its_address_and_what_was_filled_in() {
        let first = form("/visits", &[("submission", "a"), ("school", "1")], b"");
        let same = form("/visits", &[("submission", "a"), ("school", "1")], b"");
        assert_eq!(first, same);
        for other in [
            form("/visits", &[("submission", "b"), ("school", "1")], b""),
            form("/visits", &[("submission", "a"), ("school", "2")], b""),
            form("/visits", &[("submission", "a1"), ("school", "")], b""),
            form("/releases", &[("submission", "a"), ("school", "1")], b""),
            form("/visits", &[("submission", "a"), ("school", "1")], b"x"),
        ] {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn a_form_without_a_token_is_like_no_other() {
        let without = form("/visits", &[("school", "1")], b"");
        assert_eq!(without, Submission::default());
    }
}
