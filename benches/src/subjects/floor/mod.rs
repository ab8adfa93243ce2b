//! The floor: the least code that keeps a session's promises, by which one sees what everything else costs.
//!
//! A token is an id and a secret of which the store has the SHA-256; the secret is compared in constant time. A change that
//! lost the race is done again on what is there, unless the session has ended or its secret has changed. Expiry is final, a
//! handler that fails changes nothing, and no shared cache keeps the response. Values are typed.
//!
//! It has one store, whose records are values and not bytes, and no renewal, index, limit, event, migration, deadline of a
//! call or field that expires; nothing is erased from memory.

mod service;
mod session;
mod store;
mod token;
mod value;

use axum::routing::get;

pub use self::value::{One, Sixteen};
use self::{service::Floor, session::Session, value::Value};
use super::{Answer, Routes, ok_if};
use crate::workload::{Application, Case, START, Tower};

async fn ignore() -> &'static str {
    "ok"
}

async fn read<V: Value>(session: Session<V>) -> Answer {
    ok_if(session.read(V::number) == START)
}

async fn write<V: Value>(session: Session<V>) -> &'static str {
    session.update(|value| value.set_number(value.number() + 1));
    "ok"
}

async fn create<V: Value>(session: Session<V>) -> &'static str {
    session.update(|value| *value = V::sample());
    "ok"
}

async fn number<V: Value>(session: Session<V>) -> String {
    session.read(V::number).to_string()
}

async fn intact<V: Value>(session: Session<V>) -> Answer {
    ok_if(session.read(V::is_intact))
}

pub async fn around<V: Value>(case: Case) -> impl Application {
    let case = match case {
        Case::Ignore => get(ignore),
        Case::Read | Case::ReadMixed => get(read::<V>),
        Case::Write | Case::WriteMixed => get(write::<V>),
        Case::Create => get(create::<V>),
    };
    let routes = Routes { case, prepare: get(create::<V>), number: get(number::<V>), intact: get(intact::<V>) };
    Tower(Floor::<_, V>::new(routes.router()))
}
