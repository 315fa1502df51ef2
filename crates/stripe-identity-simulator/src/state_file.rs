//! Worlds in an SQLite file, with one table for each kind of row.

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

/// The text `SIMs`, in the header of the file.
const APPLICATION_ID: i32 = 0x5349_4d73;
/// The migrations. Each one leads from the version with its index to the next one. A new file has the version 0.
const STEPS: &[fn(&Transaction<'_>) -> rusqlite::Result<()>] = &[create];
/// The key of a row has the place of the row in its world in these low bits, and the number of the world in the bits
/// above.
const PLACE_BITS: u32 = 40;
/// The size in bytes that the write-ahead log is truncated to after a checkpoint.
const LARGEST_LOG: u32 = 64 * 1024 * 1024;
/// The size of the page cache. SQLite takes a negative number as KiB.
const CACHE: i32 = -16 * 1024;

/// The file in which a simulator keeps its state: see [`SimulatorBuilder::open`](crate::SimulatorBuilder::open).
///
/// ```
/// use stripe_identity_simulator::{Durability, Simulator, StateFile};
///
/// # let path = std::env::temp_dir().join(format!("stripe-identity-simulator-doc-{}.db", std::process::id()));
/// let file = StateFile::new(&path).durability(Durability::Full);
/// let stripe = Simulator::builder().open(file)?;
/// # drop(stripe);
/// # std::fs::remove_file(path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct StateFile {
    path: PathBuf,
    durability: Durability,
    on_commit: Option<CommitHook>,
    most_pages: Option<u32>,
}

/// A function that is called with `false` before each commit, and with `true` after it.
type CommitHook = Arc<dyn Fn(bool) + Send + Sync>;

/// The failures that a change survives once the simulator has responded to its request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Durability {
    /// The change survives when the process is killed at any moment. If the power fails, the last changes may be lost.
    #[default]
    Process,
    /// The change also survives a power failure. Each change waits until the disk has written it, which is slower.
    Full,
}

impl StateFile {
    /// Names the file. It is created when it is opened, if it does not exist; its folder must exist.
    ///
    /// While it is open, there may be two more files beside it, whose names end in `-wal` and `-journal`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), durability: Durability::default(), on_commit: None, most_pages: None }
    }

    /// Sets what changes survive. Defaults to [`Durability::Process`].
    pub fn durability(self, durability: Durability) -> Self {
        Self { durability, ..self }
    }

    /// Calls a function before each commit with `false`, and after it with `true`, for tests that kill the process
    /// there.
    #[doc(hidden)]
    pub fn on_commit(self, hook: impl Fn(bool) + Send + Sync + 'static) -> Self {
        Self { on_commit: Some(Arc::new(hook)), ..self }
    }

    /// Limits the number of pages of the file, for tests in which it cannot grow.
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

/// The error when a state file cannot be used. The file has not changed.
///
/// ```
/// use stripe_identity_simulator::{Simulator, StateError, StateFile};
///
/// let error = Simulator::builder().open(StateFile::new(std::env::temp_dir())).unwrap_err();
/// assert!(matches!(error, StateError::Unusable { .. }));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum StateError {
    /// Another simulator is using the file.
    #[non_exhaustive]
    InUse {
        /// The path of the file.
        path: PathBuf,
        /// The process id of the other simulator, or `None` if it cannot be determined.
        process: Option<u32>,
    },
    /// The file is not a state file of the simulator.
    #[non_exhaustive]
    Foreign {
        /// The path of the file.
        path: PathBuf,
    },
    /// The file was created by a newer release of the simulator.
    #[non_exhaustive]
    Newer {
        /// The path of the file.
        path: PathBuf,
        /// The version of its format.
        version: i32,
    },
    /// The contents of the file are not valid. Another program has changed it, or its disk is failing.
    #[non_exhaustive]
    Damaged {
        /// The path of the file.
        path: PathBuf,
        /// What is wrong. It quotes nothing of the file.
        reason: String,
    },
    /// The file cannot be opened, read or written.
    #[non_exhaustive]
    Unusable {
        /// The path of the file.
        path: PathBuf,
        /// The reason, mostly in the words of the operating system or of SQLite.
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
                    write!(f, ", process {process}")?;
                }
                f.write_str(": stop that simulator, or choose another file")
            }
            Self::Foreign { path } => {
                write!(
                    f,
                    "{} is not a state file of the simulator: expected a state file, or a path without a file",
                    path.display()
                )
            }
            Self::Newer { path, version } => write!(
                f,
                "the state file {} has the version {version} of a newer release: expected version {} or less; use that \
                 release, or choose another file",
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

/// Returns the reason why there can be no file at a path, if the path itself shows it.
fn unusable(path: &Path) -> Option<String> {
    if path.is_dir() {
        return Some("it is a folder: expected the path of a file".to_owned());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir())?;
    Some(format!("there is no folder {}: create it, or choose another file", folder.display()))
}

/// Returns SQLite's message for an error. It quotes no value.
fn reason(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
        error => error.to_string(),
    }
}

/// An open state file. It is locked until this value is dropped.
pub(crate) struct Open {
    path: PathBuf,
    connection: Mutex<Connection>,
    /// The state that all worlds share: as it was last written, and as it is to be written.
    whole: Mutex<Wholes>,
    on_commit: Option<CommitHook>,
}

#[derive(Default)]
struct Wholes {
    written: String,
    latest: String,
}

/// The worlds of a file, with their names, by their numbers.
pub(crate) type Loaded = BTreeMap<u32, (String, World)>;

impl Open {
    /// Opens a file, or creates it if it does not exist, and locks it.
    pub(crate) fn new(file: &StateFile) -> Result<Self, StateError> {
        let path = &file.path;
        make(path);
        let failed = |error: &rusqlite::Error| StateError::of(path, error);
        let connection = connect(path).map_err(|error| failed(&error))?;
        if connection.is_readonly("main").map_err(|error| failed(&error))? {
            let reason =
                "it is read-only: expected a file that can be written, in a folder that can be written".to_owned();
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

    /// Reads the shared state and all worlds. `make` creates an empty world with a name.
    pub(crate) fn load(&self, mut make: impl FnMut(&str) -> World) -> Result<(Option<Whole>, Loaded), StateError> {
        let connection = self.lock();
        let failed = |error: rusqlite::Error| StateError::of(&self.path, &error);
        let damaged = |reason: String| StateError::Damaged { path: self.path.clone(), reason };
        let whole = connection.query_row("SELECT value FROM simulator", [], |row| row.get::<_, String>(0));
        let whole = whole.optional().map_err(failed)?;
        let whole = whole.map(|text| serde_json::from_str(&text)).transpose();
        let whole = whole.map_err(|_| damaged("the state that all worlds share cannot be parsed".to_owned()))?;
        let mut worlds = Loaded::new();
        for kind in Kind::ALL {
            let sql = format!("SELECT place, value FROM {} ORDER BY place", kind.name());
            let mut statement = connection.prepare(&sql).map_err(failed)?;
            let mut rows = statement.query([]).map_err(failed)?;
            while let Some(row) = rows.next().map_err(failed)? {
                let key: i64 = row.get(0).map_err(failed)?;
                let value = row.get_ref(1).map_err(failed)?;
                let (ValueRef::Text(value) | ValueRef::Blob(value)) = value else {
                    return Err(damaged(format!("a value of {} is neither a text nor a blob", kind.name())));
                };
                let (number, place) = split(key);
                let part = Part::read(kind, value).map_err(|error| damaged(error.to_string()))?;
                if let Part::World(stored) = &part {
                    worlds.insert(number, (stored.name.clone(), make(&stored.name)));
                }
                let world = worlds.get_mut(&number);
                let (_, world) = world.ok_or_else(|| damaged(format!("a {} belongs to no world", kind.name())))?;
                world.put(place, part).map_err(|error| damaged(error.to_string()))?;
            }
        }
        for (_, world) in worlds.values_mut() {
            world.complete();
        }
        Ok((whole, worlds))
    }

    /// Allows the write-ahead log to be merged into the file when it is closed. Before this call, a log that another
    /// process has left stays as it is.
    pub(crate) fn accept(&self) -> Result<(), StateError> {
        let accepted = self.lock().set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false);
        accepted.map(drop).map_err(|error| StateError::of(&self.path, &error))
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // No code that holds the lock panics.
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

    /// Calls a function in a transaction, which also writes the shared state if it has changed.
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
            self.call_hook(false);
            transaction.commit()?;
            self.call_hook(true);
            let latest = wholes.latest.clone();
            wholes.written = latest;
            Ok(())
        };
        transact().map_err(|error: rusqlite::Error| Unwritten { reason: reason(&error) })
    }

    fn call_hook(&self, is_committed: bool) {
        if let Some(hook) = &self.on_commit {
            hook(is_committed);
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
            // If this fails, the next transaction writes it.
            let _ = self.transact(|_| Ok(()));
        }
    }
}

fn key(world: u32, place: u64) -> i64 {
    // Both are far below their limits, since the numbers of removed worlds are reused.
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

/// Creates a file that only its owner can read, unless it exists. An error is ignored, since opening the file reports
/// it.
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
    // If the file is refused, the log that another process has left must stay as it is.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, has_log)?;
    // The lock is kept until the end, so that no other process has to be notified of changes.
    connection.query_row("PRAGMA locking_mode = EXCLUSIVE", [], |_| Ok(()))?;
    Ok(connection)
}

/// Returns the version of a state file, 0 for an empty file, or `None` for any other file.
fn version(connection: &Connection) -> rusqlite::Result<Option<i32>> {
    let pragma = |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i32>(0));
    let (application_id, version) = (pragma("application_id")?, pragma("user_version")?);
    if application_id == APPLICATION_ID && version > 0 {
        return Ok(Some(version));
    }
    Ok((pragma("page_count")? == 0).then_some(0))
}

/// Migrates a file to the current version, in one transaction.
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

/// Finds the process that has locked a file.
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
            let has_lock = access == "WRITE" && file.rsplit(':').next()?.parse() == Ok(inode);
            process.parse().ok().filter(|_| has_lock)
        })
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn with_lock(_: &Path) -> Option<u32> {
        None
    }
}
