//! What keeps schemas apart in one store: the tag of their records, and the terms of their values.

use sha2::{Digest, Sha256};

use super::Schema;
use crate::term::Term;

const TAG_DOMAIN: &[u8] = b"scs schema 1";
const APPLICATION_DOMAIN: &[u8] = b"scs application 1";
const TERM_DOMAIN: &[u8] = b"scs term 1";

/// What tells records of one schema from those of another: the hash of its name, and of its application's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SchemaTag(pub(crate) [u8; 8]);

impl Schema {
    pub(crate) fn tag(&self, application: Option<&str>) -> SchemaTag {
        let hash = match application {
            None => Sha256::new().chain_update(TAG_DOMAIN),
            Some(application) => Sha256::new()
                .chain_update(APPLICATION_DOMAIN)
                .chain_update((application.len() as u64).to_be_bytes())
                .chain_update(application),
        };
        let hash = hash.chain_update(self.name).finalize();
        let mut tag = [0; 8];
        tag.copy_from_slice(&hash[..8]);
        SchemaTag(tag)
    }
}

impl SchemaTag {
    /// The term under which records with this encoded value in the field of this name are found.
    pub(crate) fn term(self, field: &str, value: &[u8]) -> Term {
        let hash = Sha256::new()
            .chain_update(TERM_DOMAIN)
            .chain_update(self.0)
            .chain_update((field.len() as u64).to_be_bytes())
            .chain_update(field)
            .chain_update(value)
            .finalize();
        let mut term = [0; 16];
        term.copy_from_slice(&hash[..16]);
        Term::from_bytes(term)
    }
}
