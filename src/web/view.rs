//! Pages on their way out.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, ContentDisposition, DispositionParam, DispositionType};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::allowed::Allowed;
use super::exposure::Exposure;
use super::forms::form_token;
use super::{cookies, navigation};
use crate::access::session::new_token;
use crate::access::{Requires, Session};
use crate::app::App;
use crate::error::{AppError, bad_request, internal};
use crate::form::FormData;
use crate::templates;

/// A page being put together.
pub struct View<'a> {
    app: &'a App,
    request: &'a HttpRequest,
    session: &'a Session,
    title: String,
    status: StatusCode,
    values: Map<String, Value>,
}

impl<'a> View<'a> {
    /// A page for a visitor with a permission; `title` is what its browser tab and its heading say.
    pub fn new<P: Requires>(
        app: &'a App,
        request: &'a HttpRequest,
        allowed: &'a Allowed<P>,
        title: impl Into<String>,
    ) -> Self {
        Self::for_session(app, request, allowed.session(), title)
    }

    pub(super) fn for_session(
        app: &'a App,
        request: &'a HttpRequest,
        session: &'a Session,
        title: impl Into<String>,
    ) -> Self {
        Self {
            app,
            request,
            session,
            title: title.into(),
            status: StatusCode::OK,
            values: Map::new(),
        }
    }

    /// Hands the template a value.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Serialize) -> Self {
        // What cannot be serialised is missing in the page, which the template engine reports as an error.
        if let Ok(value) = serde_json::to_value(value) {
            self.values.insert(name.to_owned(), value);
        }
        self
    }

    /// Hands the template a form; one with errors makes the page a 422.
    #[must_use]
    pub fn form(mut self, form: &FormData) -> Self {
        if !form.is_valid() {
            self.status = StatusCode::UNPROCESSABLE_ENTITY;
        }
        self.with("form", form)
    }

    /// Another status than 200.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Renders `templates/{template}`.
    pub fn render(mut self, template: &str) -> Result<HttpResponse, AppError> {
        let flash = cookies::flash(self.request);
        let layout = self.layout(flash.as_ref())?;
        self.values.insert("layout".to_owned(), layout);
        let html =
            templates::render(&self.app.templates, template, &self.values).map_err(internal)?;
        let mut response = HttpResponse::build(self.status);
        response.content_type("text/html; charset=utf-8");
        if flash.is_some() {
            response.cookie(cookies::forget_flash_cookie());
        }
        Ok(response.body(html))
    }

    fn layout(&self, flash: Option<&(String, String)>) -> Result<Value, AppError> {
        let token = match (
            self.session.login,
            cookies::login_token(self.app, self.request),
        ) {
            (Some(_), Some(token)) => form_token(&token)?,
            _ => String::new(),
        };
        let actor = self
            .session
            .role
            .map(|role| json!({"id": self.session.actor.id, "name": self.session.actor.label, "role_label": role.label(), "role": role.code()}));
        let web = &self.app.config.web;
        Ok(json!({
            "service_name": "Stature",
            "title": self.title,
            "actor": actor,
            "navigation": navigation::links(self.session, self.request.path()),
            "csrf": token,
            "submission": new_token().map_err(internal)?,
            "flash": flash.map(|(kind, text)| json!({"kind": kind, "text": text})),
            "request_path": self.request.path(),
            "idle_warning_seconds": (web.idle_minutes * 60 - 120).max(60),
            "demo": web.demo,
            "may_be_found": Exposure::of(self.request, self.status).is_findable(),
        }))
    }
}

/// Sends the browser to another page (303: with GET).
pub fn redirect(location: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, location))
        .finish()
}

/// A filter of a list as it stands in the address: `None` when it is empty. One that the list does not have is refused,
/// because the whole list would be taken for the answer.
pub fn chosen<T>(
    code: Option<&str>,
    of_code: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, AppError> {
    match code {
        None | Some("") => Ok(None),
        Some(code) => of_code(code).map(Some).ok_or_else(|| {
            bad_request(
                "The address asks for a part of the list that there is not. Open the list again and choose what it offers.",
            )
        }),
    }
}

/// The last page of a list instead of one beyond it: an old bookmark, or a number that somebody made up.
pub fn last_page_instead(request: &HttpRequest, page: usize, pages: usize) -> Option<HttpResponse> {
    let last = pages.max(1);
    (page > last).then(|| {
        let kept = request
            .query_string()
            .split('&')
            .filter(|pair| !pair.is_empty() && !pair.starts_with("page="));
        let query: String = kept.flat_map(|pair| [pair, "&"]).collect();
        redirect(&format!("{}?{query}page={last}", request.path()))
    })
}

/// Sends the browser to another page, which then says `text` (no names: it travels in a cookie).
pub fn redirect_with(location: &str, kind: &str, text: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, location))
        .cookie(cookies::flash_cookie(kind, text))
        .finish()
}

/// A file to keep.
pub fn download(file_name: &str, content_type: &str, bytes: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(content_type)
        .insert_header(ContentDisposition {
            disposition: DispositionType::Attachment,
            parameters: vec![DispositionParam::Filename(file_name.to_owned())],
        })
        .body(bytes)
}
