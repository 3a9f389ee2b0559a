//! Pages: signing in and out, one's own password, and the administration of accounts.

mod approvals;
mod described;
mod manage;
mod mistakes;
mod own;
mod sign_in;
mod tries;

pub use approvals::{approval_page, approvals, decide};
pub use manage::{add, add_page, edit, edit_page, list};
pub use own::{change_password, own_page, set_password, set_password_page};
pub use sign_in::{sign_in, sign_in_page, sign_out};
