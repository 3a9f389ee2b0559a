//! What a visitor sees while an import is worked on.

use actix_web::{HttpRequest, HttpResponse};

use crate::access::needs;
use crate::app::App;
use crate::error::AppError;
use crate::web::{Allowed, View};
use roster_reader::progress::Reached;

/// How far the work is. The page asks again by itself; without a script it
/// offers a link to ask.
pub(super) fn progress_page(
    allowed: &Allowed<needs::ManageRosters>,
    app: &App,
    request: &HttpRequest,
    import: i64,
    title: &str,
    reached: Reached,
) -> Result<HttpResponse, AppError> {
    View::new(app, request, allowed, title)
        .with("id", import)
        .with("step", reached.step.words())
        .with("done", reached.done)
        .with("total", reached.total)
        .render("pages/roster/progress.html")
}
