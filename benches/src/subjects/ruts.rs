//! ruts with its moka store, which must be told to hold more sessions than the 10,000 of its default.

use std::sync::Arc;

use axum::{http::StatusCode, routing::get};
use ruts::{
    CookieOptions, Session, SessionLayer,
    store::{
        Ttl,
        moka::{MokaStore, MokaStoreBuilder},
    },
};
use tower_cookies::CookieManagerLayer;

use super::{Answer, Routes, failed, ok_if};
use crate::workload::{Application, Case, Mixed, START, Tower, each_field};

type Visit = Session<MokaStore>;

const DAY: i64 = 24 * 60 * 60;
const CAPACITY: u64 = 1_000_000;

async fn ignore() -> &'static str {
    "ok"
}

async fn value(session: &Visit) -> Result<u64, StatusCode> {
    session.get("number").await.map_err(failed)?.ok_or(StatusCode::NOT_FOUND)
}

async fn set(session: &Visit, number: u64) -> Answer {
    session.set("number", &number, Ttl::new(DAY).map_err(failed)?, None).await.map_err(failed)?;
    Ok("ok")
}

async fn read(session: Visit) -> Answer {
    ok_if(value(&session).await? == START)
}

async fn write(session: Visit) -> Answer {
    set(&session, value(&session).await? + 1).await
}

async fn create(session: Visit) -> Answer {
    set(&session, START).await
}

async fn create_mixed(session: Visit) -> Answer {
    let (mixed, day) = (Mixed::sample(), Ttl::new(DAY).map_err(failed)?);
    macro_rules! put {
        ($field:ident) => {
            session.set(stringify!($field), &mixed.$field, day, None).await.map_err(failed)?
        };
    }
    put!(number);
    each_field!(put);
    Ok("ok")
}

async fn number(session: Visit) -> Result<String, StatusCode> {
    Ok(value(&session).await?.to_string())
}

async fn intact(session: Visit) -> Answer {
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
    let store = Arc::new(MokaStoreBuilder::new().max_capacity(CAPACITY).build());
    let cookie = CookieOptions::build().name("session").max_age(DAY.unsigned_abs()).path("/");
    Tower(router.layer(SessionLayer::new(store).with_cookie_options(cookie)).layer(CookieManagerLayer::new()))
}
