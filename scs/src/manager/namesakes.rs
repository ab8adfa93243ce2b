//! Schemas of one name on one store: each would open, list and end the sessions of the other.
//!
//! Two processes cannot notice it; [`application`](super::Builder::application) keeps them apart. Within one process the second
//! schema is refused, unless one of them chose the name by `#[session(name = "..")]`: that says that they are the same schema.

use std::{
    any::TypeId,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{schema::SchemaTag, store::Kept, typed_session::Session};

/// The schemas that managers of this process keep.
static RESIDENTS: Mutex<Vec<Arc<Resident>>> = Mutex::new(Vec::new());

/// A schema in a store.
#[derive(PartialEq, Eq)]
struct Resident {
    store: u64,
    tag: SchemaTag,
    type_id: TypeId,
    type_name: &'static str,
    is_named: bool,
}

/// Keeps a schema's name taken in its store for as long as one of its managers is there.
pub(super) struct Residence(Option<Arc<Resident>>);

impl Drop for Residence {
    fn drop(&mut self) {
        let mut residents = residents();
        // Given up under the lock, so that of two that end at once one is the last.
        let Some(ours) = self.0.take() else { return };
        // The list has one, and this is the last other.
        if Arc::strong_count(&ours) == 2 {
            residents.retain(|resident| !Arc::ptr_eq(resident, &ours));
        }
        drop(ours);
    }
}

fn residents() -> MutexGuard<'static, Vec<Arc<Resident>>> {
    // Nothing that can panic runs under this lock.
    RESIDENTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes the schema's name in the store; `None` if the store does not say which one it is.
///
/// # Errors
///
/// Another schema has the name there. The text says so.
pub(super) fn settle<S: Session>(kept: &Kept, tag: SchemaTag) -> Result<Option<Residence>, String> {
    let (type_id, type_name) = (TypeId::of::<S>(), std::any::type_name::<S>());
    let Some(store) = kept.store().and_then(|kept| kept.store.identity()) else { return Ok(None) };
    let new = Resident { store, tag, type_id, type_name, is_named: S::SCHEMA.is_named };
    let mut residents = residents();
    if let Some(other) = residents.iter().find(|other| {
        (other.store, other.tag) == (store, tag) && other.type_id != type_id && !(other.is_named || new.is_named)
    }) {
        return Err(format!(
            "`{}` and `{type_name}` share a store under the schema name `{}`, and each would open the sessions of the other; \
             give one of them another name with `#[session(name = \"..\")]`, or the same if they are versions of one schema, \
             or each manager its `application`",
            other.type_name,
            S::SCHEMA.name
        ));
    }
    let resident = match residents.iter().find(|other| ***other == new) {
        Some(same) => Arc::clone(same),
        None => {
            residents.push(Arc::new(new));
            Arc::clone(&residents[residents.len() - 1])
        }
    };
    Ok(Some(Residence(Some(resident))))
}
