//! Worlds in a file of SQLite: each kind of row has its table.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::{error, fmt};

use rusqlite::config::DbConfig;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension as _, Transaction, TransactionBehavior, params};

use crate::import_error::ImportError;
use crate::keeper::{Keeper, Whole};
use crate::patience;
use crate::unwritten::Unwritten;
use crate::world::{Kind, Part, Row, World};

/// `SIMs`, in the header of the file.
const APPLICATION_ID: i32 = 0x5349_4d73;
/// Each step leads from the version that has its number to the next one. That of a new file is 0.
const STEPS: &[fn(&Transaction<'_>) -> rusqlite::Result<()>] = &[create];
/// A row is at the place that it has in its world, and the number of the world is in the bits above.
const PLACE_BITS: u32 = 40;
/// So large the log of changes stays at the most after they are in the file itself.
const LARGEST_LOG: u32 = 64 * 1024 * 1024;
/// In KiB.
const CACHE: i32 = -16 * 1024;

/// A file that keeps the state of a simulator: see [`SimulatorBuilder::open`](crate::SimulatorBuilder::open).
#[derive(Clone)]
pub struct StateFile {
    path: PathBuf,
    durability: Durability,
    on_commit: Option<CommitHook>,
    most_pages: Option<u32>,
}

/// Is called before each commit with `false`, and after it with `true`.
type CommitHook = Arc<dyn Fn(bool) + Send + Sync>;

/// What a change survives once it is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Durability {
    /// That the process is killed at any moment. If the power fails, the last changes may be missing.
    #[default]
    Process,
    /// Also that the power fails: each change waits for the disk.
    Full,
}

impl StateFile {
    /// Names a file, which is made if it is not there. Two more are beside it while it is open: their names end in
    /// `-wal` and `-journal`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), durability: Durability::default(), on_commit: None, most_pages: None }
    }

    /// Sets what a change survives. Defaults to [`Durability::Process`].
    pub fn durability(self, durability: Durability) -> Self {
        Self { durability, ..self }
    }

    /// Calls a function before each commit with `false`, and after it with `true`, for tests that kill the process there.
    #[doc(hidden)]
    pub fn on_commit(self, hook: impl Fn(bool) + Send + Sync + 'static) -> Self {
        Self { on_commit: Some(Arc::new(hook)), ..self }
    }

    /// Limits how many pages the file has, for tests of what happens when it cannot grow.
    #[doc(hidden)]
    pub fn most_pages(self, pages: u32) -> Self {
        Self { most_pages: Some(pages), ..self }
    }
}

impl fmt::Debug for StateFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StateFile")
            .field("path", &self.path)
            .field("durability", &self.durability)
            .finish_non_exhaustive()
    }
}

/// Why a state file cannot be used. The file is as it was.
#[derive(Debug)]
#[non_exhaustive]
pub enum StateError {
    /// Another simulator uses the file.
    #[non_exhaustive]
    InUse {
        /// The file.
        path: PathBuf,
        /// The id of the other process, if it is known.
        process: Option<u32>,
    },
    /// The file is something else.
    #[non_exhaustive]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A newer release of the simulator has made the file.
    #[non_exhaustive]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version of its format.
        version: i32,
    },
    /// The file has been changed by something else, or its disk fails.
    #[non_exhaustive]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong. It quotes nothing of the file.
        reason: String,
    },
    /// The file cannot be opened, read or written.
    #[non_exhaustive]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// The initial lines cannot be imported into the file.
    InitialLines(ImportError),
}

impl StateError {
    fn of(path: &Path, error: &rusqlite::Error) -> Self {
        let (path, reason) = (path.to_owned(), reason(error));
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                let process = process::with_lock(&path);
                Self::InUse { path, process }
            }
            Some(ErrorCode::NotADatabase) => Self::Foreign { path },
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged { path, reason },
            _ => Self::Unusable { reason: unusable(&path).unwrap_or(reason), path },
        }
    }
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InUse { path, process } => {
                write!(f, "the state file {} is in use by another simulator", path.display())?;
                if let Some(process) = process {
                    write!(f, ", of the process {process}")?;
                }
                f.write_str(": stop that one, or choose another file")
            }
            Self::Foreign { path } => {
                write!(
                    f,
                    "{} is not a state file of the simulator: expected one, or the name of a new file",
                    path.display()
                )
            }
            Self::Newer { path, version } => write!(
                f,
                "the state file {} has version {version}, which a newer release has made: expected version {} or less; use \
                 that release, or choose another file",
                path.display(),
                STEPS.len()
            ),
            Self::Damaged { path, reason } => {
                write!(
                    f,
                    "the state file {} is damaged ({reason}): restore a copy, or choose another file",
                    path.display()
                )
            }
            Self::Unusable { path, reason } => write!(f, "the state file {} cannot be used: {reason}", path.display()),
            Self::InitialLines(error) => write!(f, "the initial lines cannot be imported: {error}"),
        }
    }
}

impl error::Error for StateError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::InitialLines(error) => Some(error),
            _ => None,
        }
    }
}

/// Says why there can be no file at a path, if that is seen from outside.
fn unusable(path: &Path) -> Option<String> {
    if path.is_dir() {
        return Some("it is a folder: expected a file in it".to_owned());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir())?;
    Some(format!("there is no folder {}: make it, or choose another file", folder.display()))
}

/// Returns what SQLite says of an error, which quotes no value.
fn reason(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
        error => error.to_string(),
    }
}

/// A state file that is open. It is locked until this is dropped.
pub(crate) struct Open {
    path: PathBuf,
    connection: Mutex<Connection>,
    /// What concerns all worlds: what is written, and what is to be.
    whole: Mutex<Wholes>,
    on_commit: Option<CommitHook>,
}

#[derive(Default)]
struct Wholes {
    written: String,
    latest: String,
}

/// The worlds of a file by their numbers, with their names.
pub(crate) type Loaded = BTreeMap<u32, (String, World)>;

impl Open {
    /// Opens a file for this process alone, and makes it if it is not there.
    pub(crate) fn new(file: &StateFile) -> Result<Self, StateError> {
        let path = &file.path;
        make(path);
        let failed = |error: &rusqlite::Error| StateError::of(path, error);
        let connection = connect(path).map_err(|error| failed(&error))?;
        if connection.is_readonly("main").map_err(|error| failed(&error))? {
            let reason = "it is read-only: expected a file that can be written, in such a folder".to_owned();
            return Err(StateError::Unusable { path: path.clone(), reason });
        }
        let version = version(&connection).map_err(|error| failed(&error))?;
        let version = version.ok_or_else(|| StateError::Foreign { path: path.clone() })?;
        let known = usize::try_from(version).ok().filter(|version| *version <= STEPS.len());
        let Some(known) = known else { return Err(StateError::Newer { path: path.clone(), version }) };
        let mut open = Self {
            path: path.clone(),
            connection: Mutex::new(connection),
            whole: Mutex::default(),
            on_commit: file.on_commit.clone(),
        };
        let connection = open.connection.get_mut().unwrap_or_else(PoisonError::into_inner);
        let ready = upgrade(connection, known).and_then(|()| set_up(connection, file));
        ready.map_err(|error| StateError::of(&file.path, &error))?;
        Ok(open)
    }

    /// Reads all that there is, into worlds that a function makes.
    pub(crate) fn load(&self, mut make: impl FnMut(&str) -> World) -> Result<(Option<Whole>, Loaded), StateError> {
        let connection = self.lock();
        let failed = |error: rusqlite::Error| StateError::of(&self.path, &error);
        let damaged = |reason: String| StateError::Damaged { path: self.path.clone(), reason };
        let whole = connection.query_row("SELECT value FROM simulator", [], |row| row.get::<_, String>(0));
        let whole = whole.optional().map_err(failed)?;
        let whole = whole.map(|text| serde_json::from_str(&text)).transpose();
        let whole = whole.map_err(|_| damaged("what concerns all worlds cannot be read".to_owned()))?;
        let mut worlds = Loaded::new();
        for kind in Kind::ALL {
            let sql = format!("SELECT place, value FROM {} ORDER BY place", kind.name());
            let mut statement = connection.prepare(&sql).map_err(failed)?;
            let mut rows = statement.query([]).map_err(failed)?;
            while let Some(row) = rows.next().map_err(failed)? {
                let key: i64 = row.get(0).map_err(failed)?;
                let value = row.get_ref(1).map_err(failed)?;
                let (ValueRef::Text(value) | ValueRef::Blob(value)) = value else {
                    return Err(damaged(format!("a value of {} is of another type", kind.name())));
                };
                let (number, place) = split(key);
                let part = Part::read(kind, value).map_err(|error| damaged(error.to_string()))?;
                if let Part::World(stored) = &part {
                    worlds.insert(number, (stored.name.clone(), make(&stored.name)));
                }
                let world = worlds.get_mut(&number);
                let (_, world) = world.ok_or_else(|| damaged(format!("a {} is of no world", kind.name())))?;
                world.put(place, part).map_err(|error| damaged(error.to_string()))?;
            }
        }
        for (_, world) in worlds.values_mut() {
            world.complete();
        }
        Ok((whole, worlds))
    }

    /// Lets the log of changes go into the file when it is closed. Until then it is left as it was.
    pub(crate) fn accept(&self) -> Result<(), StateError> {
        let accepted = self.lock().set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false);
        accepted.map(drop).map_err(|error| StateError::of(&self.path, &error))
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // Nothing under the lock panics.
        match self.connection.try_lock() {
            Ok(connection) => connection,
            Err(TryLockError::Poisoned(error)) => error.into_inner(),
            Err(TryLockError::WouldBlock) => {
                patience::wait(|| self.connection.lock().unwrap_or_else(PoisonError::into_inner))
            }
        }
    }

    fn wholes(&self) -> MutexGuard<'_, Wholes> {
        self.whole.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something in a transaction.
    fn transact(&self, action: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<()>) -> Result<(), Unwritten> {
        let mut connection = self.lock();
        let transact = || {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut wholes = self.wholes();
            if wholes.latest != wholes.written {
                transaction
                    .prepare_cached("INSERT OR REPLACE INTO simulator (place, value) VALUES (0, ?1)")?
                    .execute([&wholes.latest])?;
            }
            action(&transaction)?;
            self.is_committing(false);
            transaction.commit()?;
            self.is_committing(true);
            let latest = wholes.latest.clone();
            wholes.written = latest;
            Ok(())
        };
        transact().map_err(|error: rusqlite::Error| Unwritten { reason: reason(&error) })
    }

    fn is_committing(&self, is_done: bool) {
        if let Some(hook) = &self.on_commit {
            hook(is_done);
        }
    }
}

impl Keeper for Open {
    fn write(&self, worlds: &[(u32, Vec<Row<'_>>)]) -> Result<(), Unwritten> {
        let mut rows = worlds.iter().flat_map(|(world, rows)| rows.iter().map(|row| (*world, row)));
        self.transact(|transaction| rows.try_for_each(|(world, row)| write(transaction, world, row)))
    }

    fn replace(&self, worlds: &[(u32, Option<(&str, &World)>)]) -> Result<(), Unwritten> {
        self.transact(|transaction| {
            for (number, world) in worlds {
                for kind in Kind::ALL {
                    let sql = format!("DELETE FROM {} WHERE place BETWEEN ?1 AND ?2", kind.name());
                    transaction
                        .prepare_cached(&sql)?
                        .execute([key(*number, 0), key(*number, (1 << PLACE_BITS) - 1)])?;
                }
                if let Some((name, world)) = world {
                    world.each_row(name, |row| write(transaction, *number, &row))?;
                }
            }
            Ok(())
        })
    }

    fn write_whole(&self, whole: &Whole) {
        // It serializes without fail.
        let latest = serde_json::to_string(whole).unwrap_or_default();
        let is_changed = {
            let mut wholes = self.wholes();
            wholes.latest = latest;
            wholes.latest != wholes.written
        };
        if is_changed {
            // If it fails, the next transaction does it.
            let _ = self.transact(|_| Ok(()));
        }
    }
}

fn key(world: u32, place: u64) -> i64 {
    // Both are far from the limits: worlds get the numbers of those that are gone.
    i64::try_from(u64::from(world) << PLACE_BITS | place).unwrap_or(i64::MAX)
}

fn split(key: i64) -> (u32, u64) {
    let key = u64::try_from(key).unwrap_or_default();
    (u32::try_from(key >> PLACE_BITS).unwrap_or(u32::MAX), key & ((1 << PLACE_BITS) - 1))
}

fn write(transaction: &Transaction<'_>, world: u32, row: &Row<'_>) -> rusqlite::Result<()> {
    let (name, key) = (row.kind.name(), key(world, row.place));
    let Some(value) = &row.value else {
        let sql = format!("DELETE FROM {name} WHERE place = ?1");
        return transaction.prepare_cached(&sql)?.execute([key]).map(drop);
    };
    let sql = format!("INSERT OR REPLACE INTO {name} (place, value) VALUES (?1, ?2)");
    let value = if row.kind == Kind::FileContents { ValueRef::Blob(value) } else { ValueRef::Text(value) };
    transaction.prepare_cached(&sql)?.execute(params![key, Value(value)]).map(drop)
}

/// A value that is bound without a copy.
struct Value<'a>(ValueRef<'a>);

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        Ok(rusqlite::types::ToSqlOutput::Borrowed(self.0))
    }
}

/// Makes a file that only its owner can read, unless there is one. If it fails, opening it says why.
fn make(path: &Path) {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    drop(options.open(path));
}

/// Connects to a file without changing it.
fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let has_log = Path::new(&log).exists();
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(std::time::Duration::ZERO)?;
    connection.set_prepared_statement_cache_capacity(4 * Kind::ALL.len());
    // What another process has left in its log stays there if the file is refused.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, has_log)?;
    // Once it is locked, it stays so, and no other process has to be told of changes.
    connection.query_row("PRAGMA locking_mode = EXCLUSIVE", [], |_| Ok(()))?;
    Ok(connection)
}

/// Returns the version of a state file, 0 of an empty file, and `None` of another one.
fn version(connection: &Connection) -> rusqlite::Result<Option<i32>> {
    let pragma = |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i32>(0));
    let (application_id, version) = (pragma("application_id")?, pragma("user_version")?);
    if application_id == APPLICATION_ID && version > 0 {
        return Ok(Some(version));
    }
    Ok((pragma("page_count")? == 0).then_some(0))
}

/// Brings a file to the present version, in one transaction.
fn upgrade(connection: &mut Connection, version: usize) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    for step in &STEPS[version..] {
        step(&transaction)?;
    }
    if version < STEPS.len() {
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", i32::try_from(STEPS.len()).unwrap_or(i32::MAX))?;
    }
    transaction.commit()
}

fn create(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let names = Kind::ALL.into_iter().map(Kind::name).chain(["simulator"]);
    names.into_iter().try_for_each(|name| {
        transaction
            .execute_batch(&format!("CREATE TABLE IF NOT EXISTS {name} (place INTEGER PRIMARY KEY, value NOT NULL)"))
    })
}

fn set_up(connection: &Connection, file: &StateFile) -> rusqlite::Result<()> {
    let synchronous = match file.durability {
        Durability::Process => "NORMAL",
        Durability::Full => "FULL",
    };
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", synchronous)?;
    connection.pragma_update(None, "cache_size", CACHE)?;
    if let Some(pages) = file.most_pages {
        connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
    }
    connection.query_row(&format!("PRAGMA journal_size_limit = {LARGEST_LOG}"), [], |_| Ok(()))
}

/// Which process has a file locked.
mod process {
    use std::path::Path;

    #[cfg(target_os = "linux")]
    pub(super) fn with_lock(path: &Path) -> Option<u32> {
        use std::os::unix::fs::MetadataExt as _;

        let inode = std::fs::metadata(path).ok()?.ino();
        let locks = std::fs::read_to_string("/proc/locks").ok()?;
        locks.lines().find_map(|line| {
            // `1: POSIX  ADVISORY  WRITE 4242 08:02:131 1073741826 1073742335`
            let mut fields = line.split_ascii_whitespace().skip(3);
            let (access, process, file) = (fields.next()?, fields.next()?, fields.next()?);
            let is_meant = access == "WRITE" && file.rsplit(':').next()?.parse() == Ok(inode);
            process.parse().ok().filter(|_| is_meant)
        })
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn with_lock(_: &Path) -> Option<u32> {
        None
    }
}
