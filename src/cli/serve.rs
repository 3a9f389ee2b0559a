//! `stature serve`.

use std::net::TcpListener;

use anyhow::Context as _;
use clap::Args;

use super::{Ended, Outcome, migrate};
use crate::app::App;
use crate::config::Config;
use crate::jobs::{Runner, TABLE};
use crate::routes;
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
    #[arg(long, env = "STATURE_WORKERS", default_value_t = 4, value_name = "N")]
    pub workers: usize,
    /// Minutes without a request after which a browser is signed out
    #[arg(
        long,
        env = "STATURE_IDLE_MINUTES",
        default_value_t = 20,
        value_name = "N"
    )]
    pub idle_minutes: i64,
}

pub(super) fn run(mut config: Config, has_public_url: bool, args: ServeArgs) -> Outcome {
    let listener = TcpListener::bind(&args.listen)
        .with_context(|| format!("cannot listen on {}", args.listen))?;
    let address = listener.local_addr()?;
    config.web.listen = args.listen;
    if !has_public_url {
        config.web.public_url = format!("http://{address}");
    }
    config.web.idle_minutes = args.idle_minutes.max(3);
    migrate::set_up_if_empty(&config)?;
    let app = App::start(config)?;
    println!("Serving on http://{address}");
    serve(app, listener, args.workers)
}

/// Serves until the process is told to end (SIGTERM, SIGINT); answers under way are finished.
pub(super) fn serve(app: App, listener: TcpListener, workers: usize) -> Outcome {
    actix_web::rt::System::new().block_on(async move {
        let runner = Runner::new(app.clone(), TABLE)?;
        runner.prepare()?;
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let jobs = actix_web::rt::spawn(runner.run_until(async { drop(stopped.await) }));
        server::run(app, routes::table(), listener, workers)?.await?;
        // A job under way is finished, too: it holds a claim.
        drop(stop);
        jobs.await?;
        Ok(Ended::Done)
    })
}
