//! The driver: runs tasks behind a gate, which it opens when none of them can go on by itself.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use tokio::task::coop::unconstrained;

use super::Gate;

pub(crate) type Task<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Runs tasks to their ends. Whenever all of them wait and the store can take a call, `choose` picks which of so
/// many waiting steps comes next.
pub(crate) async fn drive<T>(gate: &Gate, tasks: Vec<Task<T>>, mut choose: impl FnMut(usize) -> usize) -> Vec<T> {
    let mut tasks: Vec<_> = tasks.into_iter().map(Progress::Running).collect();
    // A budget of polls would look like a task that waits for nothing.
    unconstrained(poll_fn(|context| advance(gate, &mut tasks, &mut choose, context))).await;
    tasks.into_iter().map(Progress::into_output).collect()
}

enum Progress<T> {
    Running(Task<T>),
    Done(T),
}

impl<T> Progress<T> {
    fn poll(&mut self, context: &mut Context<'_>) {
        if let Self::Running(task) = self
            && let Poll::Ready(output) = task.as_mut().poll(context)
        {
            *self = Self::Done(output);
        }
    }

    const fn is_done(&self) -> bool {
        matches!(self, Self::Done(_))
    }

    fn into_output(self) -> T {
        match self {
            Self::Done(output) => output,
            Self::Running(_) => unreachable!("every task was run to its end"),
        }
    }
}

/// Goes on as far as it gets without the store or the time.
fn advance<T>(
    gate: &Gate,
    tasks: &mut [Progress<T>],
    choose: &mut impl FnMut(usize) -> usize,
    context: &mut Context<'_>,
) -> Poll<()> {
    let call = Arc::new(Call::of(context.waker()));
    let waker = Waker::from(Arc::clone(&call));
    loop {
        poll_all(gate, tasks, &mut Context::from_waker(&waker));
        if tasks.iter().all(Progress::is_done) {
            return Poll::Ready(());
        }
        match gate.waiting() {
            _ if call.was_taken() => {}
            waiting @ 1.. if gate.is_free() => gate.open(choose(waiting)),
            _ => return Poll::Pending,
        }
    }
}

fn poll_all<T>(gate: &Gate, tasks: &mut [Progress<T>], context: &mut Context<'_>) {
    for (number, task) in tasks.iter_mut().enumerate() {
        gate.poll(number);
        task.poll(context);
    }
}

/// Whether a task asked to be polled again, and who passes that on.
struct Call {
    called: AtomicBool,
    outer: Waker,
}

impl Call {
    fn of(waker: &Waker) -> Self {
        Self { called: AtomicBool::new(false), outer: waker.clone() }
    }

    fn was_taken(&self) -> bool {
        self.called.swap(false, Ordering::AcqRel)
    }
}

impl Wake for Call {
    fn wake(self: Arc<Self>) {
        self.called.store(true, Ordering::Release);
        self.outer.wake_by_ref();
    }
}
