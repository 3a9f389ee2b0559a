//! Who may do what, and to which schools. Roles, permissions and scopes are plain values.

mod permission;
mod queries;
mod role;
mod scope;
pub mod session;

pub use permission::{Permission, Requires, needs};
pub use role::Role;
pub use scope::Scope;
pub use session::{Session, SessionLimits};
