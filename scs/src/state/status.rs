/// What a request has done to its session so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Status {
    /// Nothing that changes what is stored.
    Unmodified,
    /// Data was changed.
    Modified,
    /// The token was renewed, or will be when the changes are committed.
    Renewed,
    /// The session was destroyed, or will be when the changes are committed.
    Destroyed,
}
