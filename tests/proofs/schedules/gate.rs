//! The gate: holds every store call back, on its way in and its answer on its way out.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard},
};

use scs::store::StoreError;
use tokio::sync::oneshot;

use crate::support::{Around, Wrapped};

/// A store behind a gate.
pub(crate) type Gated<S> = Wrapped<S, Gate>;

#[derive(Clone)]
pub(crate) struct Gate(Arc<Mutex<Held>>);

struct Held {
    /// Whether answers are held back too.
    holds_answers: bool,
    /// How many calls the store may have at once.
    at_once: usize,
    is_lifted: bool,
    /// Who is being polled.
    task: usize,
    waiting: Vec<(Step, oneshot::Sender<()>)>,
    /// Calls that the store has not answered.
    under_way: usize,
    opened: Vec<Step>,
}

/// One thing that a task waits to be allowed.
#[derive(Clone, Copy)]
struct Step {
    task: usize,
    name: &'static str,
    is_answer: bool,
}

impl Held {
    const fn new(at_once: usize, holds_answers: bool) -> Self {
        Self {
            holds_answers,
            at_once,
            is_lifted: false,
            task: 0,
            waiting: Vec::new(),
            under_way: 0,
            opened: Vec::new(),
        }
    }

    fn join(&mut self, name: &'static str, is_answer: bool) -> oneshot::Receiver<()> {
        let (open, opened) = oneshot::channel();
        self.waiting.push((Step { task: self.task, name, is_answer }, open));
        if self.is_lifted {
            self.open(self.waiting.len() - 1);
        }
        opened
    }

    fn open(&mut self, position: usize) {
        let (step, open) = self.waiting.remove(position);
        self.opened.push(step);
        // Whoever was cancelled meanwhile does not hear it.
        let _ = open.send(());
    }
}

impl Gate {
    /// A gate that lets one call into the store at a time, and its answer out at once.
    pub(crate) fn of_calls() -> Self {
        Self::with(1, false)
    }

    /// A gate that holds back each answer by itself too.
    pub(crate) fn of_calls_and_answers() -> Self {
        Self::with(1, true)
    }

    /// A gate that lets so many calls overlap in the store.
    pub(crate) fn with(at_once: usize, holds_answers: bool) -> Self {
        Self(Arc::new(Mutex::new(Held::new(at_once, holds_answers))))
    }

    /// Puts a store behind this gate.
    pub(crate) fn before<S>(&self, store: S) -> Gated<S> {
        Wrapped { inner: store, around: self.clone() }
    }

    /// Waits to be let through.
    pub(crate) async fn pass(&self, name: &'static str) {
        self.wait(name, false).await;
    }

    async fn wait(&self, name: &'static str, is_answer: bool) {
        let opened = self.held().join(name, is_answer);
        opened.await.expect("the gate outlives the tasks");
    }

    /// How many wait to be let through.
    pub(super) fn waiting(&self) -> usize {
        self.held().waiting.len()
    }

    /// Lets one of those through that wait.
    pub(crate) fn open(&self, position: usize) {
        self.held().open(position);
    }

    /// From now on nothing is held back.
    pub(crate) fn lift(&self) {
        self.held().is_lifted = true;
    }

    /// Whether the store can take another call.
    pub(super) fn is_free(&self) -> bool {
        let held = self.held();
        held.under_way < held.at_once
    }

    /// Says who is polled next.
    pub(super) fn poll(&self, task: usize) {
        self.held().task = task;
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap()
    }
}

impl Around for Gate {
    async fn call<T: Send>(
        &self,
        name: &'static str,
        work: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        self.wait(name, false).await;
        let under_way = UnderWay::begin(self);
        let answer = work.await;
        drop(under_way);
        if self.held().holds_answers {
            self.wait(name, true).await;
        }
        answer
    }
}

/// A call that the store has not answered; one that is dropped counts no more.
struct UnderWay<'a>(&'a Gate);

impl<'a> UnderWay<'a> {
    fn begin(gate: &'a Gate) -> Self {
        gate.held().under_way += 1;
        Self(gate)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.held().under_way -= 1;
    }
}

impl fmt::Display for Gate {
    /// The schedule so far: who did what, one after the other.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Step { task, name, is_answer } in &self.held().opened {
            write!(f, "{task}:{name}{} ", if *is_answer { "'s answer" } else { "" })?;
        }
        Ok(())
    }
}
