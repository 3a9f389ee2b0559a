//! The table of everything the service answers: method, path, permission, handler.
//!
//! A test walks it with every role and with none, against a readable matrix.

use crate::access::needs;
use crate::accounts::pages as accounts;
use crate::web::routing::{Route, get, post};

/// The table.
pub fn table() -> Vec<Route> {
    vec![
        get("/sign-in", needs::Public, accounts::sign_in_page),
        post("/sign-in", needs::Public, accounts::sign_in),
        post("/sign-out", needs::SignedIn, accounts::sign_out),
        get("/set-password/{token}", needs::Public, accounts::set_password_page),
        post("/set-password/{token}", needs::Public, accounts::set_password),
        get("/accounts", needs::ManageAccounts, accounts::list),
        get("/accounts/add", needs::ManageAccounts, accounts::add_page),
        post("/accounts/add", needs::ManageAccounts, accounts::add),
        get("/accounts/{id}", needs::ManageAccounts, accounts::edit_page),
        post("/accounts/{id}", needs::ManageAccounts, accounts::edit),
    ]
}
