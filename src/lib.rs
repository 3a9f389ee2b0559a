//! Stature manages a child height and weight measurement programme. ARCHITECTURE.md is the map.

pub mod access;
pub mod accounts;
pub mod app;
pub mod audit;
pub mod backup;
pub mod cli;
pub mod clock;
pub mod config;
pub mod db;
pub mod error;
pub mod fields;
pub mod home;
pub mod identity;
pub mod jobs;
pub mod mail;
pub mod measurement;
pub mod privacy;
pub mod retention;
pub mod roster;
pub mod routes;
pub mod schools;
pub mod settings;
pub mod synth;
pub mod tabular;
pub mod web;
pub mod years;
