//! Key rings: one key that seals and any number that open.

use std::sync::Arc;

use super::key::{Key, KeyId};

/// The key that encrypts, and the older or newer ones that only decrypt.
///
/// **Changing keys without logging anybody out:** first every server learns the new key as one that
/// [also opens](Self::also_opens), then all make it the current one and keep the old one as one that also opens, and when
/// the longest session has ended the old one goes. What was sealed with an old key is sealed with the
/// current one when it is next written. A key that leaked is [removed](Self::without) at once; what it sealed is worthless then.
///
/// ```
/// use scs::sealed::{Key, KeyRing};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (new, old) = (Key::generate()?, Key::generate()?);
/// let ring = KeyRing::new(new.clone()).also_opens(old);
/// assert_eq!(ring.current().id(), new.id());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct KeyRing(Arc<Keys>);

#[derive(Debug, Clone)]
struct Keys {
    current: Key,
    others: Vec<Key>,
}

impl KeyRing {
    /// A ring of one key.
    pub fn new(current: Key) -> Self {
        Self(Arc::new(Keys { current, others: Vec::new() }))
    }

    /// Adds a key that opens and does not seal.
    #[must_use]
    pub fn also_opens(mut self, key: Key) -> Self {
        Arc::make_mut(&mut self.0).others.push(key);
        self
    }

    /// The ring without a key that only opens. The current key stays: make another one current first.
    #[must_use]
    pub fn without(mut self, key: KeyId) -> Self {
        Arc::make_mut(&mut self.0).others.retain(|other| other.id() != key);
        self
    }

    /// The key that seals.
    pub fn current(&self) -> &Key {
        &self.0.current
    }

    /// The keys of this name: one, unless two hashes are alike in their first bytes.
    pub(super) fn named(&self, id: KeyId) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.0.current).chain(&self.0.others).filter(move |key| key.id() == id)
    }
}

impl From<Key> for KeyRing {
    fn from(key: Key) -> Self {
        Self::new(key)
    }
}
