//! The signals that end a process: work in hand is finished, nothing more is begun.

use std::process;

use tokio::runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::app::App;

/// The exit code of a process that was ended at once: 128 and the number of SIGTERM.
const ENDED_AT_ONCE: i32 = 143;

/// Tells the work of this process to end at the first SIGTERM or SIGINT, and ends the process at the second.
pub(super) fn listen(app: &App) -> anyhow::Result<()> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    // Before the work begins, so that no signal comes too early to be heard.
    let mut signals = {
        let _inside = runtime.enter();
        [
            signal(SignalKind::terminate())?,
            signal(SignalKind::interrupt())?,
        ]
    };
    let stopping = app.stopping.clone();
    std::thread::spawn(move || {
        runtime.block_on(async move {
            next(&mut signals).await;
            tracing::info!("told to end: finishing what is in hand; a second signal ends at once");
            stopping.set();
            next(&mut signals).await;
            process::exit(ENDED_AT_ONCE);
        });
    });
    Ok(())
}

async fn next(signals: &mut [Signal; 2]) {
    let [terminate, interrupt] = signals;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
