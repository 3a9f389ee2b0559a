//! Pages: whom figures are announced to.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use super::contact_queries::{self as queries, Audience, Contact};
use crate::access::needs;
use crate::app::App;
use crate::audit::{self, Action};
use crate::error::AppError;
use crate::web::{Allowed, FormData, Submitted, View, redirect_with};
use programme::{EmailReading, read_email};

/// An address for each authority and each open school.
pub async fn contacts_page(
    allowed: Allowed<needs::ManageSchools>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, AppError> {
    let contacts = app.db.read(queries::contacts).await?;
    render(&allowed, &app, &request, &contacts, &FormData::default())
}

/// Keeps the addresses that were changed.
pub async fn set_contacts(
    allowed: Allowed<needs::ManageSchools>,
    app: web::Data<App>,
    request: HttpRequest,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let Submitted(mut form) = form;
    let contacts = app.db.read(queries::contacts).await?;
    let mut wanted = Vec::new();
    for contact in &contacts {
        let field = field_of(contact);
        let email = match read_email(form.text(&field)) {
            EmailReading::None => None,
            EmailReading::One { address, .. } => Some(address),
            EmailReading::Several { .. } | EmailReading::Unusable => {
                form.error(
                    &field,
                    format!(
                        "{}: enter one email address, such as office@school.example.org",
                        contact.name
                    ),
                );
                continue;
            }
        };
        if email != contact.email {
            wanted.push((contact.audience.clone(), email));
        }
    }
    if !form.is_valid() {
        return render(&allowed, &app, &request, &contacts, &form);
    }
    let (actor, now, count) = (allowed.actor().clone(), app.clock.now(), wanted.len());
    app.db
        .write(move |tx| -> Result<(), AppError> {
            for (audience, email) in &wanted {
                if queries::set_contact(tx, audience, email.as_deref())? {
                    let subject = match audience {
                        Audience::School(urn) => format!("school:{urn}"),
                        Audience::Authority(code) => format!("la:{code}"),
                    };
                    audit::event(
                        tx,
                        &actor,
                        now,
                        Action::ContactSet,
                        &subject,
                        &json!({"has_address": email.is_some()}),
                    )?;
                }
            }
            Ok(())
        })
        .await?;
    let told = match count {
        0 => "Nothing was changed".to_owned(),
        1 => "1 contact was changed".to_owned(),
        many => format!("{many} contacts were changed"),
    };
    Ok(redirect_with("/contacts", "success", &told))
}

fn render(
    allowed: &Allowed<needs::ManageSchools>,
    app: &App,
    request: &HttpRequest,
    contacts: &[Contact],
    form: &FormData,
) -> Result<HttpResponse, AppError> {
    let (authorities, schools): (Vec<_>, Vec<_>) = contacts
        .iter()
        .partition(|contact| matches!(contact.audience, Audience::Authority(_)));
    let rows = |contacts: Vec<&Contact>| -> Vec<_> {
        contacts
            .into_iter()
            .map(|contact| json!({"field": field_of(contact), "name": contact.name, "email": contact.email.clone().unwrap_or_default()}))
            .collect()
    };
    View::new(app, request, allowed, "Contacts for figures")
        .with("authorities", rows(authorities))
        .with("schools", rows(schools))
        .form(form)
        .render("pages/schools/contacts.html")
}

fn field_of(contact: &Contact) -> String {
    match &contact.audience {
        Audience::School(urn) => format!("contact-school-{urn}"),
        Audience::Authority(code) => format!("contact-la-{code}"),
    }
}
