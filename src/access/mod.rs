//! Who may do what, and to which schools. Plain values: nothing here asks a database or a request.

mod permission;
mod role;
mod scope;

pub use permission::{Permission, Requires, needs};
pub use role::Role;
pub use scope::Scope;
