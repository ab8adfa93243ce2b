//! The one writer: redb has one at a time. What waits is committed in one transaction, for to commit may be to wait for
//! the disk.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use redb::{Durability, WriteTransaction};
use scs::Clock;

use super::{RedbDurability, database::Database, error::Failure, now, queue::Task, tables::Tables};

/// What is on disk after a longer time is on disk by chance.
const LONGEST_DELAY: Duration = Duration::from_hours(24);

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

    pub(super) const fn due(&self) -> Option<Instant> {
        self.due
    }

    fn is_due(&self) -> bool {
        self.due.is_some_and(|due| due <= Instant::now())
    }

    /// Commits one write without waiting for anything. `None` where that is not possible: the disk must be waited for,
    /// the file must be opened anew, or the application may have a transaction of its own open.
    pub(super) fn write_at_once<T>(
        &mut self,
        perform: impl Fn(&mut Tables<'_>) -> Result<T, Failure>,
    ) -> Option<Result<T, Failure>> {
        if self.durability == RedbDurability::Immediate || !self.database.is_own() || self.is_due() {
            return None;
        }
        let transaction = self.database.try_begin_write().ok()?;
        let commit = catch_unwind(AssertUnwindSafe(|| self.commit(transaction, 1, false, perform)));
        Some(commit.unwrap_or(Err(Failure::Panicked)))
    }

    /// Commits tasks together and answers them. One that fails by itself does not fail the others.
    pub(super) fn write(&mut self, mut tasks: Vec<Box<dyn Task>>) {
        let commit = catch_unwind(AssertUnwindSafe(|| self.commit_together(&mut tasks)));
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

    /// Puts on disk what is not.
    pub(super) fn finish(&mut self) {
        if self.due.is_some() {
            self.due = Some(Instant::now());
            self.write(Vec::new());
        }
    }

    fn commit_together(&mut self, tasks: &mut [Box<dyn Task>]) -> Result<(), Failure> {
        let is_due = self.is_due();
        if is_due {
            // Should it fail, it is not tried again at once.
            self.due = self.deadline();
        } else if tasks.is_empty() {
            return Ok(());
        }
        let must_last = is_due || tasks.iter().any(|task| task.must_last());
        let transaction = self.database.begin_write()?;
        self.commit(transaction, tasks.len(), must_last, |tables| {
            tables.is_changed = is_due;
            tasks.iter_mut().try_for_each(|task| task.perform(tables))
        })
    }

    /// Performs writes and commits them, if they change something.
    fn commit<T>(
        &mut self,
        mut transaction: WriteTransaction,
        writes: usize,
        must_last: bool,
        perform: impl FnOnce(&mut Tables<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let mut tables = Tables::of(&transaction, &self.database.names, now(&*self.clock));
        let performed = perform(&mut tables)?;
        let is_changed = tables.is_changed;
        drop(tables);
        if !is_changed {
            transaction.abort()?;
            return Ok(performed);
        }
        let due = if must_last { None } else { self.due.or_else(|| self.deadline()) };
        transaction.set_quick_repair(self.quick_repair);
        transaction.set_durability(if due.is_none() { Durability::Immediate } else { Durability::None })?;
        transaction.commit()?;
        self.due = due;
        self.count(writes);
        Ok(performed)
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
