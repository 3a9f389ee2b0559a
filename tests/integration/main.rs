//! One binary for all integration tests: each test runs on SQLite and on PostgreSQL.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by a panic"
)]

#[macro_use]
mod support;

mod accounts;
mod announcements;
mod approvals;
mod architecture;
mod arrows;
mod audit_chain;
mod backup;
mod children;
mod class_list;
mod clear;
mod contacts;
mod damaged;
mod demo;
mod exposure;
mod growth;
mod home;
mod installation;
mod jobs;
mod letters;
mod measurements_import;
mod once;
mod outages;
mod permissions;
mod privacy;
mod production;
mod recording;
mod releases;
mod retention;
mod roster;
mod roster_again;
mod roster_at_once;
mod schema;
mod sealed;
mod typed;
mod upgrade;
mod visitors;
mod visits;
mod web;
mod years;
