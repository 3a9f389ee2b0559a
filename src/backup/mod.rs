//! Backups: every row of the database in a folder, and never a key.
//!
//! Names in a backup are sealed, and the keyring is not in it. When a year's key has been
//! destroyed, the names of that year are noise in every backup there is. A backup of the keyring is another matter, to
//! be kept elsewhere and for no longer than a year's names.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::accounts;
use crate::app::App;
use crate::audit::{self, Action, Actor};
use crate::config::DatabaseUrl;
use crate::db::copy::{self, CopyError};
use crate::db::{self, Db};
use crate::identity::{Keyring, hex};
use crate::installation::{self, InstallationError};
use crate::letters::stop as letters;
use crate::records::year as years;
use crate::retention;
use crate::statistics;
use crate::work::Work;

const MANIFEST: &str = "manifest.json";

/// The layout of the folder.
const FORMAT: u32 = 1;

/// What a backup says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Layout of the folder.
    pub format: u32,
    /// Version of the program that made it.
    pub program: String,
    /// `sqlite` or `postgresql`.
    pub back_end: String,
    /// The versions of the schema.
    pub schema: Vec<String>,
    /// When it was made, UTC.
    pub made_at: NaiveDateTime,
    /// SHA-256 of each file, in hexadecimal.
    pub files: BTreeMap<String, String>,
    /// The years whose names it holds sealed.
    pub years: Vec<String>,
    /// The identity of the installation it was made of; backups of earlier versions do not say it.
    #[serde(default)]
    pub installation: Option<String>,
}

/// What came of a restore.
#[derive(Debug)]
pub struct Restored {
    /// What the backup said of itself.
    pub manifest: Manifest,
    /// The retention run that removed the names whose date has come since, or why there was none.
    pub night: Result<retention::Run, retention::RetentionError>,
    /// Years whose key is not in the keyring, or is another one: their names cannot be read.
    pub unreadable: Vec<String>,
    /// Releases that were shown since the backup was made: the database does not hold them, later audits do.
    pub forgotten_releases: Result<Vec<i64>, statistics::ReleaseError>,
}

/// A backup that cannot be made or put back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The folder is in use.
    #[error("{0} is there already and is not empty: name a new folder; nothing was written")]
    FolderInUse(PathBuf),
    /// The keyring would be beside the backup.
    #[error("{0} lies in the keyring’s folder: a backup and the keys must not lie together")]
    BesideTheKeys(PathBuf),
    /// No manifest.
    #[error("{0} is not a backup, or one that was not finished: it has no manifest.json")]
    NotABackup(PathBuf),
    /// The manifest cannot be read.
    #[error("{0} is not a manifest of this program")]
    Manifest(PathBuf),
    /// Another layout.
    #[error("the backup was made by a newer program ({0}); restore it with that one")]
    Newer(String),
    /// Another database.
    #[error(
        "the backup is of {backup}, the database is {database}: a backup goes back into the kind of database it came from"
    )]
    OtherBackEnd {
        /// The backup's.
        backup: String,
        /// The database's.
        database: &'static str,
    },
    /// Another schema.
    #[error(
        "the backup is of another version of the schema: restore it with the program that made it ({0}), then run `stature migrate` with this one; nothing was changed"
    )]
    OtherSchema(String),
    /// The backup's file is the one that the database is in.
    #[error("{0} is the database itself, not a backup of it; nothing was changed")]
    TheDatabase(PathBuf),
    /// A file is not as it was written.
    #[error("{0} is missing or was altered after the backup was made; nothing was changed")]
    Altered(String),
    /// The machine.
    #[error("{path}: {source}")]
    File {
        /// File or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Keys could not be brought.
    #[error(transparent)]
    Installation(#[from] InstallationError),
    /// The rows.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// The head of the chain of events cannot be kept.
    #[error("everything was put back, but: {0}")]
    Chain(#[from] audit::ChainError),
    /// The database refused.
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// Writes a backup into `folder`, which must be new or empty. It is written aside and put into place when it is whole.
pub fn back_up(app: &App, actor: &Actor, folder: &Path) -> Result<Manifest, BackupError> {
    refuse_used(folder)?;
    if is_within(folder, app.identities.keyring().folder()) {
        return Err(BackupError::BesideTheKeys(folder.to_owned()));
    }
    let mut draft = folder.to_owned().into_os_string();
    draft.push(".unfinished");
    let draft = PathBuf::from(draft);
    if draft.exists() {
        fs::remove_dir_all(&draft).map_err(at(&draft))?;
    }
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&draft)
        .map_err(at(&draft))?;
    let manifest = match write(app, &draft) {
        Ok(manifest) => manifest,
        Err(error) => {
            // The first error is the one worth telling.
            drop(fs::remove_dir_all(&draft));
            return Err(error);
        }
    };
    fs::rename(&draft, folder).map_err(at(folder))?;
    app.db.write_now(|tx| {
        let detail = json!({"back_end": manifest.back_end, "years": manifest.years});
        audit::event(
            tx,
            actor,
            app.clock.now(),
            Action::BackupMade,
            "database",
            &detail,
        )
    })?;
    Ok(manifest)
}

fn write(app: &App, folder: &Path) -> Result<Manifest, BackupError> {
    let (schema, years, installation) = app.db.read_now(|tx| -> Result<_, db::Error> {
        Ok((
            copy::schema_versions(tx)?,
            years::years(tx)?,
            installation::id(tx)?,
        ))
    })?;
    let names = copy::copy_out(&app.db, folder)?;
    let mut files = BTreeMap::new();
    for name in names {
        let path = folder.join(&name);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).map_err(at(&path))?;
        files.insert(name, digest(&path)?);
    }
    let manifest = Manifest {
        format: FORMAT,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        back_end: back_end(&app.db).to_owned(),
        schema,
        made_at: app.clock.now(),
        files,
        years: years
            .into_iter()
            .filter(|year| year.key_state == "active")
            .map(|year| year.label)
            .collect(),
        installation,
    };
    let path = folder.join(MANIFEST);
    let text = serde_json::to_vec_pretty(&manifest)
        .map_err(|error| at(&path)(std::io::Error::other(error)))?;
    fs::write(&path, text).map_err(at(&path))?;
    for synced in [&path, folder] {
        File::open(synced)
            .and_then(|file| file.sync_all())
            .map_err(at(synced))?;
    }
    Ok(manifest)
}

/// Reads what a backup says of itself, and makes sure that it is whole and fits into this database.
pub fn check(db: &Db, folder: &Path) -> Result<Manifest, BackupError> {
    let manifest = read_manifest(folder)?;
    let back_end = back_end(db);
    if manifest.back_end != back_end {
        return Err(BackupError::OtherBackEnd {
            backup: manifest.back_end,
            database: back_end,
        });
    }
    if manifest.schema != db.read_now(copy::schema_versions)? {
        return Err(BackupError::OtherSchema(manifest.program));
    }
    for (name, written) in &manifest.files {
        if db.owns_file(&folder.join(name)) {
            return Err(BackupError::TheDatabase(folder.join(name)));
        }
        if !matches!(digest(&folder.join(name)), Ok(found) if found == *written) {
            return Err(BackupError::Altered(name.clone()));
        }
    }
    Ok(manifest)
}

/// How a backup is put back.
#[derive(Clone, Copy, Debug, Default)]
pub struct Restoring<'a> {
    /// Replace everything that the database holds.
    pub replace: bool,
    /// Another installation's keyring, of which the keys that the backup needs are copied.
    pub keys_from: Option<&'a Path>,
}

/// Puts a backup back, in one transaction: cut off or refused, it leaves the database as it was. A database that holds
/// anything is replaced only when `how` says so.
///
/// The past comes back with it, so three things follow at once: sessions and links of then are ended; letters are
/// stopped, because those that went since then are waiting again; and names whose date has come since then are removed.
/// Keys are destroyed in this database's own keyring only.
pub fn restore(
    app: &App,
    actor: &Actor,
    folder: &Path,
    how: Restoring<'_>,
) -> Result<Restored, BackupError> {
    let manifest = check(&app.db, folder)?;
    let (now, keyring) = (app.clock.now(), app.identities.keyring());
    let last_time = app.db.read_now(retention::last_time)?;
    copy::copy_in(&app.db, folder, how.replace, |tx| {
        let detail = json!({"made_at": manifest.made_at, "replaced": how.replace});
        audit::event(tx, actor, now, Action::BackupRestored, "database", &detail)?;
        installation::note_restored(tx, keyring, now)?;
        retention::note_restored_time(tx, last_time, manifest.made_at)?;
        accounts::sign_everybody_out(tx, now)?;
        let mut work = Work {
            tx,
            actor,
            now,
            today: app.clock.today(),
            identities: &app.identities,
        };
        letters::set_stopped(&mut work, true)?;
        // The chain that was kept beside the keyring went further: the restore itself is now an event of this one.
        audit::announce(tx, keyring.folder()).map_err(|error| match error {
            audit::ChainError::File { path, source } => CopyError::File { path, source },
            audit::ChainError::Database(error) => error.into(),
        })
    })?;
    audit::settle(&app.db, keyring.folder())?;
    if let Some(from) = how.keys_from {
        installation::take_keys(&app.db, keyring, from)?;
    }
    let night = retention::run_night(app, actor);
    let years = app.db.read_now(years::years)?;
    let taken = how
        .keys_from
        .map_or(Ok(()), |from| statistics::take_shown_from(from, keyring));
    let forgotten_releases = taken.and_then(|()| {
        app.db
            .write_now(|tx| statistics::forgotten_releases(tx, keyring))
    });
    let unreadable = years
        .into_iter()
        .filter(|year| year.key_state == "active" && !fits(keyring, year))
        .map(|year| year.label)
        .collect();
    Ok(Restored {
        manifest,
        night,
        unreadable,
        forgotten_releases,
    })
}

fn fits(keyring: &Keyring, year: &years::Year) -> bool {
    keyring.year(&year.label).is_ok_and(|key| {
        year.key_fingerprint
            .as_ref()
            .is_none_or(|known| *known == Keyring::fingerprint(&key))
    })
}

fn read_manifest(folder: &Path) -> Result<Manifest, BackupError> {
    let path = folder.join(MANIFEST);
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(BackupError::NotABackup(folder.to_owned()));
        }
        Err(error) => return Err(at(&path)(error)),
    };
    let manifest: Manifest =
        serde_json::from_slice(&text).map_err(|_| BackupError::Manifest(path))?;
    if manifest.format > FORMAT {
        return Err(BackupError::Newer(manifest.program));
    }
    Ok(manifest)
}

fn back_end(db: &Db) -> &'static str {
    match db.url() {
        DatabaseUrl::Sqlite(_) => "sqlite",
        DatabaseUrl::Postgres(_) => "postgresql",
    }
}

fn refuse_used(folder: &Path) -> Result<(), BackupError> {
    match fs::read_dir(folder) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(BackupError::FolderInUse(folder.to_owned())),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(at(folder)(error)),
    }
}

/// Whether `folder`, which may not exist yet, lies in `other`.
fn is_within(folder: &Path, other: &Path) -> bool {
    let whole = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    whole(folder).starts_with(whole(other))
}

fn digest(path: &Path) -> Result<String, BackupError> {
    let mut file = File::open(path).map_err(at(path))?;
    let mut digest = Sha256::new();
    let mut piece = vec![0; 1 << 20];
    loop {
        match std::io::Read::read(&mut file, &mut piece).map_err(at(path))? {
            0 => return Ok(hex(&digest.finalize())),
            length => digest.update(&piece[..length]),
        }
    }
}

fn at(path: &Path) -> impl Fn(std::io::Error) -> BackupError {
    |source| BackupError::File {
        path: path.to_owned(),
        source,
    }
}
