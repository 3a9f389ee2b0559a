//! Pages: signing in and out, one's own password, and the administration of accounts.

mod manage;
mod own;
mod sign_in;

pub use manage::{add, add_page, edit, edit_page, list};
pub use own::{change_password, own_page, set_password, set_password_page};
pub use sign_in::{sign_in, sign_in_page, sign_out};

use crate::app::App;
use crate::db;
use crate::error::{AppError, internal};

/// Works on a password on a thread of its own, a few at a time.
async fn hashing<T: Send + 'static>(
    app: &App,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, AppError> {
    let _turn = app.hashing.acquire().await.map_err(internal)?;
    db::blocking(move || Ok::<_, AppError>(work())).await
}
