//! The database: the events that were applied, and their effects.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, Transaction};
use stripe_identity::{Event, EventType};

// `bonuses` and `failures` have no unique key, so that an event that is applied twice would show as two rows.
const SCHEMA: &str = "
    CREATE TABLE events (id TEXT PRIMARY KEY, deliveries INTEGER NOT NULL);
    CREATE TABLE bonuses (session TEXT NOT NULL);
    CREATE TABLE budget (spent INTEGER NOT NULL);
    CREATE TABLE failures (session TEXT NOT NULL);
    INSERT INTO budget VALUES (0);";
const INSERT_EVENT: &str = "INSERT INTO events (id, deliveries) VALUES (?1, 1)
    ON CONFLICT (id) DO UPDATE SET deliveries = deliveries + 1 RETURNING deliveries";
const TOTALS: &str = "SELECT (SELECT coalesce(sum(deliveries), 0) FROM events), (SELECT count(*) FROM bonuses),
    (SELECT spent FROM budget), (SELECT count(*) FROM failures)";

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Totals {
    pub(crate) deliveries: usize,
    pub(crate) bonuses: usize,
    pub(crate) spent: usize,
    pub(crate) failures: usize,
}

#[derive(Clone)]
pub(crate) struct Store(Arc<Mutex<Connection>>);

impl Store {
    /// Creates a database in memory. In production it is a file or a server, which survives a crash.
    pub(crate) fn create() -> rusqlite::Result<Self> {
        let connection = Connection::open_in_memory()?;
        connection.execute_batch(SCHEMA)?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    pub(crate) fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic drops its transaction, which rolls it back: the connection stays usable.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Applies an event, unless an earlier delivery did. The event's id and the effect are in one transaction: both are
    /// committed or, after an error, a panic or a crash, neither is.
    pub(crate) fn apply(&self, event: &Event) -> rusqlite::Result<()> {
        let mut connection = self.connection();
        let transaction = connection.transaction()?;
        let delivery: u32 = transaction.query_row(INSERT_EVENT, [event.id.as_str()], |row| row.get(0))?;
        if delivery == 1 {
            make_effect(&transaction, event)?;
        }
        transaction.commit()
    }

    pub(crate) fn totals(&self) -> rusqlite::Result<Totals> {
        self.connection().query_row(TOTALS, (), |row| {
            let [deliveries, bonuses, spent, failures] = [row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?];
            Ok(Totals { deliveries, bonuses, spent, failures })
        })
    }
}

fn make_effect(transaction: &Transaction<'_>, event: &Event) -> rusqlite::Result<()> {
    // Unlike `verification_session`, this returns the id even if the rest of the snapshot does not parse.
    let session = event.verification_session_id().map(|id| id.as_str().to_owned());
    match event.type_ {
        EventType::VerificationSessionVerified => {
            transaction.execute("INSERT INTO bonuses VALUES (?1)", [session])?;
            transaction.execute("UPDATE budget SET spent = spent + 1", ())?;
        }
        EventType::VerificationSessionRequiresInput => {
            transaction.execute("INSERT INTO failures VALUES (?1)", [session])?;
        }
        // Returning an error would make Stripe deliver the event again.
        _ => {}
    }
    Ok(())
}
