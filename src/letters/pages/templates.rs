//! The letter templates: the programme's own texts, and letters about invented children to see what they look like.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use serde_json::json;

use crate::access::needs;
use crate::app::App;
use crate::audit::{self, Actor};
use crate::db;
use crate::error::AppError;
use crate::letters::press::Press;
use crate::letters::proof;
use crate::letters::sample::Sample;
use crate::letters::texts::{self, PARAGRAPHS, Texts};
use crate::letters::{LetterError, current_texts};
use crate::settings;
use crate::web::{Allowed, FormData, Submitted, View, download, redirect_with};

/// The letter templates.
pub async fn texts_page(
    allowed: Allowed<needs::EditTemplates>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, AppError> {
    let texts = app.db.read(current_texts).await?;
    texts_view(&allowed, &app, &request, &texts, &FormData::default())
}

/// Changes the letter templates, once every kind of letter has been made with them.
pub async fn save_texts(
    allowed: Allowed<needs::EditTemplates>,
    app: web::Data<App>,
    request: HttpRequest,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let Submitted(mut form) = form;
    let mut changed = app.db.read(current_texts).await?;
    read_form(&mut form, &mut changed);
    let (parts, actor, texts, is_complete) = (
        app.clone(),
        allowed.actor().clone(),
        changed.clone(),
        form.is_valid(),
    );
    let faults = db::blocking(move || try_and_save(&parts, &actor, &texts, is_complete)).await?;
    for fault in faults {
        form.error(fault.field, fault.message);
    }
    if !form.is_valid() {
        return texts_view(&allowed, &app, &request, &changed, &form);
    }
    Ok(redirect_with(
        "/letters/texts",
        "success",
        "The letter templates are saved. Every kind of letter was made with them as a trial.",
    ))
}

/// Makes every kind of letter with these texts and saves them. What stands in the way is given back, and nothing saved.
fn try_and_save(
    app: &App,
    actor: &Actor,
    texts: &Texts,
    is_complete: bool,
) -> Result<Vec<proof::Fault>, LetterError> {
    let press = Press::new(app.config.fonts.as_deref())?;
    let (now, today) = (app.clock.now(), app.clock.today());
    let mut faults = proof::field_faults(&press, texts);
    if faults.is_empty() && is_complete {
        let from = &app.config.mail.from;
        faults = proof::letter_faults(&press, &app.templates, texts, from, today);
    }
    if !faults.is_empty() || !is_complete {
        return Ok(faults);
    }
    let json = serde_json::to_string(texts).map_err(anyhow::Error::from)?;
    app.db.write_now(|tx| -> Result<_, LetterError> {
        settings::put(tx, actor, now, texts::SETTING, &json)?;
        let action = "letters.texts_changed";
        audit::event(tx, actor, now, action, "letters", &json!({}))?;
        Ok(Vec::new())
    })
}

/// Reads what was typed into `texts`; what is missing or cannot be used stands beside its field.
fn read_form(form: &mut FormData, texts: &mut Texts) {
    texts.programme_name = form.required("programme_name", "Enter who writes the letters");
    texts.contact = form.required("contact", "Enter one way to get in touch");
    texts.signatory_name = form.required("signatory_name", "Enter who signs the letters");
    texts.email_subject = form.required("email_subject", "Enter a subject for the email");
    for name in [
        "programme_name",
        "contact",
        "signatory_name",
        "signatory_role",
        "email_subject",
    ] {
        form.one_line(name);
    }
    if form.text("email_subject").contains('{') {
        form.error(
            "email_subject",
            "The subject of an email must not name anybody: leave out the braces",
        );
    }
    form.text("signatory_role")
        .clone_into(&mut texts.signatory_role);
    form.text("email_reply").clone_into(&mut texts.email_reply);
    texts.programme_address = form
        .text("programme_address")
        .lines()
        .map(|line| line.trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect();
    texts.show_centile = form.is_set("show_centile");
    texts.phone_first = form
        .all("phone_first")
        .filter_map(|code| growth::ClinicalCategory::from_code(code).ok())
        .collect();
    for (name, label) in PARAGRAPHS {
        let words = form.required(name, &format!("Enter words for “{label}”"));
        texts.paragraphs.insert(name.to_owned(), words);
    }
}

/// A letter about an invented child, with the templates as they are saved.
pub async fn sample(
    _: Allowed<needs::EditTemplates>,
    app: web::Data<App>,
    sample: web::Path<String>,
) -> Result<HttpResponse, AppError> {
    let sample = Sample::from_code(&sample).ok_or(AppError::NotFound)?;
    let parts = app.clone();
    let bytes = db::blocking(move || -> Result<Vec<u8>, LetterError> {
        let texts = parts.db.read_now(current_texts)?;
        let content = sample
            .content(&texts, parts.clock.today())
            .ok_or(LetterError::NoSuchLetter)?;
        Press::new(parts.config.fonts.as_deref())?
            .pdf(&content)
            .map_err(|error| LetterError::CannotBeWritten(format!("{error:#}")))
    })
    .await?;
    let name = format!("sample-{}.pdf", sample.code().replace('_', "-"));
    Ok(download(&name, "application/pdf", bytes))
}

/// A paragraph's field.
#[derive(Serialize)]
struct Paragraph {
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    words: String,
}

/// A choice, or a link with its words.
#[derive(Serialize)]
struct Choice {
    value: &'static str,
    text: String,
}

fn texts_view(
    allowed: &Allowed<needs::EditTemplates>,
    app: &App,
    request: &HttpRequest,
    texts: &Texts,
    form: &FormData,
) -> Result<HttpResponse, AppError> {
    let paragraphs: Vec<Paragraph> = PARAGRAPHS
        .into_iter()
        .map(|(name, label)| Paragraph {
            name,
            label,
            hint: if name == texts::CORRECTION {
                "Include {replaced}, the date of the letter that is replaced, and {why}, a sentence that says why"
            } else {
                ""
            },
            words: texts.paragraphs.get(name).cloned().unwrap_or_default(),
        })
        .collect();
    let categories = growth::ClinicalCategory::ALL.map(|category| Choice {
        value: category.code(),
        text: category.words().to_owned(),
    });
    let samples = Sample::ALL.map(|sample| Choice {
        value: sample.code(),
        text: sample.words(),
    });
    View::new(app, request, allowed, "Letter templates")
        .with("texts", texts)
        .with("address", texts.programme_address.join("\n"))
        .with("paragraphs", paragraphs)
        .with("categories", categories)
        .with("samples", samples)
        .form(form)
        .render("pages/letters/texts.html")
}
