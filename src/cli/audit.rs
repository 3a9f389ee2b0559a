//! `stature audit`.

use clap::Subcommand;
use serde_json::json;

use super::{Ended, Outcome, by_command};
use crate::app::App;
use crate::audit::{self, Action};
use crate::db;

/// What can be done with the record of what happened.
#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Check that no event was altered or deleted after it was written
    Verify,
    /// Keep the chain's present end beside the keyring, once it is known why the one kept there differs
    AcceptHead {
        /// Why the two differ: it is recorded as an event
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

pub(super) fn run(app: &App, command: AuditCommand) -> Outcome {
    let folder = app.identities.keyring().folder();
    match command {
        AuditCommand::Verify => {
            let found = audit::verify(&app.db, folder)?;
            if let Some(broken) = found.chain.broken {
                anyhow::bail!(
                    "the chain of events is broken: {broken}; {} links before it hold",
                    found.chain.linked
                );
            }
            println!("The chain of events holds: {} events.", found.chain.linked);
            if !found.head_was_kept {
                println!(
                    "No head of the chain was kept in {}, so deleted last events would not have been noticed. One is kept from now on.",
                    folder.display()
                );
                return Ok(Ended::InPart);
            }
        }
        AuditCommand::AcceptHead { reason } => {
            let actor = by_command("audit accept-head");
            app.db.write_now(|tx| -> Result<(), db::Error> {
                let detail = json!({"reason": reason});
                audit::event(
                    tx,
                    &actor,
                    app.clock.now(),
                    Action::AuditHeadAccepted,
                    "audit",
                    &detail,
                )
            })?;
            if let Some(head) = audit::accept(&app.db, folder)? {
                println!("The head kept is now link {}.", head.position);
            }
        }
    }
    Ok(Ended::Done)
}
