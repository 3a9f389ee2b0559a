//! `stature user`: the first accounts, and accounts when nobody can sign in to change them.

use std::io::Read;

use anyhow::Context as _;
use clap::Subcommand;

use super::{Ended, Outcome, by_command};
use crate::access::Role;
use crate::accounts::Office;
use crate::accounts::change::Changed;
use crate::accounts::{self, AccountError, NewAccount, password};
use crate::app::App;
use crate::db::Conn;

/// What can be done with accounts.
#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Add an account and email the person a link that sets its password
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
        /// Read the password from standard input instead of emailing a link
        #[arg(long)]
        password_stdin: bool,
    },
    /// List the accounts
    List,
    /// Change the role of an account; one that sees children waits for a programme administrator
    Role {
        /// Email address
        email: String,
        /// The new role
        role: Role,
    },
    /// Disable an account and end its sessions
    Disable {
        /// Email address
        email: String,
    },
    /// Enable an account again; one that sees children waits for a programme administrator
    Enable {
        /// Email address
        email: String,
    },
    /// Email the person a link that sets a new password
    Reset {
        /// Email address
        email: String,
    },
    /// Forget wrong passwords, so that the person need not wait
    Unlock {
        /// Email address
        email: String,
    },
}

impl UserCommand {
    /// Whether it may be the first command of a new place.
    pub(super) fn sets_up(&self) -> bool {
        matches!(self, Self::Add { .. })
    }
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
            accounts::check_address(&email)
                .with_context(|| format!("“{}” is not an email address", email.escape_debug()))?;
            let name =
                name.unwrap_or_else(|| email.split('@').next().unwrap_or_default().to_owned());
            let new = NewAccount {
                email,
                name,
                role,
                schools: school,
                authorities: la,
            };
            add(app, &new, password_stdin)?;
        }
        UserCommand::List => {
            for account in app.db.read_now(accounts::accounts)? {
                println!("{}  {}  {}", account.email, account.role, account.state);
            }
        }
        UserCommand::Role { email, role } => change(app, "user role", &email, |office, tx, id| {
            let (_, mut wanted) = accounts::change::load(tx, id)?;
            wanted.role = role;
            office.change(tx, id, &wanted)
        })?,
        UserCommand::Disable { email } => change(app, "user disable", &email, |office, tx, id| {
            office.disable(tx, id).map(|()| Changed::Done)
        })?,
        UserCommand::Enable { email } => change(app, "user enable", &email, |office, tx, id| {
            office.enable(tx, id)
        })?,
        UserCommand::Reset { email } => change(app, "user reset", &email, |office, tx, id| {
            office.send_link(tx, id).map(|()| Changed::DoneAndMailed)
        })?,
        UserCommand::Unlock { email } => change(app, "user unlock", &email, |office, tx, id| {
            office.unlock(tx, id).map(|()| Changed::Done)
        })?,
    }
    Ok(Ended::Done)
}

fn add(app: &App, new: &NewAccount, password_stdin: bool) -> anyhow::Result<()> {
    let hash = password_stdin.then(|| read_password(new)).transpose()?;
    let actor = by_command("user add");
    let office = Office {
        app,
        actor: &actor,
        now: app.clock.now(),
    };
    let added = app
        .db
        .write_now(|tx| office.add_by_command(tx, new, hash.as_deref()))?;
    match added {
        Changed::DoneAndMailed => println!(
            "Added. An email with a link that sets the password once, within {} hours, goes to {} as soon as `stature serve` runs.",
            accounts::LINK_HOURS,
            new.email
        ),
        _ => println!("Added, with the password given."),
    }
    Ok(())
}

/// Changes the account with this address and says what became of it.
fn change(
    app: &App,
    command: &str,
    email: &str,
    work: impl FnOnce(Office<'_>, &mut Conn, i64) -> Result<Changed, AccountError>,
) -> anyhow::Result<()> {
    let actor = by_command(command);
    let office = Office {
        app,
        actor: &actor,
        now: app.clock.now(),
    };
    let changed = app
        .db
        .write_now(|tx| -> Result<Changed, AccountError> {
            let row = accounts::account_by_email(tx, email)?.ok_or(AccountError::Unknown)?;
            work(office, tx, row.id)
        })
        .with_context(|| format!("nothing was changed about {email}"))?;
    println!(
        "{}",
        match changed {
            Changed::Done => "Done.",
            Changed::DoneAndMailed =>
                "Done. An email with a link goes to the person as soon as `stature serve` runs.",
            Changed::Waits =>
                "Waiting for approval: the programme administrators were told by email.",
            Changed::WaitsInVain =>
                "Waiting for approval, but no programme administrator can sign in.",
            Changed::Nothing => "Nothing was different, so nothing was changed.",
        }
    );
    Ok(())
}

fn read_password(new: &NewAccount) -> anyhow::Result<String> {
    let mut typed = zeroize::Zeroizing::new(String::new());
    std::io::stdin()
        .take(2000)
        .read_to_string(&mut typed)
        .context("the password could not be read")?;
    let owner = password::Owner {
        email: &new.email,
        name: &new.name,
    };
    Ok(password::hash(typed.trim_end_matches(['\r', '\n']), owner)?)
}
