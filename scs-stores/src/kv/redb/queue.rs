//! The way to the writer: a lone write that waits for no disk is done on the calling thread, all others on one thread.

use std::{
    iter,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, TryLockError,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread::{self, JoinHandle},
    time::Instant,
};

use scs::store::{StoreError, StoreErrorKind};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::{error::Failure, tables::Tables, writer::Writer};

/// Writes that wait or are under way at most; whoever has one more waits for a place.
const PLACES: usize = 256;

/// What a write takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Effort {
    /// Microseconds, for which a thread of the runtime may be held.
    Brief,
    /// Longer.
    Long,
    /// It must be on disk before it is answered, whatever the store's durability.
    Lasting,
}

/// A write that waits for its transaction.
pub(super) trait Task: Send {
    /// Does the work within a transaction, from the beginning if the transaction before was given up.
    fn perform(&mut self, tables: &mut Tables<'_>) -> Result<(), Failure>;

    /// Tells how the transaction ended.
    fn answer(self: Box<Self>, outcome: Result<(), Failure>);

    /// Whether it must be on disk before it is answered, whatever the store's durability.
    fn must_last(&self) -> bool;
}

struct Operation<F, T> {
    perform: F,
    performed: Option<T>,
    reply: oneshot::Sender<Result<T, Failure>>,
    must_last: bool,
    _place: OwnedSemaphorePermit,
}

impl<F, T> Task for Operation<F, T>
where
    F: Fn(&mut Tables<'_>) -> Result<T, Failure> + Send,
    T: Send,
{
    fn perform(&mut self, tables: &mut Tables<'_>) -> Result<(), Failure> {
        self.performed = Some((self.perform)(tables)?);
        Ok(())
    }

    fn answer(self: Box<Self>, outcome: Result<(), Failure>) {
        let Self { performed, reply, .. } = *self;
        // The writer may have given up.
        let _ = reply.send(outcome.and_then(|()| performed.ok_or(Failure::Stopped)));
    }

    fn must_last(&self) -> bool {
        self.must_last
    }
}

/// What the writing thread is told.
enum Message {
    Write(Box<dyn Task>),
    /// Another thread has committed what must be on disk by then.
    Due(Instant),
}

/// The way to the writer, and to the writing thread, which ends with it.
pub(super) struct Queue {
    writer: Arc<Mutex<Writer>>,
    places: Arc<Semaphore>,
    /// `None` once the store is being dropped.
    sender: Option<Sender<Message>>,
    thread: Option<JoinHandle<()>>,
}

impl Queue {
    pub(super) fn start(writer: Writer) -> Result<Self, StoreError> {
        let (sender, receiver) = mpsc::channel();
        let writer = Arc::new(Mutex::new(writer));
        let writing = Arc::clone(&writer);
        let thread = thread::Builder::new().name("scs-redb".to_owned()).spawn(move || work(&writing, &receiver));
        let thread = thread.map_err(|error| {
            let message = "no thread could be started that writes to the redb file; raise the limits of the process";
            StoreError::new(StoreErrorKind::Configuration, message).with_source(error)
        })?;
        Ok(Self { writer, places: Arc::new(Semaphore::new(PLACES)), sender: Some(sender), thread: Some(thread) })
    }

    /// Does something within a transaction and answers when that is committed. Dropped before it has a place in
    /// the queue, it does nothing; dropped later, it is done all the same.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        effort: Effort,
        perform: impl Fn(&mut Tables<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        if effort == Effort::Brief
            && let Some(outcome) = self.write_here(&perform)
        {
            return outcome;
        }
        let place = self.places.clone().acquire_owned().await.map_err(|_| Failure::Stopped)?;
        let (reply, answer) = oneshot::channel();
        let must_last = effort == Effort::Lasting;
        let operation = Operation { perform, performed: None, reply, must_last, _place: place };
        self.send(Message::Write(Box::new(operation)))?;
        answer.await.map_err(|_| Failure::Stopped)?
    }

    /// Writes on the calling thread; `None` where others are writing, or something must be waited for.
    fn write_here<T>(&self, perform: impl Fn(&mut Tables<'_>) -> Result<T, Failure>) -> Option<Result<T, Failure>> {
        if self.places.available_permits() < PLACES {
            return None;
        }
        let mut writer = match self.writer.try_lock() {
            Ok(writer) => writer,
            Err(TryLockError::Poisoned(writer)) => writer.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        let before = writer.due();
        let outcome = writer.write_at_once(perform);
        let due = writer.due().filter(|_| before.is_none());
        drop(writer);
        if let Some(due) = due {
            // It fails only if the thread is gone, and then the next one that has a task says so.
            let _ = self.send(Message::Due(due));
        }
        outcome
    }

    fn send(&self, message: Message) -> Result<(), Failure> {
        self.sender.as_ref().and_then(|sender| sender.send(message).ok()).ok_or(Failure::Stopped)
    }
}

impl Drop for Queue {
    /// Waits until what is queued is on disk: the process may end right after.
    fn drop(&mut self) {
        drop(self.sender.take());
        if let Some(thread) = self.thread.take() {
            // Whoever waited for a thread that panicked has been told.
            let _ = thread.join();
        }
    }
}

fn lock(writer: &Mutex<Writer>) -> MutexGuard<'_, Writer> {
    writer.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Works until every handle of the store is gone and the queue is empty.
fn work(writer: &Mutex<Writer>, queue: &Receiver<Message>) {
    let mut due = None;
    while let Some(tasks) = receive(queue, &mut due) {
        let mut writer = lock(writer);
        writer.write(tasks);
        due = writer.due();
    }
    lock(writer).finish();
}

/// Waits for tasks, or for the time to make durable what is not; then there may be none. The writer stays free meanwhile,
/// for threads that write for themselves.
fn receive(queue: &Receiver<Message>, due: &mut Option<Instant>) -> Option<Vec<Box<dyn Task>>> {
    loop {
        let received = match *due {
            None => queue.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(due) => queue.recv_timeout(due.saturating_duration_since(Instant::now())),
        };
        let first = match received {
            Ok(first) => first,
            Err(RecvTimeoutError::Timeout) => return Some(Vec::new()),
            Err(RecvTimeoutError::Disconnected) => return None,
        };
        let mut tasks = Vec::new();
        for message in iter::once(first).chain(queue.try_iter()).take(PLACES) {
            match message {
                Message::Write(task) => tasks.push(task),
                Message::Due(earlier) => *due = Some(due.map_or(earlier, |due| due.min(earlier))),
            }
        }
        if !tasks.is_empty() {
            return Some(tasks);
        }
    }
}
