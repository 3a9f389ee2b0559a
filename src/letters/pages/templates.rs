//! The letter templates: the programme's own words.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use crate::access::needs;
use crate::app::App;
use crate::audit;
use crate::db::Conn;
use crate::error::AppError;
use crate::letters::LetterError;
use crate::letters::texts::{self, PARAGRAPHS, Texts};
use crate::settings;
use crate::web::{Allowed, FormData, Submitted, View, redirect_with};

/// The words of the letters.
pub async fn texts_page(
    allowed: Allowed<needs::EditTemplates>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, AppError> {
    let texts = app.db.read(read_texts).await?;
    texts_view(&allowed, &app, &request, &texts, &FormData::default())
}

/// Changes the words of the letters.
pub async fn save_texts(
    allowed: Allowed<needs::EditTemplates>,
    app: web::Data<App>,
    request: HttpRequest,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let Submitted(mut form) = form;
    let mut changed = app.db.read(read_texts).await?;
    changed.programme_name = form.required("programme_name", "Enter who writes the letters");
    changed.contact = form.required("contact", "Enter one way to get in touch");
    changed.signatory_name = form.required("signatory_name", "Enter who signs the letters");
    changed.email_subject = form.required("email_subject", "Enter a subject for the email");
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
        .clone_into(&mut changed.signatory_role);
    changed.programme_address = form
        .text("programme_address")
        .lines()
        .map(|line| line.trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect();
    changed.show_centile = form.is_set("show_centile");
    changed.phone_first = form
        .all("phone_first")
        .filter_map(|code| growth::ClinicalCategory::from_code(code).ok())
        .collect();
    for (name, label) in PARAGRAPHS {
        let words = form.required(name, &format!("Enter words for “{label}”"));
        if let Err(error) = texts::check(&words) {
            form.error(name, error.to_string());
        }
        changed.paragraphs.insert(name.to_owned(), words);
    }
    if !form.is_valid() {
        return texts_view(&allowed, &app, &request, &changed, &form);
    }
    let (actor, now) = (allowed.actor().clone(), app.clock.now());
    app.db
        .write(move |tx| -> Result<(), LetterError> {
            let json = serde_json::to_string(&changed).map_err(anyhow::Error::from)?;
            settings::put(tx, &actor, now, texts::SETTING, &json)?;
            audit::event(
                tx,
                &actor,
                now,
                "letters.texts_changed",
                "letters",
                &json!({}),
            )?;
            Ok(())
        })
        .await?;
    Ok(redirect_with(
        "/letters/texts",
        "success",
        "The words of the letters are saved.",
    ))
}

pub(super) fn read_texts(tx: &mut Conn) -> Result<Texts, LetterError> {
    Ok(Texts::from_setting(
        settings::get(tx, texts::SETTING)?.as_deref(),
    ))
}

fn texts_view(
    allowed: &Allowed<needs::EditTemplates>,
    app: &App,
    request: &HttpRequest,
    texts: &Texts,
    form: &FormData,
) -> Result<HttpResponse, AppError> {
    let paragraphs: Vec<Value> = PARAGRAPHS
        .into_iter()
        .map(|(name, label)| {
            let words = texts.paragraphs.get(name).cloned().unwrap_or_default();
            json!({"name": name, "label": label, "words": words})
        })
        .collect();
    let categories: Vec<Value> = growth::ClinicalCategory::ALL
        .into_iter()
        .map(|category| json!({"value": category.code(), "text": category.words()}))
        .collect();
    View::new(app, request, allowed, "Words of the letters")
        .with("texts", texts)
        .with("address", texts.programme_address.join("\n"))
        .with("paragraphs", paragraphs)
        .with("categories", categories)
        .form(form)
        .render("pages/letters/texts.html")
}
