//! What a running process holds: made once, shared by pages, jobs and commands.

use std::any::{Any, TypeId};
use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::access::SessionLimits;
use crate::audit::Actor;
use crate::clock::Clock;
use crate::config::Config;
use crate::db::{self, Conn, Db};
use crate::identity::Identities;
use crate::installation::{self, InstallationError, Opening};
use crate::mail::{MailError, Mailer};
use crate::outbox;
use crate::templates::Templates;
use crate::upgrade::{self, UpgradeError};
use crate::work::Work;

/// A process that cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database.
    #[error(transparent)]
    Database(#[from] db::Error),
    /// The database and the keyring do not belong together.
    #[error(transparent)]
    Installation(#[from] InstallationError),
    /// The mailer.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// A template.
    #[error("the templates cannot be used: {0:#}")]
    Templates(anyhow::Error),
    /// What an earlier version left cannot be brought over.
    #[error(transparent)]
    Upgrade(#[from] UpgradeError),
}

/// Whether the process was told to end: long work looks at it between two steps.
#[derive(Clone, Debug, Default)]
pub struct Stopping(Arc<AtomicBool>);

impl Stopping {
    /// Tells the process's work to end.
    pub fn set(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether the process was told to end.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// Jobs that a request of this process wants to run at once, by name; the runner takes them up within a second.
#[derive(Clone, Debug, Default)]
pub struct Wanted(Arc<Mutex<BTreeSet<&'static str>>>);

impl Wanted {
    /// Wants a job to run.
    pub fn add(&self, job: &'static str) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(job);
    }

    /// Takes every job that is wanted.
    pub fn take(&self) -> BTreeSet<&'static str> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// One value of each type, see [`App::part`].
#[derive(Default)]
pub struct Parts(Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>);

/// The parts of a running process; cheap to clone.
#[derive(Clone)]
pub struct App {
    /// What it was started with.
    pub config: Arc<Config>,
    /// The database.
    pub db: Db,
    /// The door to the names.
    pub identities: Identities,
    /// The time.
    pub clock: Clock,
    /// The way out for mail.
    pub mailer: Mailer,
    /// The pages' and mails' templates.
    pub templates: Arc<Templates>,
    /// State that slices keep in this process, one value a type.
    pub parts: Arc<Parts>,
    /// Whether the process was told to end.
    pub stopping: Stopping,
    /// Jobs that are wanted at once.
    pub wanted: Wanted,
    /// Whether the keyring was made by this process, for a place that was new.
    pub has_new_keyring: bool,
}

impl App {
    /// Opens everything; the schema must be up to date. The keyring of a database for which nothing was ever sealed is
    /// made.
    pub fn start(config: Config) -> Result<Self, StartError> {
        Self::with(config, true)
    }

    /// As [`App::start`], for commands that only make sense where something is: nothing is made.
    pub fn open(config: Config) -> Result<Self, StartError> {
        Self::with(config, false)
    }

    /// A keyed hash of the settings that mail is sent with: a fault met with other settings says nothing about these.
    pub fn mail_settings_hash(&self) -> String {
        let (keyring, from) = (self.identities.keyring(), &self.config.mail.from);
        outbox::settings_hash(keyring, &self.mailer.settings(), from)
    }

    fn with(config: Config, may_set_up: bool) -> Result<Self, StartError> {
        let db = Db::open(&config.database)?;
        let opening = Opening::of(&config, may_set_up);
        let opened = installation::open(&db, &config.keyring, opening)?;
        let mailer = Mailer::new(&config.mail.transport)?;
        let templates = Templates::new().map_err(StartError::Templates)?;
        let clock = config.clock.clone();
        let identities = Identities::new(opened.keyring, clock.clone());
        for problem in upgrade::run(&db, &identities, &clock, &Actor::command("start"))?.problems {
            tracing::warn!("{problem}");
        }
        Ok(Self {
            identities,
            db,
            clock,
            mailer,
            templates: Arc::new(templates),
            config: Arc::new(config),
            parts: Arc::default(),
            stopping: Stopping::default(),
            wanted: Wanted::default(),
            has_new_keyring: opened.is_new,
        })
    }

    /// The state of type `T` that is shared by the whole process (a queue, a rate limit, work under
    /// way); made with its default when it is first asked for.
    pub fn part<T: Default + Send + Sync + 'static>(&self) -> Arc<T> {
        let mut parts = self.parts.0.lock().unwrap_or_else(PoisonError::into_inner);
        let part = parts
            .entry(TypeId::of::<T>())
            .or_insert_with(|| Arc::new(T::default()));
        // Every value stands under its own type, so the second half is never used.
        Arc::clone(part).downcast().unwrap_or_default()
    }

    /// Does `work` as `actor` in a reading transaction on this thread.
    pub fn read_now<T, E: From<db::Error>>(
        &self,
        actor: &Actor,
        work: impl FnOnce(&mut Work<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.db.read_now(|tx| work(&mut self.work(tx, actor)))
    }

    /// Does `work` as `actor` in a writing transaction on this thread: all of it, or nothing.
    pub fn write_now<T, E: From<db::Error>>(
        &self,
        actor: &Actor,
        work: impl FnOnce(&mut Work<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.db.write_now(|tx| work(&mut self.work(tx, actor)))
    }

    /// [`Self::read_now`] on a thread that may wait.
    pub async fn read<T, E>(
        &self,
        actor: Actor,
        work: impl FnOnce(&mut Work<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<db::Error> + Send + 'static,
    {
        let app = self.clone();
        db::blocking(move || app.read_now(&actor, work)).await
    }

    /// [`Self::write_now`] on a thread that may wait.
    pub async fn write<T, E>(
        &self,
        actor: Actor,
        work: impl FnOnce(&mut Work<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<db::Error> + Send + 'static,
    {
        let app = self.clone();
        db::blocking(move || app.write_now(&actor, work)).await
    }

    fn work<'a>(&'a self, tx: &'a mut Conn, actor: &'a Actor) -> Work<'a> {
        Work {
            tx,
            actor,
            now: self.clock.now(),
            today: self.clock.today(),
            identities: &self.identities,
        }
    }

    /// How long browsers stay signed in.
    pub fn session_limits(&self) -> SessionLimits {
        SessionLimits {
            idle: chrono::Duration::minutes(self.config.web.idle_minutes),
            absolute: chrono::Duration::hours(self.config.web.absolute_hours),
        }
    }
}
