//! The two cookies: who is signed in, and a word to say on the next page.

use actix_web::HttpRequest;
use actix_web::cookie::{Cookie, SameSite, time};

use crate::app::App;

/// The cookie with the login's token. Over https its name makes the browser insist on this host and on https.
pub fn login_cookie_name(app: &App) -> &'static str {
    if is_https(app) {
        "__Host-stature"
    } else {
        "stature"
    }
}

/// A cookie for a fresh login; it goes when the browser closes.
pub fn login_cookie(app: &App, token: &str) -> Cookie<'static> {
    Cookie::build(login_cookie_name(app), token.to_owned())
        .path("/")
        .http_only(true)
        .secure(is_https(app))
        .same_site(SameSite::Lax)
        .finish()
}

/// A cookie that removes the login.
pub fn forget_login_cookie(app: &App) -> Cookie<'static> {
    let mut cookie = login_cookie(app, "");
    cookie.set_max_age(time::Duration::ZERO);
    cookie
}

/// The login's token that a request brings.
pub fn login_token(app: &App, request: &HttpRequest) -> Option<String> {
    request
        .cookie(login_cookie_name(app))
        .map(|cookie| cookie.value().to_owned())
        .filter(|token| !token.is_empty())
}

const FLASH: &str = "stature-said";

/// A word for the next page. `kind`: `success`, `information` or `warning`; never a name.
pub fn flash_cookie(kind: &str, text: &str) -> Cookie<'static> {
    let value = crate::identity::hex(format!("{kind}\n{text}").as_bytes());
    Cookie::build(FLASH, value)
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .max_age(time::Duration::minutes(1))
        .finish()
}

/// The word that the page before left: kind and text.
pub fn flash(request: &HttpRequest) -> Option<(String, String)> {
    let cookie = request.cookie(FLASH)?;
    let hex = cookie.value();
    let bytes: Option<Vec<u8>> = (0..hex.len())
        .step_by(2)
        .map(|at| {
            hex.get(at..at + 2)
                .and_then(|pair| u8::from_str_radix(pair, 16).ok())
        })
        .collect();
    let said = String::from_utf8(bytes?).ok()?;
    let (kind, text) = said.split_once('\n')?;
    ["success", "information", "warning"]
        .contains(&kind)
        .then(|| (kind.to_owned(), text.to_owned()))
}

/// Takes the word away once it was shown.
pub fn forget_flash_cookie() -> Cookie<'static> {
    let mut cookie = flash_cookie("", "");
    cookie.set_value("");
    cookie.set_max_age(time::Duration::ZERO);
    cookie
}

fn is_https(app: &App) -> bool {
    app.config.web.public_url.starts_with("https://")
}
