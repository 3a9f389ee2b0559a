//! Throw-away databases: a file for SQLite; for PostgreSQL one server for the whole run, a database
//! for each test.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use stature::config::DatabaseUrl;
use stature::db::{self, Conn, Db, migrate};

/// Which database a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Backend {
    /// A file in the test's folder.
    Sqlite,
    /// A database on the run's own server.
    Postgres,
}

impl Backend {
    /// Whether this run tests on this database. `STATURE_TEST_DATABASES` is `sqlite` or `postgres`,
    /// or unset for both. The run says on standard error which; libtest does not capture that.
    pub(crate) fn is_tested(self) -> bool {
        static TESTED: OnceLock<Vec<Backend>> = OnceLock::new();
        TESTED.get_or_init(Self::tested_databases).contains(&self)
    }

    fn tested_databases() -> Vec<Self> {
        #[expect(
            clippy::disallowed_methods,
            reason = "a setting of the tests, not of the program"
        )]
        let chosen = std::env::var("STATURE_TEST_DATABASES").unwrap_or_default();
        let (tested, said) = match chosen.as_str() {
            "" => (vec![Self::Sqlite, Self::Postgres], "SQLite and PostgreSQL"),
            "sqlite" => (
                vec![Self::Sqlite],
                "SQLite only: tests on PostgreSQL end at once and count as passed",
            ),
            "postgres" => (
                vec![Self::Postgres],
                "PostgreSQL only: tests on SQLite end at once and count as passed",
            ),
            _ => panic!(
                "STATURE_TEST_DATABASES is \"{chosen}\": set it to sqlite or postgres, or unset it"
            ),
        };
        #[expect(
            clippy::explicit_write,
            reason = "libtest captures what eprintln! writes"
        )]
        writeln!(std::io::stderr(), "Testing on {said}.").unwrap();
        tested
    }
}

/// The address of an empty database with the newest schema.
pub(crate) fn scratch_database(backend: Backend, folder: &Path) -> String {
    assert!(backend.is_tested(), "the run leaves {backend:?} out");
    match backend {
        Backend::Sqlite => {
            let file = folder.join("stature.sqlite");
            std::fs::write(&file, sqlite_template()).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
            format!("sqlite://{}", file.display())
        }
        Backend::Postgres => Server::shared().new_database(),
    }
}

/// The bytes of an SQLite file with the newest schema. Every test writes them into a file of its
/// own, which takes a fraction of the time that the migrations take.
fn sqlite_template() -> &'static [u8] {
    static TEMPLATE: OnceLock<Vec<u8>> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("template.sqlite");
        bring_up_to_date(&format!("sqlite://{}", file.display()));
        std::fs::read(file).unwrap()
    })
}

fn bring_up_to_date(url: &str) {
    let db = Db::open_or_create(&DatabaseUrl::parse(url).unwrap()).unwrap();
    db.outside_transaction(|connection| -> Result<(), db::Error> {
        migrate::up(connection)?;
        if let Conn::Sqlite(sqlite) = connection {
            // Whoever reads the file has everything in it, and nothing in the journal beside it.
            sqlite.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)")?;
        }
        Ok(())
    })
    .unwrap();
}

/// The run's own PostgreSQL server. It ends with the test process: it is started by a shell that
/// waits for the end of its standard input, which the death of this process brings about, however
/// it dies.
struct Server {
    folder: PathBuf,
    databases: AtomicU32,
    _shell: Child,
    _until_closed: ChildStdin,
}

impl Server {
    fn shared() -> &'static Self {
        static SERVER: OnceLock<Server> = OnceLock::new();
        SERVER.get_or_init(Self::start)
    }

    fn start() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("stature-pg-")
            .tempdir()
            .unwrap()
            .keep();
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
        let script = format!(
            r#"set -e
cd '{folder}'
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -n "$bin" ] || bin=$(dirname "$(command -v initdb)")
"$bin/initdb" -D data -U postgres --auth=trust --no-sync --encoding=UTF8 \
    --locale=C.UTF-8 >initdb.log 2>&1
"$bin/postgres" -D data -k '{folder}' -c listen_addresses= -c fsync=off -c synchronous_commit=off \
    -c full_page_writes=off -c max_connections=400 -c shared_buffers=64MB >server.log 2>&1 &
server=$!
cat >/dev/null
kill -INT $server
wait $server || true
rm -rf '{folder}'
"#,
            folder = folder.display()
        );
        // PostgreSQL refuses to run as root.
        let is_root = Command::new("id")
            .arg("-u")
            .output()
            .is_ok_and(|output| output.stdout == b"0\n");
        let mut command = if is_root {
            assert!(
                Command::new("chown")
                    .arg("postgres")
                    .arg(&folder)
                    .status()
                    .unwrap()
                    .success()
            );
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--", "sh", "-c", &script]);
            command
        } else {
            let mut command = Command::new("sh");
            command.args(["-c", &script]);
            command
        };
        let mut shell = command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut until_closed = shell.stdin.take().unwrap();
        until_closed.flush().unwrap();
        let server = Self {
            folder,
            databases: AtomicU32::new(0),
            _shell: shell,
            _until_closed: until_closed,
        };
        server.wait_until_it_answers();
        server.execute("postgres", "CREATE DATABASE template");
        bring_up_to_date(&server.url("template"));
        server
    }

    fn wait_until_it_answers(&self) {
        let url = DatabaseUrl::parse(&self.url("postgres")).unwrap();
        let started = Instant::now();
        while db::connect(&url).is_err() {
            assert!(
                started.elapsed() < Duration::from_mins(1),
                "PostgreSQL did not start; see {}/server.log",
                self.folder.display()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn url(&self, name: &str) -> String {
        format!("postgres://postgres@/{name}?host={}", self.folder.display())
    }

    fn execute(&self, database: &str, statement: &str) {
        let url = DatabaseUrl::parse(&self.url(database)).unwrap();
        db::connect(&url).unwrap().batch_execute(statement).unwrap();
    }

    fn new_database(&self) -> String {
        // One at a time: PostgreSQL copies a template only while nobody else uses it.
        static ONE_AT_A_TIME: std::sync::Mutex<()> = std::sync::Mutex::new(());
        let _alone = ONE_AT_A_TIME
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.execute(
            "postgres",
            &format!("CREATE DATABASE {name} TEMPLATE template"),
        );
        self.url(&name)
    }
}
