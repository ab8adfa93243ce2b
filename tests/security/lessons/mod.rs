//! Holes of other libraries, each as a test of its own that would have found it there.
//!
//! The comment of a test names the hole; its name is the promise here. What holes of the list in docs/security.md are
//! not here are shown by a rule's own test, which stands beside them in that list, or cannot be here.

mod cookies;
mod endings;
mod races;
mod tokens;
