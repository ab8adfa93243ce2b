//! This library: a schema of one field, one of sixteen, and the two places where the layer can be.

use axum::{Router, routing::get};
use scs::{MemoryStore, Session, SessionManager, TypedSession};
use tower::Layer as _;

use super::{Answer, Routes, ok_if};
use crate::workload::{Application, Case, Mixed, START, Tower};

#[derive(Session)]
struct Counter {
    number: u64,
}

type One = TypedSession<Counter>;
type Sixteen = TypedSession<Mixed>;

async fn ignore() -> &'static str {
    "ok"
}

async fn read(session: One) -> Answer {
    ok_if(session.number() == START)
}

async fn write(session: One) -> &'static str {
    session.update_number(|number| *number += 1);
    "ok"
}

async fn create(session: One) -> &'static str {
    session.set_number(START);
    "ok"
}

async fn number(session: One) -> String {
    session.number().to_string()
}

fn router(case: Case) -> Router {
    let case = match case {
        Case::Ignore => get(ignore),
        Case::Read => get(read),
        Case::Create => get(create),
        Case::Write => get(write),
        Case::ReadMixed | Case::WriteMixed => unreachable!("another schema"),
    };
    Routes { case, prepare: get(create), number: get(number), intact: get(ignore) }.router()
}

async fn read_mixed(session: Sixteen) -> Answer {
    ok_if(session.number() == START)
}

async fn write_mixed(session: Sixteen) -> &'static str {
    session.update_number(|number| *number += 1);
    "ok"
}

async fn create_mixed(session: Sixteen) -> &'static str {
    let Mixed { number, account, name, email, locale, theme, device, admin, .. } = Mixed::sample();
    let Mixed { subscribed, balance, rate, quota, since, seen, cart, note, .. } = Mixed::sample();
    session.set_number(number);
    session.set_account(account);
    session.set_name(name);
    session.set_email(email);
    session.set_locale(locale);
    session.set_theme(theme);
    session.set_device(device);
    session.set_admin(admin);
    session.set_subscribed(subscribed);
    session.set_balance(balance);
    session.set_rate(rate);
    session.set_quota(quota);
    session.set_since(since);
    session.set_seen(seen);
    session.set_cart(cart);
    session.set_note(note.unwrap_or_default());
    "ok"
}

async fn number_mixed(session: Sixteen) -> String {
    session.number().to_string()
}

async fn intact(session: Sixteen) -> Answer {
    ok_if(session.snapshot() == Mixed { number: session.number(), ..Mixed::sample() })
}

fn router_mixed(case: Case) -> Router {
    let case = match case {
        Case::ReadMixed => get(read_mixed),
        _ => get(write_mixed),
    };
    Routes { case, prepare: get(create_mixed), number: get(number_mixed), intact: get(intact) }.router()
}

fn sessions<S: scs::KeptBy<MemoryStore>>() -> SessionManager<S, MemoryStore> {
    SessionManager::new(MemoryStore::new())
}

pub async fn around(case: Case) -> impl Application {
    Tower(sessions::<Counter>().layer().layer(router(case)))
}

pub async fn around_mixed(case: Case) -> impl Application {
    Tower(sessions::<Mixed>().layer().layer(router_mixed(case)))
}

pub async fn layered(case: Case) -> impl Application {
    Tower(router(case).layer(sessions::<Counter>().layer()))
}

pub async fn layered_mixed(case: Case) -> impl Application {
    Tower(router_mixed(case).layer(sessions::<Mixed>().layer()))
}
