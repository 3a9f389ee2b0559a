//! Installs the npm packages that build scripts embed from.
//!
//! Two build scripts of this workspace need `node_modules` (pages take their
//! styles from it, letters their fonts) and cargo may run them at the same
//! time: a lock beside cargo's own output lets one install while the other
//! waits. This file is included by path; it is no crate of its own.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// The `node_modules` folder under `root`, installed first when it is missing
/// or older than `package-lock.json`.
///
/// Prints the `rerun-if-changed` line for the lock file, and for nothing inside
/// `node_modules`: npm writes there while the build script runs, so cargo would
/// take the very next build for a changed one. Errors are fit to be shown.
pub(crate) fn node_modules(root: &Path) -> Result<PathBuf, String> {
    let lock_file = root.join("package-lock.json");
    println!("cargo::rerun-if-changed={}", lock_file.display());
    let modules = root.join("node_modules");
    let _guard = guard()?;
    if is_current(&modules, &lock_file)? {
        return Ok(modules);
    }
    install(root)?;
    Ok(modules)
}

/// An exclusive lock held until the returned file is dropped.
fn guard() -> Result<File, String> {
    let out_dir = std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?;
    // OUT_DIR is target/PROFILE/build/PACKAGE-HASH/out.
    let shared = Path::new(&out_dir)
        .ancestors()
        .nth(2)
        .ok_or("OUT_DIR is not inside a build folder")?
        .join("npm.lock");
    let file = File::create(&shared)
        .map_err(|error| format!("cannot create {}: {error}", shared.display()))?;
    file.lock()
        .map_err(|error| format!("cannot lock {}: {error}", shared.display()))?;
    Ok(file)
}

/// Whether npm's own record of what it installed is at least as new as the lock file.
fn is_current(modules: &Path, lock_file: &Path) -> Result<bool, String> {
    let wanted = modified(lock_file)?
        .ok_or_else(|| format!("{} is missing from the source", lock_file.display()))?;
    let installed = modified(&modules.join(".package-lock.json"))?;
    Ok(installed.is_some_and(|installed| installed >= wanted))
}

/// When a file was last written, or `None` when there is no such file.
fn modified(path: &Path) -> Result<Option<SystemTime>, String> {
    match fs::metadata(path).and_then(|metadata| metadata.modified()) {
        Ok(time) => Ok(Some(time)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("cannot read {}: {error}", path.display())),
    }
}

/// Runs `npm ci`, which installs exactly what the lock file names.
fn install(root: &Path) -> Result<(), String> {
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let output = Command::new(npm)
        .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
        .current_dir(root)
        .output()
        .map_err(|error| match error.kind() {
            ErrorKind::NotFound => "npm was not found: page styles and letter fonts come from npm \
                 packages, so Node.js 20 or newer with npm is needed on the PATH"
                .to_owned(),
            _ => format!("npm could not be started: {error}"),
        })?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "`npm ci` failed ({}), so page styles and letter fonts are not there. Without a network, \
         run `npm ci` once where there is one and copy node_modules here. npm said:\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr).trim()
    ))
}
