//! `stature audit verify`.

use clap::Subcommand;

use super::{Ended, Outcome};
use crate::app::App;
use crate::audit;
use crate::db;

/// What can be done with the record of what happened.
#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Check that no event was altered or removed after it was written
    Verify,
}

pub(super) fn run(app: &App, command: AuditCommand) -> Outcome {
    match command {
        AuditCommand::Verify => {
            let report = app.db.write_now(|tx| -> Result<_, db::Error> {
                while audit::link_events(tx)? > 0 {}
                audit::verify(tx)
            })?;
            if let Some(broken) = report.broken {
                anyhow::bail!(
                    "the chain of events is broken: {broken}; {} links before it hold",
                    report.linked
                );
            }
            println!("The chain of events holds: {} events.", report.linked);
        }
    }
    Ok(Ended::Done)
}
