//! Gathers what the pages need besides templates into `OUT_DIR/assets`, and
//! lists it in `OUT_DIR/assets.rs`, which `src/web/assets.rs` embeds.
//!
//! The one thing to know: styles and scripts of the NHS design system come
//! from npm (`build/npm.rs` installs them when they are missing), and nothing
//! embedded refers to another server. The design system's font, Frutiger, is
//! licensed for NHS sites only and is fetched from one, so its rules are taken
//! out and the fallback, Arial, is what pages use.

#[path = "build/npm.rs"]
mod npm;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Files taken from the design system: where in its `dist/nhsuk`, and our name.
const FROM_NHSUK_FRONTEND: [(&str, &str); 6] = [
    ("nhsuk-frontend.min.css", "nhsuk-frontend.css"),
    ("nhsuk-frontend.min.js", "nhsuk-frontend.js"),
    ("assets/images/nhsuk-icon-arrow-down.svg", "arrow-down.svg"),
    (
        "assets/images/nhsuk-icon-arrow-up-down.svg",
        "arrow-up-down.svg",
    ),
    ("assets/images/nhsuk-icon-arrow-up.svg", "arrow-up.svg"),
    ("assets/images/nhsuk-icon-cross.svg", "cross.svg"),
];

fn main() -> ExitCode {
    match gather() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            println!("cargo::error={}", message.replace('\n', " "));
            ExitCode::FAILURE
        }
    }
}

/// Fills `OUT_DIR/assets` anew.
fn gather() -> Result<(), String> {
    let root = variable("CARGO_MANIFEST_DIR")?;
    let out = variable("OUT_DIR")?.join("assets");
    for watched in ["build.rs", "build/npm.rs", "assets", "templates"] {
        // Embedding reads whole folders, so a file added or removed counts.
        println!("cargo::rerun-if-changed={watched}");
    }
    let nhsuk = npm::node_modules(&root)?.join("nhsuk-frontend/dist/nhsuk");

    if out.exists() {
        fs::remove_dir_all(&out).map_err(|error| explain(&out, &error))?;
    }
    fs::create_dir_all(&out).map_err(|error| explain(&out, &error))?;
    for (from, to) in FROM_NHSUK_FRONTEND {
        let source = nhsuk.join(from);
        let mut text = fs::read_to_string(&source).map_err(|error| explain(&source, &error))?;
        if to == "nhsuk-frontend.css" {
            text = self_contained_css(&text)?;
        }
        write(&out.join(to), &without_source_map(&text))?;
    }
    let own = root.join("assets");
    for entry in fs::read_dir(&own).map_err(|error| explain(&own, &error))? {
        let source = entry.map_err(|error| explain(&own, &error))?.path();
        let Some(name) = source.file_name() else {
            continue;
        };
        fs::copy(&source, out.join(name)).map_err(|error| explain(&source, &error))?;
    }
    write(&out.with_extension("rs"), &listing(&out)?)
}

/// Rust source of a slice of `(name, content)` for the files in a folder.
fn listing(folder: &Path) -> Result<String, String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| explain(folder, &error))? {
        let entry = entry.map_err(|error| explain(folder, &error))?;
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    names.sort_unstable();
    let lines = names
        .iter()
        .map(|name| format!("    ({name:?}, include_bytes!(\"assets/{name}\")),\n"))
        .collect::<Vec<_>>();
    Ok(format!("&[\n{}]\n", lines.concat()))
}

/// The design system's styles without its font and with its pictures beside it.
///
/// Pictures are addressed from the web root there; a relative address keeps
/// working under any prefix. An address of another server left over is an
/// error: a new release of the package would have brought it.
fn self_contained_css(css: &str) -> Result<String, String> {
    let mut kept = String::with_capacity(css.len());
    let mut rest = css;
    while let Some(start) = rest.find("@font-face{") {
        kept.push_str(&rest[..start]);
        let end = rest[start..]
            .find('}')
            .ok_or("nhsuk-frontend.css has an unclosed @font-face")?;
        rest = &rest[start + end + 1..];
    }
    kept.push_str(rest);
    let kept = kept.replace("/assets/images/nhsuk-icon-", "");
    if kept.contains("url(http") || kept.contains("url(//") {
        return Err("nhsuk-frontend.css refers to another server; mend build.rs".to_owned());
    }
    Ok(kept)
}

/// Drops the comment that names a source map, which is not embedded.
fn without_source_map(text: &str) -> String {
    let end = text
        .rfind("/*# sourceMappingURL=")
        .or_else(|| text.rfind("//# sourceMappingURL="))
        .unwrap_or(text.len());
    text[..end].to_owned()
}

/// Writes a text file or says why it could not.
fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| explain(path, &error))
}

/// A path that cargo hands to build scripts.
fn variable(name: &str) -> Result<PathBuf, String> {
    std::env::var_os(name)
        .map(PathBuf::from)
        .ok_or_else(|| format!("{name} is not set"))
}

/// An input or output error with the file it is about.
fn explain(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}
