//! Page: one child's record, and its flags.

use actix_web::{HttpRequest, HttpResponse, web};

use super::super::flags::{self, Flags};
use super::super::record::record;
use crate::access::{Permission, needs};
use crate::app::App;
use crate::error::AppError;
use crate::web::{Allowed, Submitted, View, redirect_with};

/// One child's page.
pub async fn child_page(
    allowed: Allowed<needs::ViewChild>,
    app: web::Data<App>,
    request: HttpRequest,
    id: web::Path<i64>,
) -> Result<HttpResponse, AppError> {
    let (scope, id) = (allowed.scope().clone(), *id);
    let page = allowed
        .write(&app, move |work| record(work, &scope, id))
        .await?;
    let may = |permission| allowed.session().may(permission);
    View::new(&app, &request, &allowed, "Child")
        .with("may_edit", may(Permission::EditChild))
        .with("may_letter", may(Permission::ManageLetters))
        .with("page", page)
        .render("pages/children/child.html")
}

/// Sets a child's flags.
pub async fn set_flags(
    allowed: Allowed<needs::EditChild>,
    app: web::Data<App>,
    id: web::Path<i64>,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let Submitted(form) = form;
    let has = |flag: &str| form.all("flags").any(|chosen| chosen == flag);
    let flags = Flags {
        opted_out: has("opted_out"),
        sensitive: has("sensitive"),
        growth_condition: has("growth_condition"),
    };
    let (scope, id) = (allowed.scope().clone(), *id);
    allowed
        .write(&app, move |work| flags::set_flags(work, &scope, id, flags))
        .await?;
    Ok(redirect_with(
        &format!("/children/{id}"),
        "success",
        "The flags were set",
    ))
}
