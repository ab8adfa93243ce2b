//! The names of keys.

use redis::{RedisWrite, ToRedisArgs, ToSingleRedisArg};
use scs::store::{SessionId, StoreError, StoreErrorKind, Term};

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
    pub(super) fn record(&self, id: SessionId) -> Key<'_> {
        self.key(Kind::Record(id))
    }

    const fn key(&self, kind: Kind) -> Key<'_> {
        Key { prefix: self.prefix.as_str(), kind }
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

    /// The set of a term.
    pub(super) fn term(&self, term: Term) -> Key<'_> {
        self.key(Kind::Term(term))
    }

    /// The record and the sets of these terms.
    pub(super) fn record_and<'a>(&self, id: SessionId, terms: impl IntoIterator<Item = &'a Term>) -> Vec<Key<'_>> {
        let sets = terms.into_iter().map(|term| self.term(*term));
        std::iter::once(self.record(id)).chain(sets).collect()
    }
}

/// The name of a key, which is written straight into a command.
#[derive(Clone, Copy)]
pub(super) struct Key<'a> {
    prefix: &'a str,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    Record(SessionId),
    Term(Term),
}

impl ToRedisArgs for Key<'_> {
    fn write_redis_args<W: ?Sized + RedisWrite>(&self, out: &mut W) {
        let Self { prefix, kind } = self;
        match kind {
            Kind::Record(id) => out.write_arg_fmt(format_args!("{prefix}s:{id}")),
            Kind::Term(term) => out.write_arg_fmt(format_args!("{prefix}t:{:032x}", number(*term))),
        }
    }
}

impl ToSingleRedisArg for Key<'_> {}

const fn number(term: Term) -> u128 {
    u128::from_be_bytes(term.to_bytes())
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
