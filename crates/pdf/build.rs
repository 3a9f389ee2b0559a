//! Copies the fonts that letters are set in out of their npm packages, so that
//! the program carries them inside itself.

#[path = "../../build/npm.rs"]
mod npm;

use std::path::PathBuf;
use std::process::ExitCode;

/// The weights used, by their path inside `node_modules/@expo-google-fonts`.
const FONTS: [&str; 3] = [
    "noto-sans/400Regular/NotoSans_400Regular.ttf",
    "noto-sans/700Bold/NotoSans_700Bold.ttf",
    "noto-naskh-arabic/400Regular/NotoNaskhArabic_400Regular.ttf",
];

fn main() -> ExitCode {
    match copy_fonts() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            println!("cargo::error={}", message.replace('\n', " "));
            ExitCode::FAILURE
        }
    }
}

/// Puts every font into `OUT_DIR`, under its own file name.
fn copy_fonts() -> Result<(), String> {
    let variable = |name: &str| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .ok_or_else(|| format!("{name} is not set"))
    };
    let root = variable("CARGO_MANIFEST_DIR")?.join("../..");
    let out = variable("OUT_DIR")?;
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=../../build/npm.rs");
    let packages = npm::node_modules(&root)?.join("@expo-google-fonts");
    for font in FONTS {
        let source = packages.join(font);
        let name = source.file_name().ok_or("a font without a file name")?;
        std::fs::copy(&source, out.join(name))
            .map_err(|error| format!("{} cannot be copied: {error}", source.display()))?;
    }
    Ok(())
}
