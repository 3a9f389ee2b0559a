//! Accounts: signing in and out, passwords, and who works for which schools.
//!
//! A refusal to sign in never tells whether the account exists: the same work is done and the same words are shown.

mod approval_queries;
pub mod change;
mod error;
mod hashing;
mod link;
mod notify;
mod office;
pub mod pages;
pub mod password;
mod queries;
mod sign_in;
pub mod slow;
mod slow_queries;

pub use approval_queries::{Waiting, waiting, waiting_for};
pub use error::{AccountError, check_address};
pub use hashing::Hashing;
pub use link::{LINK_HOURS, link_owner, use_link};
pub use office::Office;
pub use queries::{
    AccountRow, NewAccount, account_by_email, account_by_id, accounts, add_account, assignments_of,
    set_password, set_state,
};
pub use sign_in::{
    SignIn, change_own_password, sign_everybody_out, sign_in, slowed_accounts,
    wrong_current_password,
};
pub use slow::Attempt;
