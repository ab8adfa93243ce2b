//! Writes that wait for the disk share a transaction; those that do not are done on the calling thread.

use std::{sync::Arc, thread};

use futures_util::{FutureExt as _, future::join_all};
use scs::{
    Clock, SystemClock,
    store::{Admission, Created, Entry, Index as _, Limit as _, SessionId, Store as _, Term, Updated},
};
use scs_stores::{SqliteDurability, SqliteStore};
use tokio::time::timeout;

use crate::support::{Folder, MINUTE, SECOND, StoppingClock};

const TERM: Term = Term::from_bytes([7; 16]);

fn id(number: u64) -> SessionId {
    SessionId::from_bytes([number.to_be_bytes(); 2].concat().try_into().unwrap())
}

fn entry() -> Entry {
    Entry::new("x", MINUTE)
}

async fn open(folder: &Folder, durability: SqliteDurability, clock: Arc<dyn Clock>) -> SqliteStore {
    let builder = SqliteStore::builder(folder.file("sessions.db")).durability(durability).clock(clock);
    let store = builder.open().unwrap();
    store.migrate().await.unwrap();
    store
}

/// A writer that has its turn and stopped in the middle of its write; it does not wait for the answer.
struct Stopped {
    store: SqliteStore,
    clock: Arc<StoppingClock>,
    writer: thread::JoinHandle<()>,
    folder: Folder,
}

impl Stopped {
    async fn new() -> Self {
        let (folder, clock) = (Folder::new("sqlite"), Arc::new(StoppingClock::new("writer")));
        let store = open(&folder, SqliteDurability::PowerCut, clock.clone()).await;
        clock.arm();
        let (writing, armed) = (store.clone(), clock.clone());
        // The turn may still be of the thread that commits.
        let create = move || {
            while armed.is_armed() {
                assert!(writing.create(id(u64::MAX), &entry()).now_or_never().is_none());
            }
        };
        let writer = thread::Builder::new().name("writer".to_owned()).spawn(create).unwrap();
        clock.wait_until_stopped();
        Self { store, clock, writer, folder }
    }

    fn release(self) -> (SqliteStore, Folder) {
        self.clock.release();
        self.writer.join().unwrap();
        (self.store, self.folder)
    }
}

#[tokio::test]
async fn a_lone_change_is_written_on_the_calling_thread() {
    let folder = Folder::new("sqlite");
    let store = open(&folder, SqliteDurability::ProcessEnd, Arc::new(SystemClock)).await;
    let (one, two) = (entry(), entry().with_terms(vec![TERM], vec![]));
    assert_eq!(store.create(id(1), &one).now_or_never().unwrap().unwrap(), Created::Created);
    assert_eq!(store.update(id(1), one.revision(), &two).now_or_never().unwrap().unwrap(), Updated::Updated);
    store.touch(id(1), two.revision(), MINUTE).now_or_never().unwrap().unwrap();
}

#[tokio::test]
async fn what_waits_for_the_disk_holds_no_thread_of_the_runtime() {
    let folder = Folder::new("sqlite");
    let store = open(&folder, SqliteDurability::PowerCut, Arc::new(SystemClock)).await;
    assert!(store.create(id(1), &entry()).now_or_never().is_none());
    let store = open(&folder, SqliteDurability::ProcessEnd, Arc::new(SystemClock)).await;
    assert!(store.create(id(2), &entry().with_full_durability()).now_or_never().is_none());
    let _ = store.create(id(3), &entry()).await.unwrap();
    assert!(store.delete(id(3)).now_or_never().is_none());
}

#[tokio::test]
async fn what_changes_nothing_waits_for_no_disk() {
    let folder = Folder::new("sqlite");
    let store = open(&folder, SqliteDurability::PowerCut, Arc::new(SystemClock)).await;
    let _ = store.create(id(1), &entry()).await.unwrap();
    let conflict = store.update(id(1), entry().revision(), &entry()).now_or_never();
    assert_eq!(conflict.unwrap().unwrap(), Updated::Conflict);
    assert!(!store.delete(id(2)).now_or_never().unwrap().unwrap());
}

#[tokio::test]
async fn changes_of_many_writers_share_one_commit() {
    let stopped = Stopped::new().await;
    let (store, entries) = (stopped.store.clone(), (0..100).map(|_| entry()).collect::<Vec<_>>());
    let log = stopped.folder.file("sessions.db-wal");
    let before = std::fs::metadata(&log).unwrap().len();
    let mut creating = Box::pin(join_all((0..).zip(&entries).map(|(number, entry)| store.create(id(number), entry))));
    assert!(creating.as_mut().now_or_never().is_none());
    let _folder = stopped.release();
    assert!(creating.await.into_iter().all(|created| created.unwrap() == Created::Created));
    // A commit writes each page that it changed once, and a hundred commits would change three at least each.
    let pages = (std::fs::metadata(&log).unwrap().len() - before) / 4096;
    assert!(pages < 50, "{pages} pages");
}

#[tokio::test]
async fn a_writer_that_is_cut_off_leaves_the_others_working() {
    let stopped = Stopped::new().await;
    let store = stopped.store.clone();
    for number in 0..100 {
        // Dropped while it waits for its turn.
        assert!(store.create(id(number), &entry()).now_or_never().is_none());
    }
    let _folder = stopped.release();
    let creating = timeout(10 * SECOND, store.create(id(100), &entry())).await;
    assert_eq!(creating.expect("no writer gets a turn").unwrap(), Created::Created);
    assert!(store.load(id(0)).await.unwrap().is_none());
    assert!(store.load(id(u64::MAX)).await.unwrap().is_some(), "what was cut off later is done all the same");
}

#[tokio::test]
async fn what_is_undone_in_company_undoes_nothing_else() {
    let stopped = Stopped::new().await;
    let (store, entry) = (stopped.store.clone(), entry().with_terms(vec![TERM], vec![]));
    let without_place = entry.clone().with_places(vec![TERM]);
    let writing = async {
        tokio::join!(
            store.create(id(1), &entry),
            store.admit(TERM, id(2), 1, MINUTE),
            store.create(id(3), &entry),
            store.create(id(1), &entry),
            store.create(id(4), &without_place),
        )
    };
    let mut writing = Box::pin(writing);
    assert!(writing.as_mut().now_or_never().is_none());
    let _folder = stopped.release();
    let (first, refused, second, again, not_admitted) = writing.await;
    assert_eq!(
        (first.unwrap(), second.unwrap(), again.unwrap()),
        (Created::Created, Created::Created, Created::Created)
    );
    assert!(matches!(refused.unwrap(), Admission::Full(_)));
    assert_eq!(not_admitted.unwrap(), Created::NotAdmitted);
    assert!(store.load(id(4)).await.unwrap().is_none());
    assert_eq!(store.find(TERM, None, 10).await.unwrap().items, [id(3), id(1)]);
}

#[tokio::test]
async fn a_load_sees_only_what_is_committed() {
    let folder = Folder::new("sqlite");
    let store = open(&folder, SqliteDurability::PowerCut, Arc::new(SystemClock)).await;
    let other = rusqlite::Connection::open(folder.file("sessions.db")).unwrap();
    for number in 0..100 {
        assert!(store.create(id(number), &entry()).now_or_never().is_none());
        let is_seen = store.load(id(number)).await.unwrap().is_some();
        let sql = "SELECT count(*) FROM scs_sessions WHERE id = ?";
        let committed: i64 = other.query_row(sql, [id(number).to_bytes()], |row| row.get(0)).unwrap();
        assert!(!is_seen || committed == 1, "{number}");
    }
}

#[tokio::test]
async fn the_log_stays_short() {
    for durability in [SqliteDurability::PowerCut, SqliteDurability::ProcessEnd] {
        let folder = Folder::new("sqlite");
        let store = open(&folder, durability, Arc::new(SystemClock)).await;
        let entry = Entry::new(vec![1; 4096], MINUTE);
        for hundred in 0..30 {
            let creating = (0..100).map(|number| store.create(id(100 * hundred + number), &entry));
            assert!(join_all(creating).await.into_iter().all(|created| created.unwrap() == Created::Created));
        }
        let length = std::fs::metadata(folder.file("sessions.db-wal")).unwrap().len();
        assert!(length < 8 * 1024 * 1024, "{length} bytes");
    }
}
