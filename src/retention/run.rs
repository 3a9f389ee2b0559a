//! Runs and their evidence, as they are kept.

use chrono::{NaiveDate, NaiveDateTime};
use serde::{Deserialize, Serialize};

use super::counts::Counts;
use super::error::RetentionError;
use super::evidence::{Outcome, Scan};
use super::run_queries;
use crate::db::Conn;

/// The rule under which a run erased, as it is kept with the evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleInForce {
    /// The academic year.
    pub year: String,
    /// Days that names are kept.
    pub retention_days: i32,
    /// What designates the period.
    pub instrument: String,
}

/// A run and its evidence.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    /// Its number.
    pub id: i64,
    /// The date it took for today.
    pub as_of: NaiveDate,
    /// `running` (or cut off) or `succeeded`.
    pub state: String,
    /// The rules it followed.
    pub rules: Vec<RuleInForce>,
    /// What it did.
    pub counts: Counts,
    /// Names erased.
    pub names: i64,
    /// The years whose keys it destroyed.
    pub keys_destroyed: Vec<String>,
    /// What the scan found; `None` until the run has finished.
    pub scan: Option<Scan>,
    /// Who started it.
    pub started_by: String,
    /// When it began.
    pub started_at: NaiveDateTime,
    /// When it was finished.
    pub finished_at: Option<NaiveDateTime>,
}

impl Run {
    pub(super) fn of(stored: run_queries::StoredRun) -> Result<Self, RetentionError> {
        let unreadable = |_| RetentionError::Evidence(stored.id);
        Ok(Self {
            rules: serde_json::from_str(&stored.rule).map_err(unreadable)?,
            counts: serde_json::from_str(&stored.counts).map_err(unreadable)?,
            scan: match &stored.scan {
                Some(scan) => Some(serde_json::from_str(scan).map_err(unreadable)?),
                None => None,
            },
            names: i64::from(stored.identities_erased),
            keys_destroyed: stored
                .keys_destroyed
                .split_whitespace()
                .map(str::to_owned)
                .collect(),
            id: stored.id,
            as_of: stored.as_of,
            state: stored.state,
            started_by: stored.started_by,
            started_at: stored.started_at,
            finished_at: stored.finished_at,
        })
    }

    /// The run in one sentence, without a name.
    pub fn in_words(&self) -> String {
        let names = match self.names {
            0 => "No name was due".to_owned(),
            1 => "1 name was removed".to_owned(),
            names => format!("{names} names were removed"),
        };
        let keys = match self.keys_destroyed.as_slice() {
            [] => String::new(),
            [year] => format!("; the key of {year} was destroyed"),
            years => format!("; the keys of {} were destroyed", years.join(", ")),
        };
        let scan = self.scan.as_ref().map_or("", |scan| match scan.outcome {
            Outcome::NothingErased => "",
            Outcome::Clean => "; nothing of them was found in the database’s bytes",
            Outcome::Found => "; SOMETHING WAS FOUND in the database’s bytes: see the evidence",
            Outcome::NotScanned => "; the database’s bytes were not scanned: see the evidence",
        });
        format!("{names}{keys}{scan}")
    }
}

/// The latest runs, the newest first.
pub fn runs(tx: &mut Conn, limit: i64) -> Result<Vec<Run>, RetentionError> {
    run_queries::runs(tx, limit)?
        .into_iter()
        .map(Run::of)
        .collect()
}

/// One run.
pub fn run(tx: &mut Conn, id: i64) -> Result<Option<Run>, RetentionError> {
    run_queries::run(tx, id)?.map(Run::of).transpose()
}
