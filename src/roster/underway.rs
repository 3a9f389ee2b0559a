//! Imports that are being worked on, and the previews last made.
//!
//! A page never waits long for an import. It asks for
//! the work, looks for a moment, and shows how far it is when it is not done.
//! What is kept here is what a page would work out again: it lives in memory
//! only, for minutes, and confirming never relies on it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, SemaphorePermit, watch};

use super::error::ImportError;
use super::import::Mode;
use super::import_queries::ImportRecord;
use super::importing::Importing;
use super::staged::{self, Preview};
use crate::app::App;
use crate::audit::Actor;
use crate::db;
use crate::web::{Answer, Submission, once};
use roster_reader::progress::{Progress, Reached};

/// How long a page looks before it shows how far the work is.
pub const A_MOMENT: Duration = Duration::from_millis(1500);

/// How long a page looks that shows how far the work is already.
pub const A_GLANCE: Duration = Duration::from_millis(300);

/// How long a preview is kept for turning its pages.
const KEPT: Duration = Duration::from_mins(10);

/// The most rows kept in previews that nobody works on; the newest preview is
/// kept whatever its size.
const ROWS_KEPT: usize = 100_000;

/// How many imports are worked on at once: each holds its file in memory.
const AT_ONCE: usize = 2;

/// Work asked for: done, or how far it is.
#[derive(Debug)]
pub enum Reply<T> {
    /// Done.
    Done(T),
    /// Not yet.
    Underway(Reached),
}

/// What a task is for. A preview belongs to whoever asked, because the access
/// log says who had names compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Preview(i64, Option<i64>),
    Confirmation(i64),
}

impl Key {
    fn import(&self) -> i64 {
        match self {
            Self::Preview(import, _) | Self::Confirmation(import) => *import,
        }
    }
}

/// How a task ended.
enum End {
    Previewed(Arc<Preview>),
    Confirmed,
    /// Told to the first who asks.
    Failed(Mutex<Option<ImportError>>),
}

struct Task {
    began: Instant,
    progress: Progress,
    /// The choices of columns it was made with.
    mapping: Option<String>,
    /// The form that confirmed the import.
    form: Submission,
    /// Whether a page has shown what came of it.
    shown: AtomicBool,
    end: watch::Sender<Option<Arc<End>>>,
}

impl Task {
    fn new(record: &ImportRecord, form: Submission) -> Self {
        Self {
            began: Instant::now(),
            progress: Progress::default(),
            mapping: record.mapping.clone(),
            form,
            shown: AtomicBool::new(false),
            end: watch::Sender::new(None),
        }
    }

    fn is_over(&self) -> bool {
        self.end.borrow().is_some()
    }

    fn rows(&self) -> usize {
        match self.end.borrow().as_deref() {
            Some(End::Previewed(preview)) => preview.prepared.plan.rows.len(),
            _ => 0,
        }
    }
}

/// Every import being worked on in this process.
pub struct Underway {
    tasks: Mutex<HashMap<Key, Arc<Task>>>,
    places: Arc<Semaphore>,
    /// Uploads being read before they are kept: apart from the places above, which may be taken for minutes.
    readings: Semaphore,
}

impl Default for Underway {
    fn default() -> Self {
        Self {
            tasks: Mutex::default(),
            places: Arc::new(Semaphore::new(AT_ONCE)),
            readings: Semaphore::new(AT_ONCE),
        }
    }
}

impl Underway {
    /// A turn to read an uploaded file; those who wait are few, because uploads are counted on their way in.
    pub async fn reading(&self) -> Option<SemaphorePermit<'_>> {
        self.readings.acquire().await.ok()
    }

    /// What confirming a staged import would do. `afresh`: not as a page
    /// already showed it. Waits no longer than `patience`.
    pub async fn preview(
        &self,
        app: &App,
        actor: &Actor,
        record: &ImportRecord,
        afresh: bool,
        patience: Duration,
    ) -> Result<Reply<Arc<Preview>>, ImportError> {
        let key = Key::Preview(record.id, actor.id);
        let kept = self.locked().get(&key).cloned().filter(|task| {
            task.mapping == record.mapping
                && task.began.elapsed() < KEPT
                && !(afresh && task.shown.load(Ordering::Relaxed))
        });
        let task = kept.unwrap_or_else(|| {
            let task = Arc::new(Task::new(record, Submission::default()));
            self.locked().insert(key.clone(), Arc::clone(&task));
            let for_preview = record.clone();
            self.work_on(app, actor, key.clone(), &task, move |importing| {
                let preview = staged::preview(importing, &for_preview)?;
                Ok(End::Previewed(Arc::new(preview)))
            });
            task
        });
        match wait(&task, patience).await {
            None => Ok(Reply::Underway(task.progress.reached())),
            Some(end) => match &*end {
                End::Previewed(preview) => {
                    task.shown.store(true, Ordering::Relaxed);
                    self.keep_within_bounds(&key);
                    Ok(Reply::Done(Arc::clone(preview)))
                }
                End::Confirmed => Err(ImportError::NotWaiting),
                End::Failed(error) => {
                    self.locked().remove(&key);
                    Err(taken(error))
                }
            },
        }
    }

    /// Confirms a staged import: begins to, and looks for a moment. Refused
    /// when somebody else's confirmation is under way; the same form sent again
    /// waits for its own.
    pub async fn confirm(
        &self,
        app: &App,
        actor: &Actor,
        record: &ImportRecord,
        mode: Mode,
        form: Submission,
    ) -> Result<Reply<()>, ImportError> {
        let key = Key::Confirmation(record.id);
        let task = Arc::new(Task::new(record, form.clone()));
        let under_way = {
            let mut tasks = self.locked();
            let under_way = tasks.get(&key).filter(|task| !task.is_over()).cloned();
            if under_way.is_none() {
                tasks.insert(key.clone(), Arc::clone(&task));
            }
            under_way
        };
        let task = match under_way {
            Some(task) if task.form == form && form != Submission::default() => task,
            Some(_) => return Err(ImportError::BeingWritten),
            None => {
                self.forget(record.id);
                let for_writing = record.clone();
                self.work_on(app, actor, key.clone(), &task, move |importing| {
                    // Noted before the work: the import's own state says whether it was done.
                    let page = Answer::to(format!("/imports/{}", for_writing.id));
                    importing.app.db.write_now(|tx| {
                        once(tx, &form, importing.now, |_| Ok::<_, db::Error>(page))
                    })?;
                    staged::confirm(importing, &for_writing, mode)?;
                    Ok(End::Confirmed)
                });
                task
            }
        };
        let Some(end) = wait(&task, A_MOMENT).await else {
            return Ok(Reply::Underway(task.progress.reached()));
        };
        self.forget_task(&key, &task);
        match &*end {
            End::Failed(error) => Err(taken(error)),
            End::Confirmed | End::Previewed(_) => Ok(Reply::Done(())),
        }
    }

    /// What became of a confirmation begun before; `None` when there is none
    /// or its end was told already. Waits no longer than `patience`.
    pub async fn confirmation(
        &self,
        import: i64,
        patience: Duration,
    ) -> Option<Result<Reply<()>, ImportError>> {
        let key = Key::Confirmation(import);
        let task = self.locked().get(&key).cloned()?;
        let Some(end) = wait(&task, patience).await else {
            return Some(Ok(Reply::Underway(task.progress.reached())));
        };
        self.locked().remove(&key)?;
        Some(match &*end {
            End::Failed(error) => Err(taken(error)),
            End::Confirmed | End::Previewed(_) => Ok(Reply::Done(())),
        })
    }

    /// Forgets the previews of an import, which another choice of columns or
    /// its end has made untrue.
    pub fn forget(&self, import: i64) {
        self.locked()
            .retain(|key, _| matches!(key, Key::Confirmation(_)) || key.import() != import);
    }

    /// Does the work on a thread that may wait, when there is a place, and
    /// forgets what came of it after a while. Not bound to the request: a
    /// visitor who leaves stops nothing half-way.
    fn work_on(
        &self,
        app: &App,
        actor: &Actor,
        key: Key,
        task: &Arc<Task>,
        work: impl FnOnce(Importing<'_>) -> Result<End, ImportError> + Send + 'static,
    ) {
        let places = Arc::clone(&self.places);
        let (mut app, actor, task) = (app.clone(), actor.clone(), Arc::clone(task));
        // Nobody waits for an answer meanwhile: the page says how far the work is.
        app.db = app.db.for_work();
        tokio::spawn(async move {
            let imports = app.part::<Self>();
            let place = places.acquire_owned().await;
            let working = Arc::clone(&task);
            let end = db::blocking(move || work(Importing::new(&app, &actor, &working.progress)))
                .await
                .unwrap_or_else(|error| End::Failed(Mutex::new(Some(error))));
            drop(place);
            task.end.send_replace(Some(Arc::new(end)));
            tokio::time::sleep(KEPT).await;
            imports.forget_task(&key, &task);
        });
    }

    fn forget_task(&self, key: &Key, task: &Arc<Task>) {
        let mut tasks = self.locked();
        if tasks.get(key).is_some_and(|kept| Arc::ptr_eq(kept, task)) {
            tasks.remove(key);
        }
    }

    /// Drops the oldest previews that are over, until what stays is within
    /// bounds.
    fn keep_within_bounds(&self, newest: &Key) {
        let mut tasks = self.locked();
        let mut over: Vec<(Instant, usize, Key)> = tasks
            .iter()
            .filter(|(key, task)| *key != newest && task.is_over())
            .filter(|(key, _)| matches!(key, Key::Preview(..)))
            .map(|(key, task)| (task.began, task.rows(), key.clone()))
            .collect();
        over.sort_unstable_by_key(|(began, ..)| std::cmp::Reverse(*began));
        let mut rows = tasks.get(newest).map_or(0, |task| task.rows());
        for (_, more, key) in over {
            rows += more;
            if rows > ROWS_KEPT {
                tasks.remove(&key);
            }
        }
    }

    /// Nothing is left half-done under the lock, so a panic elsewhere does no
    /// harm.
    fn locked(&self) -> MutexGuard<'_, HashMap<Key, Arc<Task>>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits for a task to end, no longer than `patience`.
async fn wait(task: &Task, patience: Duration) -> Option<Arc<End>> {
    let mut end = task.end.subscribe();
    let over = tokio::time::timeout(patience, end.wait_for(Option::is_some)).await;
    over.ok()?.ok()?.clone()
}

fn taken(error: &Mutex<Option<ImportError>>) -> ImportError {
    error
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take()
        .unwrap_or(ImportError::NotWaiting)
}
