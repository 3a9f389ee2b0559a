//! The rules about which file may know what.

use std::path::{Path, PathBuf};

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// Files under `src/` that hold `word`, but for those that may.
fn offenders(word: &str, may: impl Fn(&str) -> bool) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&root, &mut files);
    files
        .into_iter()
        .filter(|path| {
            std::fs::read_to_string(path)
                .unwrap()
                .lines()
                .any(|line| line.contains(word))
        })
        .map(|path| {
            path.strip_prefix(&root)
                .unwrap()
                .to_string_lossy()
                .into_owned()
        })
        .filter(|path| !may(path))
        .collect()
}

#[test]
fn only_queries_and_the_database_folder_use_diesel() {
    let found = offenders("use diesel", |path| {
        path.starts_with("db/") || path.ends_with("queries.rs")
    });
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn only_pages_routes_and_the_web_folder_use_actix() {
    let found = offenders("use actix_web", |path| {
        path.starts_with("web/")
            || path.ends_with("pages.rs")
            || path.contains("/pages/")
            || path == "routes.rs"
    });
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn identities_are_unsealed_by_one_function() {
    let found = offenders("read_identity(", |path| path == "identity/door.rs");
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn the_machines_clock_is_read_in_one_place() {
    let found = offenders("Utc::now()", |path| path == "clock.rs");
    assert_eq!(found, Vec::<String>::new());
}
