//! `stature user add`.

use std::io::Read;

use anyhow::Context as _;
use clap::Subcommand;
use serde_json::json;

use super::{Ended, Outcome};
use crate::access::Role;
use crate::accounts::{self, AccountError, NewAccount, password};
use crate::app::App;
use crate::audit::{self, Actor};

/// What can be done with accounts.
#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Add an account; prints the link that sets its password
    Add {
        /// Email address
        email: String,
        /// recorder, nurse, administrator, governance, school, authority, monitor or sysadmin
        #[arg(long)]
        role: Role,
        /// The person's name; without it, the first part of the address
        #[arg(long)]
        name: Option<String>,
        /// A school it works for; may be given several times
        #[arg(long, value_name = "URN")]
        school: Vec<i32>,
        /// A local authority it works for; may be given several times
        #[arg(long, value_name = "CODE")]
        la: Vec<String>,
        /// Read the password from standard input instead of printing a link
        #[arg(long)]
        password_stdin: bool,
    },
    /// List the accounts
    List,
}

pub(super) fn run(app: &App, command: UserCommand) -> Outcome {
    match command {
        UserCommand::Add {
            email,
            role,
            name,
            school,
            la,
            password_stdin,
        } => {
            email
                .parse::<lettre::Address>()
                .context("this is not an email address")?;
            let name =
                name.unwrap_or_else(|| email.split('@').next().unwrap_or_default().to_owned());
            let new = NewAccount {
                email,
                name,
                role,
                schools: school,
                authorities: la,
            };
            let hash = password_stdin.then(read_password).transpose()?;
            let (actor, now) = (Actor::command("user add"), app.clock.now());
            let token = app
                .db
                .write_now(|tx| -> Result<Option<String>, AccountError> {
                    let id = accounts::add_account(tx, &new, now)?;
                    let detail = json!({"role": role.code()});
                    audit::event(
                        tx,
                        &actor,
                        now,
                        "account.added",
                        &format!("account:{id}"),
                        &detail,
                    )?;
                    match &hash {
                        Some(hash) => {
                            accounts::set_password(tx, id, hash, now)?;
                            accounts::set_state(tx, id, "active", now)?;
                            Ok(None)
                        }
                        None => accounts::password_link(tx, &actor, id, now).map(Some),
                    }
                })?;
            match token {
                Some(token) => println!(
                    "Added. This link sets the password once, within {} hours:\n{}/set-password/{token}",
                    accounts::LINK_HOURS,
                    app.config.web.public_url
                ),
                None => println!("Added, with the password given."),
            }
        }
        UserCommand::List => {
            for account in app.db.read_now(accounts::accounts)? {
                println!("{}  {}  {}", account.email, account.role, account.state);
            }
        }
    }
    Ok(Ended::Done)
}

fn read_password() -> anyhow::Result<String> {
    let mut typed = zeroize::Zeroizing::new(String::new());
    std::io::stdin()
        .take(2000)
        .read_to_string(&mut typed)
        .context("the password could not be read")?;
    Ok(password::hash(typed.trim_end_matches(['\r', '\n']))?)
}
