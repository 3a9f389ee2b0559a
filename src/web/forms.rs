//! Forms on their way in: what was typed, and what is wrong with it.
//!
//! Everything typed is kept, so that a page with errors shows it again. Every form of somebody signed in carries the
//! token of its session; the extractors here refuse one that does not.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::str::FromStr;

use actix_web::dev::Payload;
use actix_web::error::UrlencodedError;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::allowed::app_of;
use super::cookies;
use super::once::Submission;
use crate::access::Session;
use crate::app::App;
use crate::error::{AppError, bad_request, internal};
use crate::identity::hex;

/// Forms larger than this are not ours.
pub const MOST_BYTES: usize = 512 * 1024;

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

    /// What tells this sending of the form from every other: see [`super::once`].
    pub fn submission(&self) -> Submission {
        self.submission.clone()
    }

    /// Notes where the form was sent to, and with which file.
    pub(super) fn sent_to(&mut self, path: &str, file: &[u8]) {
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

    pub(super) fn of_pairs(
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

/// A form sent as `application/x-www-form-urlencoded` with a valid token.
#[derive(Debug)]
pub struct Submitted(pub FormData);

impl FromRequest for Submitted {
    type Error = AppError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, AppError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let form = web::Form::<Vec<(String, String)>>::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move {
            let deadline = app_of(&request)?.config.web.form_deadline;
            let form = tokio::time::timeout(deadline, form)
                .await
                .map_err(|_| AppError::TooSlow)?;
            let pairs = form.map_err(|error| match error.as_error() {
                Some(UrlencodedError::Overflow { .. }) => too_large(),
                _ => bad_request("The form could not be read. Go back and try again."),
            })?;
            let mut form = FormData::of_pairs(pairs.into_inner())?;
            check_token(&request, form.text("csrf"))?;
            form.sent_to(request.path(), &[]);
            Ok(Self(form))
        })
    }
}

/// What a form larger than [`MOST_BYTES`] is answered.
pub(super) fn too_large() -> AppError {
    bad_request("The form is larger than any of ours. Nothing was changed. Go back and try again.")
}

/// Refuses a form of somebody signed in without the session's token. Who is signed in is known by now: the permission
/// was checked first. The cookie alone does not tell, because it outlives a session that has ended.
pub fn check_token(request: &HttpRequest, given: &str) -> Result<(), AppError> {
    let app = app_of(request)?;
    let expected = session_token(&app, request)?;
    if expected.is_empty() || bool::from(expected.as_bytes().ct_eq(given.as_bytes())) {
        Ok(())
    } else {
        Err(AppError::Conflict(
            "This form is out of date: you may have signed in again since it was opened. Nothing was changed. Go back, reload the page and try again.".to_owned(),
        ))
    }
}

/// The token that forms carry in the session of a request; empty where nobody is signed in.
pub fn session_token(app: &App, request: &HttpRequest) -> Result<String, AppError> {
    let is_signed_in = request
        .extensions()
        .get::<Session>()
        .is_some_and(|session| session.login.is_some());
    match cookies::login_token(app, request) {
        Some(token) if is_signed_in => form_token(&token),
        _ => Ok(String::new()),
    }
}

/// The token that forms of this login carry. It is derived from the login's own token, which only the browser knows:
/// the database holds a hash of that one, from which this one cannot be derived.
pub fn form_token(login_token: &str) -> Result<String, AppError> {
    let mut mac = Hmac::<Sha256>::new_from_slice(login_token.as_bytes()).map_err(internal)?;
    mac.update(b"stature form");
    Ok(hex(&mac.finalize().into_bytes()))
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
