//! Whether a runtime goes on while somebody else has the SQLite file locked: how late a task wakes that asked for a millisecond,
//! on a runtime of one thread that changes a session each millisecond.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread::{self, sleep},
    time::{Duration, Instant},
};

use rusqlite::Connection;
use scs_stores::{SqliteDurability, SqliteStore};
use serde::{Deserialize, Serialize};

use crate::{folder::Folder, raw, settings::Settings, store::Direct, subject::Subject};

const TICK: Duration = Duration::from_millis(1);

/// How long another connection has the file locked, and how long it then lets others.
const HELD: Duration = Duration::from_millis(100);
const FREE: Duration = Duration::from_millis(10);

/// How long who waits on the calling thread waits.
const PATIENCE: Duration = Duration::from_secs(2);

/// In milliseconds.
#[derive(Serialize, Deserialize)]
pub struct Stall {
    pub situation: String,
    /// How late all ticks but one in a hundred were at most, and the latest.
    pub usual: f64,
    pub longest: f64,
    /// How often the session was changed, and the longest time that it took.
    pub changes: usize,
    pub longest_change: f64,
}

pub fn measure(settings: &Settings) -> Vec<Stall> {
    let folder = Folder::new();
    let (store, client) = (|file: &Path| store(file), |file: &Path| client(file));
    vec![
        situation("the store, the file is free", &folder.file(), store, false, settings),
        situation("the store, the file is locked most of the time", &folder.file(), store, true, settings),
        situation("a client that waits on the calling thread, the same", &folder.file(), client, true, settings),
    ]
}

fn store(file: &Path) -> Direct<SqliteStore> {
    let store = SqliteStore::builder(file).durability(SqliteDurability::PowerCut).open();
    Direct::new(store.expect("the folder is there"), vec![7; 160].into())
}

fn client(file: &Path) -> raw::sqlite::Sqlite {
    let schema = SqliteStore::open(file).expect("the folder is there").schema();
    let client = raw::sqlite::Sqlite::open(file, "FULL", &schema, vec![7; 160].into());
    client.waiting(PATIENCE)
}

fn situation<S: Subject>(
    situation: &str,
    file: &Path,
    subject: impl FnOnce(&Path) -> S,
    is_locked: bool,
    settings: &Settings,
) -> Stall {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
    runtime.block_on(SqliteStore::open(file).expect("the folder is there").migrate()).expect("the file is new");
    let subject = subject(file);
    let session = runtime.block_on(subject.create());
    let is_over = Arc::<AtomicBool>::default();
    let locking = is_locked.then(|| {
        let (file, is_over) = (file.to_owned(), Arc::clone(&is_over));
        thread::spawn(move || lock(&file, &is_over))
    });
    let end = Instant::now() + settings.stall();
    let (late, changes) = runtime.block_on(async {
        tokio::join!(tokio::spawn(ticks(end)), async {
            let mut changes = Vec::new();
            while Instant::now() < end {
                tokio::time::sleep(TICK).await;
                let began = Instant::now();
                subject.change(&session).await;
                changes.push(began.elapsed());
            }
            changes
        })
    });
    is_over.store(true, Relaxed);
    if let Some(locking) = locking {
        locking.join().expect("nobody else has the file locked for long");
    }
    let mut late = late.expect("ticking does not fail");
    late.sort_unstable();
    Stall {
        situation: situation.to_owned(),
        usual: millis(late[late.len() * 99 / 100]),
        longest: millis(late[late.len() - 1]),
        changes: changes.len(),
        longest_change: changes.into_iter().max().map_or(0.0, millis),
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

async fn ticks(end: Instant) -> Vec<Duration> {
    let mut late = Vec::new();
    while Instant::now() < end {
        let began = Instant::now();
        tokio::time::sleep(TICK).await;
        late.push(began.elapsed().saturating_sub(TICK));
    }
    late
}

/// Another connection to the file, as of another process.
fn lock(file: &Path, is_over: &AtomicBool) {
    let connection = Connection::open(file).expect("the file is there");
    connection.busy_timeout(PATIENCE).expect("SQLite has a timeout");
    while !is_over.load(Relaxed) {
        connection.execute_batch("BEGIN IMMEDIATE").expect("the file becomes free");
        sleep(HELD);
        connection.execute_batch("COMMIT").expect("nothing was done");
        sleep(FREE);
    }
}
