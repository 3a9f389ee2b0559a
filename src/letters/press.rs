//! A letter's content set as PDF, and as the email that carries it.

use anyhow::Context as _;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};
use pdf::{Document, Template, Typesetter};

use super::content::Content;
use super::state::Kind;
use crate::templates::{self, Templates};

const LETTERHEAD: (&str, &str) = (
    "letterhead.typ",
    include_str!("../../templates/letters/letterhead.typ"),
);
const RESULT: &str = include_str!("../../templates/letters/result.typ");
const NOT_MEASURED: &str = include_str!("../../templates/letters/not_measured.typ");

/// What the PDF is called: no name in it, because file names end up in lists.
const ATTACHMENT: &str = "letter.pdf";

/// The typesetter with the letters' templates; made once for a run.
pub struct Press {
    typesetter: Typesetter,
    result: Template,
    not_measured: Template,
}

impl Press {
    /// A press with the fonts that come with the program and those in `fonts`, a folder, if one is named.
    pub fn new(fonts: Option<&std::path::Path>) -> anyhow::Result<Self> {
        let mut files = Vec::new();
        if let Some(folder) = fonts {
            let entries = std::fs::read_dir(folder).with_context(|| {
                format!("the folder of fonts {} cannot be read", folder.display())
            })?;
            let mut paths: Vec<_> = entries
                .filter_map(|entry| Some(entry.ok()?.path()))
                .filter(|path| {
                    path.extension().is_some_and(|ending| {
                        ["ttf", "otf", "ttc"]
                            .iter()
                            .any(|known| ending.eq_ignore_ascii_case(known))
                    })
                })
                .collect();
            paths.sort();
            for path in paths {
                files.push(
                    std::fs::read(&path)
                        .with_context(|| format!("the font {} cannot be read", path.display()))?,
                );
            }
        }
        let template = |text: &str| {
            Template::new(text, &[LETTERHEAD]).map_err(|problems| {
                let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
                anyhow::anyhow!("a letter template has mistakes: {}", lines.join("; "))
            })
        };
        Ok(Self {
            typesetter: Typesetter::new(files)?,
            result: template(RESULT)?,
            not_measured: template(NOT_MEASURED)?,
        })
    }

    /// Whether every character of a text can be printed.
    pub fn prints(&self, text: &str) -> bool {
        self.missing(text).is_empty()
    }

    /// The characters of a text that cannot be printed, each once.
    pub fn missing(&self, text: &str) -> Vec<char> {
        self.typesetter.missing_glyphs(text)
    }

    /// Whether every character of a letter can be printed.
    pub fn prints_all_of(&self, content: &Content) -> anyhow::Result<bool> {
        let unknown = self.typesetter.unprintable(&content.letter)?;
        Ok(unknown.characters.is_empty())
    }

    /// The letter as PDF.
    pub fn pdf(&self, content: &Content) -> anyhow::Result<Vec<u8>> {
        let (template, title) = match content.kind {
            Kind::Result => (&self.result, "Height and weight result"),
            Kind::NotMeasured => (&self.not_measured, "Height and weight programme"),
        };
        let document = Document {
            title,
            author: &content.letter.programme.name,
            language: "en-GB",
            date: content.written_on,
        };
        Ok(self
            .typesetter
            .render(template, &content.letter, &document)?)
    }

    /// The email that carries the letter. The same content makes the same message but for the part boundaries.
    pub fn message(
        &self,
        templates: &Templates,
        content: &Content,
        from: &str,
        message_id: &str,
        date: std::time::SystemTime,
    ) -> anyhow::Result<Message> {
        let pdf = self.pdf(content)?;
        // The subject comes from the words, not from the child.
        let subject = templates::render(templates, "mail/letter/subject.txt", content)?;
        let text = templates::render(templates, "mail/letter/body.txt", content)?;
        let html = templates::render(templates, "mail/letter/body.html", content)?;
        let message = envelope(from, &content.to, message_id, date)?
            .subject(subject.trim())
            .multipart(
                MultiPart::mixed()
                    .multipart(MultiPart::alternative_plain_html(text, html))
                    .singlepart(
                        Attachment::new(ATTACHMENT.to_owned())
                            .body(pdf, ContentType::parse("application/pdf")?),
                    ),
            )?;
        Ok(message)
    }
}

/// A notice as an email.
pub fn notice(
    notice: &crate::outbox::Notice,
    from: &str,
    message_id: &str,
    date: std::time::SystemTime,
) -> anyhow::Result<Message> {
    let message = envelope(from, &notice.to, message_id, date)?.subject(&notice.subject);
    Ok(if notice.html.is_empty() {
        message.singlepart(SinglePart::plain(notice.text.clone()))?
    } else {
        message.multipart(MultiPart::alternative_plain_html(
            notice.text.clone(),
            notice.html.clone(),
        ))?
    })
}

/// The headers that every message has. An address that cannot be one is not repeated in the error.
fn envelope(
    from: &str,
    to: &str,
    message_id: &str,
    date: std::time::SystemTime,
) -> anyhow::Result<lettre::message::MessageBuilder> {
    let from: Mailbox = from
        .parse()
        .context("the address that mail comes from is not an email address")?;
    let to: Address = to
        .parse()
        .map_err(|_| anyhow::anyhow!("the recipient’s address is not an email address"))?;
    Ok(Message::builder()
        .from(from)
        .to(Mailbox::new(None, to))
        .message_id(Some(format!("<{message_id}>")))
        .date(date)
        .header(AutoSubmitted))
}

/// Says that no person sent the message by hand (RFC 3834): an absence notice does not answer it.
#[derive(Clone, Copy, Debug)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}
