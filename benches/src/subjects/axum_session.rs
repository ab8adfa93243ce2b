//! axum_session with its store in memory.

use axum::{http::StatusCode, routing::get};
use axum_session::{Session, SessionConfig, SessionLayer, SessionNullPool, SessionStore};

use super::{Answer, Routes, ok_if};
use crate::workload::{Application, Case, Mixed, START, Tower, each_field};

type Visit = Session<SessionNullPool>;

async fn ignore() -> &'static str {
    "ok"
}

fn value(session: &Visit) -> Result<u64, StatusCode> {
    session.get("number").ok_or(StatusCode::NOT_FOUND)
}

async fn read(session: Visit) -> Answer {
    ok_if(value(&session)? == START)
}

async fn write(session: Visit) -> Answer {
    session.set("number", value(&session)? + 1);
    Ok("ok")
}

async fn create(session: Visit) -> &'static str {
    session.set("number", START);
    "ok"
}

async fn create_mixed(session: Visit) -> &'static str {
    let mixed = Mixed::sample();
    macro_rules! put {
        ($field:ident) => {
            session.set(stringify!($field), &mixed.$field)
        };
    }
    put!(number);
    each_field!(put);
    "ok"
}

async fn number(session: Visit) -> Result<String, StatusCode> {
    Ok(value(&session)?.to_string())
}

async fn intact(session: Visit) -> Answer {
    let mixed = Mixed::sample();
    let mut same = true;
    macro_rules! compare {
        ($field:ident) => {
            same &= session.get(stringify!($field)) == Some(mixed.$field)
        };
    }
    each_field!(compare);
    ok_if(same)
}

pub async fn layered(case: Case) -> impl Application {
    let prepare = if case.is_mixed() { get(create_mixed) } else { get(create) };
    let case = match case {
        Case::Ignore => get(ignore),
        Case::Read | Case::ReadMixed => get(read),
        Case::Write | Case::WriteMixed => get(write),
        Case::Create => get(create),
    };
    let router = Routes { case, prepare, number: get(number), intact: get(intact) }.router();
    let store = SessionStore::<SessionNullPool>::new(None, SessionConfig::default()).await;
    Tower(router.layer(SessionLayer::new(store.expect("a store in memory can always be made"))))
}
