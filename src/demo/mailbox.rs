//! The folder that mail goes to, read back.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use chrono::{DateTime, NaiveDateTime};
use mail_parser::{MessageParser, MimeHeaders};
use serde::Serialize;

/// A message in the list.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Line {
    /// The name of its file without the ending.
    pub(super) name: String,
    /// The recipients.
    pub(super) to: String,
    /// The subject.
    pub(super) subject: String,
    /// When it was sent, UTC.
    pub(super) sent_at: Option<NaiveDateTime>,
    /// How many attachments it has.
    pub(super) attachments: usize,
}

/// A message to be read.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Letter {
    /// What the list says of it.
    #[serde(flatten)]
    pub(super) line: Line,
    /// The sender.
    pub(super) from: String,
    /// Its plain text.
    pub(super) text: String,
    /// Whether it has an HTML form.
    pub(super) has_html: bool,
    /// The names of its attachments.
    pub(super) attachment_names: Vec<String>,
}

/// A file that came with a message.
#[derive(Clone, Debug)]
pub(super) struct Attachment {
    /// Its name.
    pub(super) name: String,
    /// Its media type.
    pub(super) media_type: String,
    /// Its content.
    pub(super) bytes: Vec<u8>,
}

/// The messages of a folder, the newest first. What cannot be read as a message is left out.
pub(super) fn list(folder: &Path) -> std::io::Result<Vec<Line>> {
    let mut found: Vec<(SystemTime, Line)> = Vec::new();
    for (path, name, changed) in files(folder)? {
        let bytes = fs::read(path)?;
        if let Some(message) = MessageParser::default().parse(&bytes) {
            found.push((changed, line(name, &message)));
        }
    }
    found.sort_by(|(first, one), (second, other)| {
        second.cmp(first).then_with(|| one.name.cmp(&other.name))
    });
    Ok(found.into_iter().map(|(_, line)| line).collect())
}

/// One message.
pub(super) fn letter(folder: &Path, name: &str) -> std::io::Result<Option<Letter>> {
    with_message(folder, name, |message| Letter {
        line: line(name.to_owned(), message),
        from: people(message.from()),
        text: message.body_text(0).unwrap_or_default().into_owned(),
        has_html: message
            .html_part(0)
            .is_some_and(mail_parser::MessagePart::is_text_html),
        attachment_names: message
            .attachments()
            .map(|part| part.attachment_name().unwrap_or("attachment").to_owned())
            .collect(),
    })
}

/// The HTML form of a message.
pub(super) fn html(folder: &Path, name: &str) -> std::io::Result<Option<String>> {
    let html = with_message(folder, name, |message| {
        message.body_html(0).map(std::borrow::Cow::into_owned)
    })?;
    Ok(html.flatten())
}

/// One of a message's attachments, counted from 0.
pub(super) fn attachment(
    folder: &Path,
    name: &str,
    place: u32,
) -> std::io::Result<Option<Attachment>> {
    let found = with_message(folder, name, |message| {
        message.attachment(place).map(|part| Attachment {
            name: part.attachment_name().unwrap_or("attachment").to_owned(),
            media_type: part.content_type().map_or_else(
                || "application/octet-stream".to_owned(),
                |kind| {
                    format!(
                        "{}/{}",
                        kind.ctype(),
                        kind.subtype().unwrap_or("octet-stream")
                    )
                },
            ),
            bytes: part.contents().to_vec(),
        })
    })?;
    Ok(found.flatten())
}

fn with_message<T>(
    folder: &Path,
    name: &str,
    read: impl FnOnce(&mail_parser::Message<'_>) -> T,
) -> std::io::Result<Option<T>> {
    // Looked up in the list, never joined to the folder: a name with slashes in it finds nothing.
    let Some((path, ..)) = files(folder)?
        .into_iter()
        .find(|(_, known, _)| known == name)
    else {
        return Ok(None);
    };
    let bytes = fs::read(path)?;
    Ok(MessageParser::default()
        .parse(&bytes)
        .map(|message| read(&message)))
}

/// The messages' files: path, name without the ending, when it was written.
fn files(folder: &Path) -> std::io::Result<Vec<(PathBuf, String, SystemTime)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "eml")
            && let Some(name) = path
                .file_stem()
                .and_then(|name| name.to_str())
                .map(str::to_owned)
        {
            let changed = fs::metadata(&path)?.modified()?;
            files.push((path, name, changed));
        }
    }
    Ok(files)
}

fn line(name: String, message: &mail_parser::Message<'_>) -> Line {
    Line {
        name,
        to: people(message.to()),
        subject: message.subject().unwrap_or_default().to_owned(),
        sent_at: message
            .date()
            .and_then(|date| DateTime::from_timestamp(date.to_timestamp(), 0))
            .map(|moment| moment.naive_utc()),
        attachments: message.attachment_count(),
    }
}

fn people(addresses: Option<&mail_parser::Address<'_>>) -> String {
    addresses
        .into_iter()
        .flat_map(mail_parser::Address::iter)
        .map(|person| match (person.name(), person.address()) {
            (Some(name), Some(address)) => format!("{name} <{address}>"),
            (_, address) => address.unwrap_or_default().to_owned(),
        })
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use lettre::Message;
    use lettre::message::{Attachment as Attached, MultiPart, SinglePart, header::ContentType};

    use super::*;
    use crate::config::MailTransport;
    use crate::mail::Mailer;

    #[test]
    fn a_message_that_was_sent_can_be_read_back_whole() {
        let folder = tempfile::tempdir().unwrap();
        let mailer = Mailer::new(&MailTransport::Folder(folder.path().to_owned())).unwrap();
        let message = Message::builder()
            .message_id(Some("<one@example.org>".to_owned()))
            .from("School nurses <nurses@example.org>".parse().unwrap())
            .to("Zoë O’Brien <zoe@family.test>".parse().unwrap())
            .subject("Height and weight – what was found")
            .multipart(
                MultiPart::mixed()
                    .multipart(MultiPart::alternative_plain_html(
                        "Dear Zoë".to_owned(),
                        "<p>Dear Zoë</p>".to_owned(),
                    ))
                    .singlepart(Attached::new("letter.pdf".to_owned()).body(
                        b"%PDF-1.7".to_vec(),
                        ContentType::parse("application/pdf").unwrap(),
                    )),
            )
            .unwrap();
        mailer.send(&message, "one@example.org").unwrap();
        let other = Message::builder()
            .from("a@example.org".parse().unwrap())
            .to("b@example.org".parse().unwrap())
            .singlepart(SinglePart::plain("Words".to_owned()))
            .unwrap();
        mailer.send(&other, "two@example.org").unwrap();

        let lines = list(folder.path()).unwrap();
        assert_eq!(lines.len(), 2);
        let letter = letter(folder.path(), "one@example.org").unwrap().unwrap();
        assert_eq!(letter.line.subject, "Height and weight – what was found");
        assert_eq!(letter.line.to, "Zoë O’Brien <zoe@family.test>");
        assert_eq!(letter.text.trim(), "Dear Zoë");
        assert_eq!(letter.attachment_names, ["letter.pdf"]);
        assert!(letter.has_html);
        assert_eq!(
            html(folder.path(), "one@example.org")
                .unwrap()
                .unwrap()
                .trim(),
            "<p>Dear Zoë</p>"
        );
        let pdf = attachment(folder.path(), "one@example.org", 0)
            .unwrap()
            .unwrap();
        assert_eq!(
            (pdf.media_type.as_str(), pdf.bytes.as_slice()),
            ("application/pdf", b"%PDF-1.7".as_slice())
        );
        assert!(
            attachment(folder.path(), "one@example.org", 1)
                .unwrap()
                .is_none()
        );
    }

    #[test]
    fn a_name_that_leads_elsewhere_finds_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("mail");
        fs::create_dir(&inner).unwrap();
        fs::write(
            folder.path().join("secret.eml"),
            "Subject: secret\r\n\r\nno",
        )
        .unwrap();
        assert!(letter(&inner, "../secret").unwrap().is_none());
        assert!(html(&inner, "..").unwrap().is_none());
    }
}
