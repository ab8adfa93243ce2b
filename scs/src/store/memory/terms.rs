use std::ops::Deref;

use smallvec::SmallVec;

use crate::store::Term;

/// The terms of one record. Most records have none, and each costs one word then: a store holds millions.
#[derive(Default)]
pub(super) struct Terms(Option<Box<SmallVec<[Term; 1]>>>);

impl FromIterator<Term> for Terms {
    fn from_iter<I: IntoIterator<Item = Term>>(terms: I) -> Self {
        let terms: SmallVec<[Term; 1]> = terms.into_iter().collect();
        Self((!terms.is_empty()).then(|| Box::new(terms)))
    }
}

impl Deref for Terms {
    type Target = [Term];

    fn deref(&self) -> &[Term] {
        self.0.as_deref().map_or(&[], SmallVec::as_slice)
    }
}
