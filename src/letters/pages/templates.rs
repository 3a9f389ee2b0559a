//! The letter templates: the programme's own texts, and letters about invented children to see what they look like.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use programme::Coded as _;
use serde::Serialize;
use serde_json::json;

use super::merge::{Merged, base, merge};
use super::overtaken::{Overtaken, version_of};
use super::paragraphs::paragraphs;
use super::standard;
use crate::access::needs;
use crate::app::App;
use crate::audit::{self, Action, Actor};
use crate::db::{self, Conn};
use crate::error::AppError;
use crate::letters::error::LetterError;
use crate::letters::press::Press;
use crate::letters::proof;
use crate::letters::sample::Sample;
use crate::letters::saved_texts::{current_texts, readable_texts};
use crate::letters::state::Refused;
use crate::letters::texts::{self, PARAGRAPHS, Texts};
use crate::settings;
use crate::web::{Allowed, FormData, Submitted, View, download, redirect_with};

/// The templates as they are saved, with the version that a form is made from.
struct Saved {
    texts: Texts,
    version: String,
}

impl Saved {
    /// `None` while they cannot be read.
    fn load(tx: &mut Conn) -> Result<Option<Self>, LetterError> {
        let held = settings::held(tx, texts::SETTING)?;
        Ok(readable_texts(tx)?.map(|texts| Self {
            texts,
            version: settings::version(held.as_ref()),
        }))
    }
}

/// The letter templates.
pub async fn texts_page(
    allowed: Allowed<needs::EditTemplates>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, AppError> {
    match app.db.read(Saved::load).await? {
        Some(saved) => {
            let shown = Shown::of(&saved, &saved.texts);
            shown.render(&allowed, &app, &request, &FormData::default())
        }
        None => standard::unreadable_view(&allowed, &app, &request),
    }
}

/// Changes the letter templates, once every kind of letter has been made with them. Templates that somebody else has
/// saved since the page was opened are not written over: the page shows both.
pub async fn save_texts(
    allowed: Allowed<needs::EditTemplates>,
    app: web::Data<App>,
    request: HttpRequest,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let Submitted(mut form) = form;
    let version = version_of(&form)?;
    let Some(saved) = app.db.read(Saved::load).await? else {
        return standard::unreadable_view(&allowed, &app, &request);
    };
    let mut changed = saved.texts.clone();
    read_form(&mut form, &mut changed);
    let (parts, actor, texts, is_complete) = (
        app.clone(),
        allowed.actor().clone(),
        changed.clone(),
        form.is_valid(),
    );
    let from = version.clone();
    let tried =
        db::blocking(move || try_and_save(&parts, &actor, &texts, &from, is_complete)).await?;
    let mut shown = Shown::of(&saved, &changed);
    match tried {
        Tried::Saved => {}
        Tried::Faults(faults) => {
            for fault in faults {
                form.error(fault.field, fault.message);
            }
            // Mistakes do not make the form newer than it is.
            shown.version = version;
            form.text("base").clone_into(&mut shown.base);
            return shown.render(&allowed, &app, &request, &form);
        }
        Tried::Overtaken(overtaken, now) => {
            shown.merged = merge(&mut form, &changed, &now.texts);
            shown.base = base(&now.texts);
            shown.version = now.version;
            shown.overtaken = Some(overtaken);
            return shown.render(&allowed, &app, &request, &form);
        }
    }
    Ok(redirect_with(
        "/letters/texts",
        "success",
        "The letter templates are saved. Every kind of letter was made with them as a trial.",
    ))
}

/// What came of saving.
enum Tried {
    Saved,
    /// What stands in the way; nothing was saved.
    Faults(Vec<proof::Fault>),
    /// Somebody else has saved since: who, and what stands now.
    Overtaken(Overtaken, Box<Saved>),
}

/// Makes every kind of letter with these texts and saves them, unless they are no longer at the version `from`.
fn try_and_save(
    app: &App,
    actor: &Actor,
    texts: &Texts,
    from: &str,
    is_complete: bool,
) -> Result<Tried, LetterError> {
    let press = Press::new(app.config.fonts.as_deref())?;
    let (now, today) = (app.clock.now(), app.clock.today());
    let mut faults = proof::field_faults(&press, texts);
    if faults.is_empty() && is_complete {
        let from = &app.config.mail.from;
        faults = proof::letter_faults(&press, &app.templates, texts, from, today);
    }
    if !faults.is_empty() || !is_complete {
        return Ok(Tried::Faults(faults));
    }
    let json = serde_json::to_string(texts).map_err(anyhow::Error::from)?;
    app.db.write_now(|tx| -> Result<_, LetterError> {
        if let Some(overtaken) = Overtaken::since(tx, texts::SETTING, from)? {
            let saved = Saved::load(tx)?.ok_or(LetterError::Refused(Refused::NotFromHere))?;
            // The same form sent twice.
            return Ok(if saved.texts == *texts {
                Tried::Saved
            } else {
                Tried::Overtaken(overtaken, Box::new(saved))
            });
        }
        settings::put(tx, actor, now, texts::SETTING, &json)?;
        let action = Action::LettersTextsChanged;
        audit::event(tx, actor, now, action, "letters", &json!({}))?;
        Ok(Tried::Saved)
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

/// A choice, or a link with its words.
#[derive(Serialize)]
struct Choice {
    value: &'static str,
    text: String,
}

/// What the page of the templates shows.
struct Shown {
    /// What stands in the fields until the form has been sent.
    texts: Texts,
    /// The version that the form is made from.
    version: String,
    /// Who else has saved since.
    overtaken: Option<Overtaken>,
    /// What came of bringing both together.
    merged: Merged,
    /// What the fields held when the form was made.
    base: String,
}

impl Shown {
    fn of(saved: &Saved, texts: &Texts) -> Self {
        Self {
            texts: texts.clone(),
            version: saved.version.clone(),
            overtaken: None,
            merged: Merged::default(),
            base: base(&saved.texts),
        }
    }

    fn render(
        self,
        allowed: &Allowed<needs::EditTemplates>,
        app: &App,
        request: &HttpRequest,
        form: &FormData,
    ) -> Result<HttpResponse, AppError> {
        let categories = growth::ClinicalCategory::ALL.map(|category| Choice {
            value: category.code(),
            text: category.words().to_owned(),
        });
        let samples = Sample::ALL.iter().map(|sample| Choice {
            value: sample.code(),
            text: sample.words(),
        });
        let samples: Vec<Choice> = samples.collect();
        let status = if self.overtaken.is_some() {
            StatusCode::CONFLICT
        } else {
            StatusCode::OK
        };
        View::new(app, request, allowed, "Letter templates")
            .with("address", self.texts.programme_address.join("\n"))
            .with("paragraphs", paragraphs(&self.texts))
            .with("texts", self.texts)
            .with("version", self.version)
            .with("overtaken", self.overtaken)
            .with("merged", self.merged)
            .with("base", self.base)
            .with("categories", categories)
            .with("samples", samples)
            .status(status)
            .form(form)
            .render("pages/letters/texts.html")
    }
}
