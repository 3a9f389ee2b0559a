//! One binary for all integration tests: each test runs on SQLite and on PostgreSQL.

#[macro_use]
mod support;

mod accounts;
mod architecture;
mod audit_chain;
mod backup;
mod growth;
mod home;
mod jobs;
mod permissions;
mod privacy;
mod retention;
mod roster;
mod schema;
mod sealed;
mod years;
