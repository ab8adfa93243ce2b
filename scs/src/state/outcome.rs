/// Why there is a session, or why there is none.
///
/// ```
/// # use scs::{MemoryStore, Outcome, Session, SessionManager};
/// # #[derive(Session)]
/// # struct Visitor { visits: u32 }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), scs::SessionError> {
/// let sessions = SessionManager::<Visitor, _>::new(MemoryStore::new());
/// assert_eq!(sessions.open(None).await?.outcome(), Outcome::NoToken);
/// assert_eq!(sessions.open("made-up").await?.outcome(), Outcome::Malformed);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The client presented no token. The session is new, and stored when it is changed.
    NoToken,
    /// What the client presented is not a token; the store was not asked.
    Malformed,
    /// No session has this token: it ended, was renewed, belongs to another schema, or was made up.
    Unknown,
    /// The session's record was still there and had expired.
    Expired,
    /// A stored value no longer decodes and its field has `on_invalid = "destroy"`: the session ends
    /// when this one is saved.
    Invalid,
    /// The client presented different tokens, and none can be chosen: of two cookies of one name, not exactly one opens a session; or there are
    /// more than two, or two headers, or two `__Host-` cookies, which no browser has, and the store was not asked.
    Ambiguous,
    /// The store failed. There is no session to ask then: the rejection of the extractor says so.
    Outage,
    /// The token opened a stored session.
    Loaded,
    /// The session was stored for the first time by this very request, with an explicit commit.
    New,
}
