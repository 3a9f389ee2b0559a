//! Files that commands read and write.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use anyhow::{Context as _, bail};

use super::not_the_database;
use crate::db::Db;
use tabular::Limits;

/// Reads a whole file, refused by its size before any of it is read.
pub(super) fn read_file(db: &Db, path: &Path, limits: &Limits) -> anyhow::Result<Vec<u8>> {
    not_the_database(db, path)?;
    let shown = path.display();
    let size = std::fs::metadata(path).with_context(|| format!("{shown} cannot be read"))?;
    if size.is_dir() {
        bail!("{shown} is a folder, not a file");
    }
    limits.check_size(size.len())?;
    std::fs::read(path).with_context(|| format!("{shown} cannot be read"))
}

pub(super) fn open_file(db: &Db, path: &Path) -> anyhow::Result<File> {
    not_the_database(db, path)?;
    File::open(path).with_context(|| format!("{} cannot be read", path.display()))
}

/// Makes a file that holds names readable by its owner only.
pub(super) fn create_private(db: &Db, path: &Path) -> anyhow::Result<BufWriter<File>> {
    use std::os::unix::fs::OpenOptionsExt as _;
    not_the_database(db, path)?;
    std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .map(BufWriter::new)
        .with_context(|| format!("{} cannot be written", path.display()))
}
