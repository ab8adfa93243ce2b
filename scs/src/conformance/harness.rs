//! What cases run on, and how they fail.

use std::{
    fmt,
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::atomic::{AtomicU64, Ordering},
    task::Poll,
    time::Duration,
};

use crate::{
    id::SessionId,
    store::{Answer, Entry, Revision, Store, StoreError, StoreErrorKind, Term},
};

/// How a case ended.
pub type Verdict = Result<(), Failure>;

/// Makes the stores that cases run on, and lets time pass for them.
pub trait Harness: Send + Sync + 'static {
    /// The store under test.
    type Store: Store + Clone;

    /// A store that no other case uses, with nothing in it: a namespace, a schema or a file of its own.
    fn store(&self) -> impl Future<Output = Self::Store> + Send;

    /// Another handle to the same data, as another process has it: with connections, caches and whatever else it remembers
    /// of its own. By default a clone, which is the same for a store that nobody else can open.
    fn another(&self, store: &Self::Store) -> impl Future<Output = Self::Store> + Send {
        let another = store.clone();
        async { another }
    }

    /// Lets time pass by the store's own clock; by default by waiting.
    fn pass(&self, time: Duration) -> impl Future<Output = ()> + Send {
        tokio::time::sleep(time)
    }

    /// Ends the server of all stores that this harness has made, and starts it again with what it has on disk: for
    /// the cases of `restart`. By default there is no server.
    fn restart(&self) -> impl Future<Output = ()> + Send {
        async {}
    }

    /// The step in which the store counts time; a millisecond by default.
    fn precision(&self) -> Duration {
        Duration::from_millis(1)
    }

    /// How late an answer may be, at most, on the machine that runs the cases: no time to live is
    /// relied on for less. Zero for a store whose clock stands still by itself.
    fn latency(&self) -> Duration {
        Duration::from_millis(250)
    }

    /// The largest payload that the store takes, in bytes; no store may take less than 64 KiB and one.
    fn largest_payload(&self) -> usize {
        1024 * 1024
    }
}

/// What a store did that the contract does not allow, or an error where none is due.
pub struct Failure(String);

impl Failure {
    /// A failure that says what was seen.
    pub fn new(seen: impl Into<String>) -> Self {
        Self(seen.into())
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let source = std::error::Error::source(&error).map(|source| format!(": {source}")).unwrap_or_default();
        Self(format!("the store failed where it must not: {error}{source}"))
    }
}

/// Runs one case to its end.
///
/// # Panics
///
/// The store does not keep the contract; the message has the contract's words.
pub fn check<H: Harness>(
    case: &str,
    contract: &str,
    harness: &H,
    run: impl for<'h> FnOnce(&'h H) -> Pin<Box<dyn Future<Output = Verdict> + Send + 'h>>,
) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build();
    let runtime = runtime.unwrap_or_else(|error| panic!("no runtime: {error}"));
    if let Err(failure) = runtime.block_on(run(harness)) {
        panic!("{case}: {failure:?}\n  the contract: {contract}");
    }
}

/// Fails unless something holds.
pub(super) fn ensure(holds: bool, seen: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(Failure(seen())) }
}

/// Fails unless what was seen is what is due.
#[expect(clippy::needless_pass_by_value, reason = "both are made for the comparison")]
pub(super) fn expect<T: PartialEq + fmt::Debug>(what: &str, seen: T, due: T) -> Verdict {
    ensure(seen == due, || format!("{what}: {seen:?} where {due:?} is due"))
}

/// Fails if a store that says it answers at once waits; calls of any other store are left alone.
pub(super) fn answered_at_once<T: Send>(
    store: &impl Store,
    name: &str,
    call: impl Future<Output = Result<T, StoreError>> + Send,
) -> Verdict {
    if !store.answers_at_once() {
        return Ok(());
    }
    match Answer::of(true, call) {
        Answer::Now(Err(error)) if error.kind() == StoreErrorKind::Configuration => {
            Err(Failure(format!("`{name}` waited although `answers_at_once` is true")))
        }
        _ => Ok(()),
    }
}

pub(super) const MINUTE: Duration = Duration::from_mins(1);

/// A time to live that ends within the case.
pub(super) fn short<H: Harness>(harness: &H) -> Duration {
    harness.precision() * 4 + harness.latency()
}

/// Lets a short time to live end.
pub(super) async fn outlive<H: Harness>(harness: &H, ttl: Duration) {
    harness.pass(ttl + harness.precision() * 2).await;
}

/// Has two calls race. In every other round the first has begun when the second does.
pub(super) async fn race<A, B: Send + 'static>(
    round: usize,
    first: impl Future<Output = Result<A, StoreError>>,
    second: impl Future<Output = Result<B, StoreError>> + Send + 'static,
) -> Result<(A, B), Failure> {
    let (mut first, mut ended) = (pin!(first), None);
    if round.is_multiple_of(2) {
        ended = poll_fn(|context| match first.as_mut().poll(context) {
            Poll::Ready(ended) => Poll::Ready(Some(ended)),
            Poll::Pending => Poll::Ready(None),
        })
        .await;
    }
    let second = tokio::spawn(second);
    let first = match ended {
        Some(ended) => ended?,
        None => first.await?,
    };
    let second = second.await.map_err(|error| Failure::new(format!("a call panicked: {error}")))?;
    Ok((first, second?))
}

/// An id that no other case has.
pub(super) fn id() -> SessionId {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&Revision::random().get().to_be_bytes());
    bytes[8..].copy_from_slice(&NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    SessionId::from_bytes(bytes)
}

pub(super) fn term() -> Term {
    Term::from_bytes(id().to_bytes())
}

pub(super) fn entry(payload: &str) -> Entry {
    Entry::new(payload.to_owned(), MINUTE)
}

/// An entry under some terms, and out from under others.
pub(super) fn entry_under(terms: &[Term], dropped: &[Term]) -> Entry {
    entry("x").with_terms(terms.to_vec(), dropped.to_vec())
}

/// The payload under an id, as text.
pub(super) async fn payload(store: &impl Store, id: SessionId) -> Result<Option<String>, Failure> {
    let stored = store.load(id).await?;
    Ok(stored.map(|stored| String::from_utf8_lossy(stored.payload()).into_owned()))
}
