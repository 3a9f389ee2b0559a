//! `stature raw-bytes`: the bytes of a file on standard output.
//!
//! Retention searches the database's file for what it has erased. It starts this command to read the file, because a
//! process that has the database open must not open its file a second time (`db::raw_bytes`).

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use super::{Ended, Outcome};
use crate::db::raw_bytes;

/// Which file to read.
#[derive(Args, Debug)]
pub(super) struct RawBytesArgs {
    /// The file; nothing is written when it does not exist
    pub file: PathBuf,
}

pub(super) fn run(args: &RawBytesArgs) -> Outcome {
    let mut out = std::io::stdout().lock();
    raw_bytes::write_file(&args.file, &mut out)
        .with_context(|| format!("{} cannot be read", args.file.display()))?;
    Ok(Ended::Done)
}
