//! Generics with bounds are copied; a session's own need for `'static` is not asked of the user.
#![deny(warnings)]

use std::{collections::BTreeMap, marker::PhantomData};

use scs::{MemoryStore, Session, SessionManager, SessionValue};
use serde::{Serialize, de::DeserializeOwned};

#[derive(Session)]
struct Visitor<T, U: Default, const N: usize>
where
    T: Serialize + DeserializeOwned + Default + Clone + Send + Sync,
    U: Serialize + DeserializeOwned + Clone + Send + Sync,
{
    value: T,
    #[session(default = Some(U::default()))]
    other: Option<U>,
    nested: BTreeMap<String, Vec<Option<(T, U)>>>,
    #[session(skip)]
    marker: PhantomData<fn() -> [T; N]>,
}

#[derive(Session)]
struct One<T: SessionValue + Default> {
    value: T,
}

fn main() {
    let _ = |session: scs::TypedSession<One<u32>>| session.value();
    let sessions = SessionManager::<Visitor<u32, String, 3>, _>::new(MemoryStore::new());
    let _ = |session: scs::TypedSession<Visitor<u32, String, 3>>| {
        session.set_value(3);
        session.set_nested(BTreeMap::new());
        session.with_marker(|_| ());
        session.set_other("text".to_owned());
        (session.value(), session.other(), session.nested(), sessions)
    };
}
