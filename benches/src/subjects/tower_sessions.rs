//! tower-sessions with its `MemoryStore`.

use axum::{http::StatusCode, routing::get};
use tower_sessions::{MemoryStore, Session, SessionManagerLayer};

use super::{Answer, Routes, failed, ok_if};
use crate::workload::{Application, Case, Mixed, START, Tower, each_field};

async fn ignore() -> &'static str {
    "ok"
}

async fn value(session: &Session) -> Result<u64, StatusCode> {
    session.get("number").await.map_err(failed)?.ok_or(StatusCode::NOT_FOUND)
}

async fn read(session: Session) -> Answer {
    ok_if(value(&session).await? == START)
}

async fn write(session: Session) -> Answer {
    let number = value(&session).await?;
    session.insert("number", number + 1).await.map_err(failed)?;
    Ok("ok")
}

async fn create(session: Session) -> Answer {
    session.insert("number", START).await.map_err(failed)?;
    Ok("ok")
}

async fn create_mixed(session: Session) -> Answer {
    let mixed = Mixed::sample();
    macro_rules! put {
        ($field:ident) => {
            session.insert(stringify!($field), &mixed.$field).await.map_err(failed)?
        };
    }
    put!(number);
    each_field!(put);
    Ok("ok")
}

async fn number(session: Session) -> Result<String, StatusCode> {
    Ok(value(&session).await?.to_string())
}

async fn intact(session: Session) -> Answer {
    let mixed = Mixed::sample();
    let mut same = true;
    macro_rules! compare {
        ($field:ident) => {
            same &= session.get(stringify!($field)).await.map_err(failed)? == Some(mixed.$field)
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
    Tower(router.layer(SessionManagerLayer::new(MemoryStore::default())))
}
