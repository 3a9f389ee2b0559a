//! The two databases behind one door: `read` and `write`.
//!
//! Every request makes one blocking hop: a closure that gets a connection and runs to its end. `write` begins an
//! IMMEDIATE transaction on SQLite: a deferred one that reads and then writes is refused with "database is locked" as
//! soon as two people save at once. SQLite has one writer connection (several would queue inside SQLite, blindly) and
//! several readers; PostgreSQL has one pool for both.

mod bulk;
pub(crate) mod connection;
pub mod copy;
pub mod dialect;
pub(crate) mod error;
pub mod migrate;
mod pool;
pub mod raw_bytes;
pub mod schema;
pub(crate) mod text;

pub use bulk::Bulk;
pub use connection::Conn;
pub use dialect::Outage;
pub use error::{Down, Error, is_unique_violation, outage};
pub use pool::{Db, blocking, connect, create_file, lock_folder};
pub(crate) use text::stored_by_code;
