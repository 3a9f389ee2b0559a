//! The arrows of ARCHITECTURE.md, read from the code: which folder may use which, and no circles.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use regex_lite::Regex;

/// Names of modules, as the path below the crate: `["letters", "deliver"]`.
type Module = Vec<String>;

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every module of `src/` with its text, tests left out.
fn modules() -> BTreeMap<Module, String> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }
    let root = source();
    let mut files = Vec::new();
    walk(&root, &mut files);
    let tests = Regex::new(r"#\[cfg\(test\)\]\s*mod \w+ \{").unwrap();
    let comments = Regex::new(r"(?m)//.*$").unwrap();
    files
        .into_iter()
        .filter_map(|path| {
            let below = path.strip_prefix(&root).unwrap().with_extension("");
            let mut module: Module = below
                .iter()
                .map(|part| part.to_str().unwrap().to_owned())
                .collect();
            if module.last().is_some_and(|last| last == "mod") {
                module.pop();
            }
            if matches!(module.first().map(String::as_str), Some("main" | "lib")) {
                return None;
            }
            let text = fs::read_to_string(&path).unwrap();
            let code = tests.split(&text).next().unwrap_or_default();
            Some((module, comments.replace_all(code, "").into_owned()))
        })
        .collect()
}

/// The paths that a tree of a `use` names: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn paths_of(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some(open) = tree.find('{') else {
        let path = tree.split(" as ").next().unwrap_or(tree);
        return vec![path.split_whitespace().collect()];
    };
    let head = &tree[..open];
    let body = tree[open + 1..].trim_end().trim_end_matches('}');
    let (mut depth, mut part, mut parts) = (0, String::new(), Vec::new());
    for letter in tree[open + 1..=open + body.len()].chars() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(std::mem::take(&mut part));
                continue;
            }
            _ => {}
        }
        part.push(letter);
    }
    parts.push(part);
    parts
        .iter()
        .filter(|part| !part.trim().is_empty())
        .flat_map(|part| paths_of(part))
        .map(|path| format!("{}{path}", head.trim()))
        .collect()
}

/// The module that a path leads to, seen from `here`; `None` for another crate.
fn target(path: &str, here: &Module, known: &BTreeMap<Module, String>) -> Option<Module> {
    let mut parts = path.split("::").map(str::to_owned).peekable();
    let mut base: Module = match parts.peek()?.as_str() {
        "crate" => Module::new(),
        "self" | "super" => here.clone(),
        first => {
            let child: Module = here
                .iter()
                .map(String::as_str)
                .chain([first])
                .map(str::to_owned)
                .collect();
            known.contains_key(&child).then(|| here.clone())?
        }
    };
    while let Some("crate" | "self" | "super") = parts.peek().map(String::as_str) {
        if parts.next().as_deref() == Some("super") {
            base.pop();
        }
    }
    base.extend(parts);
    while !base.is_empty() && !known.contains_key(&base) {
        base.pop();
    }
    (!base.is_empty()).then_some(base)
}

/// Which modules each module uses, by `use` and by paths in full.
fn arrows() -> BTreeMap<Module, BTreeSet<Module>> {
    let known = modules();
    let uses = Regex::new(r"(?m)^\s*(?:pub(?:\([^)]*\))?\s+)?use\s+([^;]+);").unwrap();
    let paths = Regex::new(r"\b(?:crate|self|super)(?:::\w+)+").unwrap();
    known
        .iter()
        .map(|(module, text)| {
            let mut used: BTreeSet<Module> = uses
                .captures_iter(text)
                .flat_map(|found| paths_of(&found[1]))
                .chain(
                    paths
                        .find_iter(&uses.replace_all(text, ""))
                        .map(|found| found.as_str().to_owned()),
                )
                .filter_map(|path| target(&path, module, &known))
                .collect();
            used.remove(module);
            (module.clone(), used)
        })
        .collect()
}

/// The arrows between folders of `src/`.
fn between_folders() -> BTreeMap<String, BTreeSet<String>> {
    let mut folders: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (module, used) in arrows() {
        let from = folders.entry(module[0].clone()).or_default();
        from.extend(
            used.into_iter()
                .map(|to| to[0].clone())
                .filter(|to| *to != module[0]),
        );
    }
    folders
}

/// The table of ARCHITECTURE.md.
fn allowed() -> BTreeMap<String, BTreeSet<String>> {
    let text =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md")).unwrap();
    let table = text
        .split("\n## Arrows\n")
        .nth(1)
        .unwrap()
        .split("\n## ")
        .next()
        .unwrap();
    let names = Regex::new(r"`(\w+)`").unwrap();
    table
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .map(|line| {
            let (folder, used) = line.split_once("` |").unwrap();
            let used = names
                .captures_iter(used)
                .map(|name| name[1].to_owned())
                .collect();
            (folder.to_owned(), used)
        })
        .collect()
}

#[test]
fn a_folder_uses_only_what_architecture_allows() {
    let allowed = allowed();
    let none = BTreeSet::new();
    let mut wrong = Vec::new();
    for (from, used) in between_folders() {
        let may = allowed.get(&from).unwrap_or(&none);
        wrong.extend(
            used.difference(may)
                .map(|to| format!("{from} uses {to}: not in ARCHITECTURE.md")),
        );
        wrong.extend(
            may.difference(&used)
                .map(|to| format!("{from} may use {to} but does not: take it out")),
        );
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn arrows_between_folders_run_in_no_circle() {
    let mut left = between_folders();
    while let Some(lowest) = left
        .iter()
        .find(|(_, used)| used.iter().all(|to| !left.contains_key(to)))
        .map(|(folder, _)| folder.clone())
    {
        left.remove(&lowest);
    }
    assert_eq!(
        left,
        BTreeMap::new(),
        "these use each other, directly or by way of others"
    );
}

/// Whether `module` uses itself by way of others.
fn is_in_a_circle(module: &Module, arrows: &BTreeMap<Module, BTreeSet<Module>>) -> bool {
    let mut seen = BTreeSet::new();
    let mut next = vec![module];
    while let Some(from) = next.pop() {
        for to in arrows.get(from).into_iter().flatten() {
            if to == module {
                return true;
            }
            if seen.insert(to) {
                next.push(to);
            }
        }
    }
    false
}

#[test]
fn no_file_uses_a_file_that_uses_it() {
    let arrows = arrows();
    let found: Vec<String> = arrows
        .keys()
        .filter(|module| is_in_a_circle(module, &arrows))
        .map(|module| module.join("::"))
        .collect();
    assert_eq!(
        found,
        Vec::<String>::new(),
        "move what they share into a file of its own"
    );
}

#[test]
fn the_tree_of_a_use_is_read_in_full() {
    assert_eq!(
        paths_of("crate::{db::{self, Conn}, error::AppError as E}"),
        [
            "crate::db::self",
            "crate::db::Conn",
            "crate::error::AppError"
        ]
    );
}
