//! `stature serve`.

use std::net::{IpAddr, TcpListener};

use anyhow::Context as _;
use clap::Args;
use ipnet::IpNet;

use super::{Ended, Outcome, migrate, signals};
use crate::app::App;
use crate::config::Config;
use crate::config::production::refuse_unsafe;
use crate::jobs::Runner;
use crate::outbox;
use crate::retention;
use crate::routes;
use crate::timetable::TABLE;
use crate::web::server;

/// How to serve.
#[derive(Args, Debug)]
pub(super) struct ServeArgs {
    /// Address and port to listen on
    #[arg(
        long,
        env = "STATURE_LISTEN",
        default_value = "127.0.0.1:8080",
        value_name = "ADDRESS:PORT"
    )]
    pub listen: String,
    /// Threads that answer
    #[arg(
        long,
        env = "STATURE_WORKERS",
        default_value_t = 4,
        value_parser = clap::value_parser!(u16).range(1..=256),
        value_name = "N"
    )]
    pub workers: u16,
    /// Minutes without a request after which a browser is signed out
    #[arg(
        long,
        env = "STATURE_IDLE_MINUTES",
        default_value_t = 20,
        value_name = "N"
    )]
    pub idle_minutes: i64,
    /// Addresses or networks of web servers in front, separated by commas: what they say about a client's address
    /// (X-Forwarded-For) is believed
    #[arg(
        long,
        env = "STATURE_TRUSTED_PROXIES",
        value_delimiter = ',',
        value_parser = parse_proxy,
        value_name = "ADDRESS"
    )]
    pub trusted_proxies: Vec<IpNet>,
}

pub(super) fn run(mut config: Config, has_public_url: bool, args: ServeArgs) -> Outcome {
    refuse_unsafe(&config)?;
    let listener = TcpListener::bind(&args.listen)
        .with_context(|| format!("cannot listen on {}", args.listen))?;
    let address = listener.local_addr()?;
    config.web.listen = args.listen;
    if !has_public_url {
        config.web.public_url = format!("http://{address}");
    }
    config.web.idle_minutes = args.idle_minutes.max(3);
    config.web.trusted_proxies = args.trusted_proxies;
    migrate::set_up_if_empty(&config, migrate::Keys::OfNobody)?;
    let app = migrate::start(config)?;
    if !app.config.production {
        if !address.ip().is_loopback() {
            tracing::warn!(
                "serving other machines with settings for trying out: set STATURE_ENV=production before real children come in"
            );
        }
    } else if app.config.web.trusted_proxies.is_empty() {
        tracing::warn!(
            "no trusted proxy is given (STATURE_TRUSTED_PROXIES): behind a web server, all failed sign-ins are recorded with that server's address and share one limit"
        );
    }
    println!("Serving on http://{address}");
    serve(app, listener, usize::from(args.workers))
}

/// Serves until the process is told to end (SIGTERM, SIGINT); answers under way are finished, and so is the letter in
/// hand.
pub(super) fn serve(app: App, listener: TcpListener, workers: usize) -> Outcome {
    signals::listen(&app)?;
    actix_web::rt::System::new().block_on(async move {
        let runner = Runner::new(app.clone(), TABLE)?;
        runner.prepare()?;
        let now = app.clock.now();
        app.db.write_now(|tx| retention::note_first_time(tx, now))?;
        // A restart with other settings is how a fault of the settings is put right: it is seen at once.
        let settings = app.mail_settings_hash();
        let fault = app.db.read_now(outbox::fault)?;
        if fault.is_some_and(|fault| fault.needs_correcting && fault.settings != settings) {
            app.wanted.add(outbox::SENDING_JOB);
        }
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let jobs = actix_web::rt::spawn(runner.run_until(async { drop(stopped.await) }));
        server::run(app, routes::table(), listener, workers)?.await?;
        // A job under way is finished, too, because it holds a claim; one that sends letters ends after the one in hand.
        drop(stop);
        jobs.await?;
        Ok(Ended::Done)
    })
}

/// A network, or a single address as a network of one.
fn parse_proxy(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    text.parse::<IpNet>()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| format!("“{text}” is neither an address nor a network such as 10.0.0.0/8"))
}
