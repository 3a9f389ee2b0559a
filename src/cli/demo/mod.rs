//! `stature demo`.
//!
//! Everything lies in one temporary folder, which goes when the demonstration ends; a database, a keyring or a mail
//! server named in the environment are left alone.

mod accounts;
mod figures;
mod setup;

use std::net::TcpListener;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;

use super::{Ended, Outcome, migrate, serve};
use crate::app::App;
use crate::config::{Config, DatabaseUrl, MailTransport};

/// Where to listen, when nothing is said.
const FIRST_PORT: u16 = 8080;

/// How to demonstrate.
#[derive(Args, Debug)]
pub(super) struct DemoArgs {
    /// Address and port to listen on; port 0 takes any [default: 127.0.0.1:8080, or the next free port]
    #[arg(long, env = "STATURE_LISTEN", value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,
    /// Another seed invents other children
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// Keep the temporary folder when the demonstration ends
    #[arg(long)]
    pub keep: bool,
}

pub(super) fn run(mut config: Config, args: DemoArgs) -> Outcome {
    if config.production {
        bail!("the demonstration does not run in production: leave out STATURE_ENV=production");
    }
    let listener = listen(args.listen.as_deref())?;
    let address = listener.local_addr()?;
    let mut folder = tempfile::Builder::new()
        .prefix("stature-demo-")
        .tempdir()
        .context("no temporary folder can be made")?;
    if args.keep {
        folder.disable_cleanup(true);
    }
    let mail = point_into(&mut config, folder.path());
    config.web.listen = address.to_string();
    config.web.public_url = format!("http://{address}");
    config.web.demo = true;

    println!(
        "Setting up a demonstration with invented children in {}",
        folder.path().display()
    );
    migrate::set_up_if_empty(&config, migrate::Keys::OfNobody)?;
    let app = App::start(config)?;
    let schools = setup::run(&app, &folder.path().join("area"), args.seed)?;
    println!("\nSign in as");
    for account in accounts::add(&app, args.seed, &schools)? {
        println!(
            "  {:<27} {:<28} password {}",
            account.role.label(),
            account.email,
            account.password
        );
    }
    println!(
        "\nMail is kept in {} and shown on http://{address}/demo/mail",
        mail.display()
    );
    println!(
        "Serving on http://{address} (Ctrl-C ends it{})",
        if args.keep {
            ""
        } else {
            " and removes everything"
        }
    );
    serve::serve(app, listener, 2)?;
    if args.keep {
        println!("Everything was kept in {}", folder.path().display());
    }
    Ok(Ended::Done)
}

/// Database, keys and mail in the folder; returns where mail goes.
fn point_into(config: &mut Config, folder: &Path) -> PathBuf {
    let mail = folder.join("mail");
    config.database = DatabaseUrl::Sqlite(folder.join("stature.sqlite"));
    config.keyring = folder.join("keyring");
    config.mail.transport = MailTransport::Folder(mail.clone());
    "school-nurses@example.org".clone_into(&mut config.mail.from);
    mail
}

/// The address asked for, or the first free port from 8080 on.
fn listen(asked: Option<&str>) -> anyhow::Result<TcpListener> {
    if let Some(address) = asked {
        return TcpListener::bind(address).with_context(|| format!("cannot listen on {address}"));
    }
    for port in FIRST_PORT..FIRST_PORT + 20 {
        match TcpListener::bind(("127.0.0.1", port)) {
            Ok(listener) => {
                if port != FIRST_PORT {
                    println!("Port {FIRST_PORT} is taken; using {port}.");
                }
                return Ok(listener);
            }
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {}
            Err(error) => return Err(error).context("cannot listen on 127.0.0.1"),
        }
    }
    bail!(
        "ports {FIRST_PORT} to {} are taken; choose another with --listen 127.0.0.1:PORT",
        FIRST_PORT + 19
    );
}
