//! The queue of writes, and the thread that works on it.

use std::{
    sync::{
        Arc,
        mpsc::{self, Sender},
    },
    thread::{self, JoinHandle},
};

use scs::store::{StoreError, StoreErrorKind};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::{error::Failure, tables::Tables, writer::Writer};

/// Writes that wait or are under way at most; whoever has one more waits for a place.
const PLACES: usize = 256;

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
        // Nobody may be waiting any more.
        let _ = reply.send(outcome.and_then(|()| performed.ok_or(Failure::Stopped)));
    }

    fn must_last(&self) -> bool {
        self.must_last
    }
}

/// The way to the writing thread, which ends with it.
pub(super) struct Queue {
    places: Arc<Semaphore>,
    /// `None` once the store is being dropped.
    sender: Option<Sender<Box<dyn Task>>>,
    thread: Option<JoinHandle<()>>,
}

impl Queue {
    pub(super) fn start(writer: Writer) -> Result<Self, StoreError> {
        let (sender, receiver) = mpsc::channel();
        let thread = thread::Builder::new().name("scs-redb".to_owned()).spawn(move || writer.run(&receiver));
        let thread = thread.map_err(|error| {
            let message = "no thread could be started that writes to the redb file; raise the limits of the process";
            StoreError::new(StoreErrorKind::Configuration, message).with_source(error)
        })?;
        Ok(Self { places: Arc::new(Semaphore::new(PLACES)), sender: Some(sender), thread: Some(thread) })
    }

    /// Does something within a transaction and answers when that is committed. Dropped before it has a place in
    /// the queue, it does nothing; dropped later, it is done all the same.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        must_last: bool,
        perform: impl Fn(&mut Tables<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let place = self.places.clone().acquire_owned().await.map_err(|_| Failure::Stopped)?;
        let (reply, answer) = oneshot::channel();
        let task = Box::new(Operation { perform, performed: None, reply, must_last, _place: place });
        self.sender.as_ref().and_then(|sender| sender.send(task).ok()).ok_or(Failure::Stopped)?;
        answer.await.map_err(|_| Failure::Stopped)?
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
