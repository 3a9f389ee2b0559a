//! How far a command is.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use roster_reader::progress::{Reached, Step};

/// Says how far the work is: a bar on a terminal, plain lines elsewhere.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Starts showing.
    pub(super) fn start() -> Self {
        if !std::io::stderr().is_terminal() {
            return Self { bar: None };
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Self { bar: Some(bar) }
    }

    /// Says what is being done now.
    pub(super) fn step(&self, words: impl Into<String>) {
        match &self.bar {
            Some(bar) => bar.set_message(words.into()),
            None => eprintln!("{}…", words.into()),
        }
    }

    /// Says how far an import is: a bar on a terminal, a line for each new
    /// step elsewhere.
    pub(super) fn reached(&self, reached: Reached, last: &mut Option<Step>) {
        let Reached { step, done, total } = reached;
        match &self.bar {
            Some(bar) if total > 0 => {
                bar.set_message(format!("{}: {done} of {total}", step.words()));
            }
            Some(_) => self.step(step.words()),
            None if *last != Some(step) => self.step(step.words()),
            None => {}
        }
        *last = Some(step);
    }

    /// Whether it shows a bar, and not lines.
    pub(super) fn is_bar(&self) -> bool {
        self.bar.is_some()
    }

    /// Stops showing.
    pub(super) fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
