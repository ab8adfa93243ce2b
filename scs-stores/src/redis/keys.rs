//! The names of keys.

use scs::store::{Revision, SessionId, StoreError, StoreErrorKind, Term};

/// What the names of one application's keys begin with.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    prefix: String,
}

impl Keys {
    /// # Errors
    ///
    /// The prefix is empty, or changes what a key's name means to the server.
    pub(super) fn new(prefix: String) -> Result<Self, StoreError> {
        let refused =
            |character: char| matches!(character, '{' | '}') || character.is_whitespace() || character.is_control();
        match prefix.is_empty() || prefix.contains(refused) {
            true => Err(StoreError::new(StoreErrorKind::Configuration, BAD_PREFIX)),
            false => Ok(Self { prefix }),
        }
    }

    /// The record under an id, which is written out, so that an operator finds the key by the id in a log.
    pub(super) fn record(&self, id: SessionId) -> String {
        format!("{}s:{id}", self.prefix)
    }

    /// The mark of a write. The braces keep it on the record's node of a cluster.
    pub(super) fn mark(&self, id: SessionId, revision: Revision) -> String {
        format!("{}w:{{{}}}:{:x}", self.prefix, self.record(id), revision.get())
    }

    /// The id of the record with this key; `None` for a key that is no record of this application.
    pub(super) fn id(&self, key: &[u8]) -> Option<SessionId> {
        let id = key.strip_prefix(self.prefix.as_bytes())?.strip_prefix(b"s:")?;
        str::from_utf8(id).ok()?.parse().ok()
    }

    /// A pattern that all records match.
    pub(super) fn pattern(&self) -> String {
        let mut pattern = String::new();
        for character in self.prefix.chars() {
            if matches!(character, '*' | '?' | '[' | ']' | '^' | '-' | '\\') {
                pattern.push('\\');
            }
            pattern.push(character);
        }
        pattern + "s:*"
    }

    /// The two sets of a term. The braces keep them on one node of a cluster.
    pub(super) fn term(&self, term: Term) -> [String; 2] {
        let term = u128::from_be_bytes(term.to_bytes());
        [format!("{}t:{{{term:032x}}}:deadlines", self.prefix), format!("{}t:{{{term:032x}}}:attached", self.prefix)]
    }

    /// The record and the sets of these terms.
    pub(super) fn record_and<'a>(&self, id: SessionId, terms: impl IntoIterator<Item = &'a Term>) -> Vec<String> {
        let sets = terms.into_iter().flat_map(|term| self.term(*term));
        std::iter::once(self.record(id)).chain(sets).collect()
    }
}

const BAD_PREFIX: &str = "the key prefix of the Redis store is empty or has a brace, a space or a control character; \
     choose a name such as `shop:`, another for each application";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails says so by panicking")]

    use super::Keys;

    #[test]
    fn a_prefix_that_changes_the_meaning_of_a_key_is_refused() {
        for prefix in ["", " ", "a b", "{a}", "a{", "a}", "a\n", "a\0"] {
            assert!(Keys::new(prefix.to_owned()).is_err(), "{prefix:?}");
        }
    }

    #[test]
    fn a_prefix_is_no_pattern() {
        assert_eq!(Keys::new("a*[b]?\\".to_owned()).unwrap().pattern(), r"a\*\[b\]\?\\s:*");
    }
}
