//! The writing thread: redb has one writer at a time, and to commit is to wait for the disk. So everything that is
//! waiting is committed in one transaction.

use std::{
    iter,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::{Duration, Instant},
};

use redb::{Durability, WriteTransaction};
use scs::Clock;

use super::{RedbDurability, database::Database, error::Failure, now, queue::Task, tables::Tables};

/// Writes that share a transaction at most.
const BATCH: usize = 256;

/// What is on disk after a longer time is on disk by chance.
const LONGEST_DELAY: Duration = Duration::from_hours(24);

type Tasks = Vec<Box<dyn Task>>;

/// What has been written since the store was opened.
#[derive(Default)]
pub(super) struct Counters {
    pub(super) writes: AtomicU64,
    pub(super) commits: AtomicU64,
    pub(super) durable_commits: AtomicU64,
}

pub(super) struct Writer {
    database: Arc<Database>,
    clock: Arc<dyn Clock>,
    counters: Arc<Counters>,
    durability: RedbDurability,
    quick_repair: bool,
    /// When what has been committed must be on disk; `None` if it is.
    due: Option<Instant>,
}

impl Writer {
    pub(super) fn new(database: Arc<Database>, clock: Arc<dyn Clock>, counters: Arc<Counters>) -> Self {
        Self { database, clock, counters, durability: RedbDurability::default(), quick_repair: false, due: None }
    }

    pub(super) fn durability(self, durability: RedbDurability, quick_repair: bool) -> Self {
        Self { durability, quick_repair, ..self }
    }

    /// Works until every handle of the store is gone and the queue is empty.
    pub(super) fn run(mut self, queue: &Receiver<Box<dyn Task>>) {
        while let Some(tasks) = self.receive(queue) {
            self.write(tasks);
        }
        if self.due.is_some() {
            self.due = Some(Instant::now());
            self.write(Tasks::new());
        }
    }

    /// Waits for tasks, or for the time to make durable what is not; then there may be none.
    fn receive(&self, queue: &Receiver<Box<dyn Task>>) -> Option<Tasks> {
        let Some(due) = self.due else { return Some(batch(queue.recv().ok()?, queue)) };
        match queue.recv_timeout(due.saturating_duration_since(Instant::now())) {
            Ok(first) => Some(batch(first, queue)),
            Err(RecvTimeoutError::Timeout) => Some(Tasks::new()),
            Err(RecvTimeoutError::Disconnected) => None,
        }
    }

    /// Commits tasks together and answers them. One that fails by itself does not fail the others.
    fn write(&mut self, mut tasks: Tasks) {
        let commit = catch_unwind(AssertUnwindSafe(|| self.commit(&mut tasks)));
        let outcome = commit.unwrap_or(Err(Failure::Panicked));
        let concerns_one = outcome.as_ref().is_err_and(Failure::is_of_one_operation);
        let is_shared = tasks.len() > 1;
        for task in tasks {
            match concerns_one && is_shared {
                true => self.write(vec![task]),
                false => task.answer(outcome.clone()),
            }
        }
    }

    fn commit(&mut self, tasks: &mut [Box<dyn Task>]) -> Result<(), Failure> {
        let is_due = self.due.is_some_and(|due| due <= Instant::now());
        if is_due {
            // Should it fail, it is not tried again at once.
            self.due = self.deadline();
        }
        let now = now(&*self.clock);
        let mut transaction = self.database.begin_write()?;
        if !self.perform(&transaction, tasks, now)? && !is_due {
            return Ok(transaction.abort()?);
        }
        let must_last = is_due || tasks.iter().any(|task| task.must_last());
        let due = if must_last { None } else { self.due.or_else(|| self.deadline()) };
        transaction.set_quick_repair(self.quick_repair);
        transaction.set_durability(if due.is_none() { Durability::Immediate } else { Durability::None })?;
        transaction.commit()?;
        self.due = due;
        self.count(tasks.len());
        Ok(())
    }

    /// Whether there is something to commit afterwards.
    fn perform(&self, transaction: &WriteTransaction, tasks: &mut [Box<dyn Task>], now: i64) -> Result<bool, Failure> {
        let mut tables = Tables::open(transaction, &self.database.names, now)?;
        tasks.iter_mut().try_for_each(|task| task.perform(&mut tables))?;
        Ok(tables.is_changed)
    }

    /// When what is committed now must be on disk; `None` if at once.
    fn deadline(&self) -> Option<Instant> {
        match self.durability {
            RedbDurability::Immediate => None,
            RedbDurability::Within(delay) => Some(Instant::now() + delay.min(LONGEST_DELAY)),
        }
    }

    fn count(&self, writes: usize) {
        self.counters.writes.fetch_add(writes as u64, Ordering::Relaxed);
        self.counters.commits.fetch_add(1, Ordering::Relaxed);
        self.counters.durable_commits.fetch_add(u64::from(self.due.is_none()), Ordering::Relaxed);
    }
}

/// A task, and whatever else is waiting.
fn batch(first: Box<dyn Task>, queue: &Receiver<Box<dyn Task>>) -> Tasks {
    iter::once(first).chain(queue.try_iter()).take(BATCH).collect()
}
