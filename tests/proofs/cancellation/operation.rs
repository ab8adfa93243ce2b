//! Operations: what of the interface is asynchronous, as a call that can be dropped midway.

use scs::{SessionError, TypedSession};

use super::stage::Stage;
use crate::schedules::{Task, Visitor};

/// One way in which a method can go.
pub(super) struct Operation {
    pub(super) method: &'static str,
    pub(super) way: &'static str,
    pub(super) begin: fn(&Stage) -> Begun,
}

/// A call that is about to begin.
pub(super) struct Begun {
    /// The session that it is made on.
    pub(super) session: Option<TypedSession<Visitor>>,
    /// Whether it saves an addition, which must count once.
    pub(super) adds: bool,
    pub(super) call: Task<()>,
}

impl Begun {
    /// A call that needs no session.
    pub(super) fn call<T>(call: impl Future<Output = T> + Send + 'static) -> Self {
        Self { session: None, adds: false, call: Box::pin(async { drop(call.await) }) }
    }

    /// A call on a session, which may end meanwhile.
    pub(super) fn on<T, F>(session: &TypedSession<Visitor>, call: impl FnOnce(TypedSession<Visitor>) -> F) -> Self
    where
        F: Future<Output = Result<T, SessionError>> + Send + 'static,
    {
        let call = call(session.clone());
        let call = async {
            match call.await {
                Ok(_) | Err(SessionError::Gone) => {}
                Err(error) => panic!("{error}"),
            }
        };
        Self { session: Some(session.clone()), adds: false, call: Box::pin(call) }
    }

    /// A commit that saves an addition besides.
    pub(super) fn addition(session: &TypedSession<Visitor>) -> Self {
        session.add_hits(1);
        Self { adds: true, ..Self::commit(session) }
    }

    pub(super) fn commit(session: &TypedSession<Visitor>) -> Self {
        Self::on(session, async |session| session.commit().await)
    }
}
