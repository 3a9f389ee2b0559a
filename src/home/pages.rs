//! Page: home.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::access::needs;
use crate::app::App;
use crate::error::AppError;
use crate::web::{Allowed, View};

/// What there is to do for the one who is signed in.
pub async fn home(
    allowed: Allowed<needs::SignedIn>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, AppError> {
    View::new(&app, &request, &allowed, "Home").render("pages/home.html")
}
