//! The list of all operations.

use axum::{
    Router,
    body::Body,
    http::{Request, header},
    routing::post,
};
use scs::{TypedSession, TypedTerm};
use tokio::time::timeout;
use tower::ServiceExt as _;

use super::{
    operation::{Begun, Operation},
    stage::{ACCOUNT, Stage},
};
use crate::{schedules::Visitor, support::SECOND};

/// `method "way" |stage| begun`.
macro_rules! operations {
    ($($method:ident $way:literal $begin:expr;)*) => {
        pub(super) const OPERATIONS: &[Operation] =
            &[$(Operation { method: stringify!($method), way: $way, begin: $begin }),*];
    };
}

operations! {
    open "without a token" |stage| Begun::call(stage.sessions.open(None));
    open "with what is no token" |stage| Begun::call(stage.sessions.open("made-up"));
    open "with a token of nothing" |stage| open(stage, &"A".repeat(64));
    open "with another secret" |stage| open(stage, &format!("{}AAAA", &stage.tokens[0][..60]));
    open "of an expired session" |stage| {
        stage.expire();
        open(stage, &stage.tokens[0])
    };
    open "of a stored session" |stage| open(stage, &stage.tokens[0]);
    open "of a session that no longer decodes" |stage| open(stage, &stage.prepare_invalid());

    get "of a stored session" |stage| outside(stage, async |stage| drop(stage.sessions.get(stage.id(0)).await));
    revoke "of a stored session" |stage| outside(stage, async |stage| drop(stage.sessions.revoke(stage.id(0)).await));
    check "of the store" |stage| outside(stage, async |stage| drop(stage.sessions.check().await));
    revoke_all "of two sessions" |stage| Begun::call(stage.sessions.revoke_all(by_account()));
    reindex "of all sessions" |stage| Begun::call(stage.sessions.reindex());
    purge_expired "of all sessions" |stage| {
        stage.expire();
        Begun::call(stage.sessions.purge_expired())
    };
    reaper "once" |stage| {
        stage.expire();
        Begun::call(timeout(4 * SECOND, stage.sessions.reaper(SECOND)))
    };
    Sessions "of all" |stage| Begun::call(stage.sessions.iterate().into_future());
    Sessions "with an account" |stage| Begun::call(stage.sessions.find(by_account()).into_future());
    next "of all" |stage| outside(stage, async |stage| drop(stage.sessions.iterate().next().await));
    next "with an account" |stage| outside(stage, async |stage| drop(stage.sessions.find(by_account()).next().await));

    commit "of nothing" |stage| {
        stage.refresh(0);
        Begun::commit(&stage.open(0))
    };
    commit "that moves the expiry" |stage| Begun::commit(&stage.open(0));
    commit "of a new session" |stage| Begun::addition(&stage.open_new());
    commit "of a new session that signs in, which ends another" |stage| sign_in(&stage.open_new(), ACCOUNT);
    commit "of a change" |stage| Begun::addition(&stage.open(0));
    commit "that renews the token on its own" |stage| {
        let session = stage.open_due();
        Begun::call(async move { session.commit().await })
    };
    commit "of a renewal" |stage| addition(&stage.open(0), TypedSession::renew);
    commit "of a sign-in" |stage| sign_in(&stage.open(2), 8);
    commit "of a sign-in, which ends another" |stage| sign_in(&stage.open(2), ACCOUNT);
    commit "of a sign-out" |stage| addition(&stage.open(0), TypedSession::sign_out);
    commit "of a cleared session" |stage| addition(&stage.open(0), TypedSession::clear);
    commit "of a logout" |stage| {
        let session = stage.open(0);
        session.destroy();
        Begun::commit(&session)
    };
    commit "of a logout and a new session" |stage| addition(&stage.open(0), TypedSession::destroy);
    commit "in place of a session that no longer decodes" |stage| Begun::addition(&stage.open_invalid());
    commit "of a merge" |stage| Begun::addition(&stage.open_merged());
    commit "after a conflict" |stage| {
        stage.write_before("update");
        Begun::addition(&stage.open(0))
    };
    commit "of a renewal after a conflict" |stage| {
        stage.write_before("update");
        addition(&stage.open(0), TypedSession::renew)
    };
    commit "into a session that ends meanwhile" |stage| {
        stage.end_before("update");
        Begun::addition(&stage.open(0))
    };
    commit "into a session that ends after a conflict" |stage| {
        let session = stage.open(0);
        stage.write_before("update");
        stage.end_before("load");
        Begun::addition(&session)
    };

    claim "of a stored value" |stage| claim(&stage.open(0));
    claim "after a conflict" |stage| {
        stage.write_before("update");
        claim(&stage.open(0))
    };
    claim "from a session that ends meanwhile" |stage| {
        stage.end_before("update");
        claim(&stage.open(0))
    };
    merge_from "of another session" |stage| {
        let token = stage.token(1);
        Begun::on(&stage.open(0), async move |session| session.merge_from(&token).await)
    };
    login_with "of an account with other sessions" |stage| {
        Begun::on(&stage.open(2), async |session| session.login_with(by_account()).await)
    };
    revoke_others "of an account with another session" |stage| {
        Begun::on(&stage.open(0), async |session| session.revoke_others().await)
    };
    reload "of a stored session" |stage| Begun::on(&stage.open(0), async |session| session.reload().await);

    ResponseFuture "of a reader" |stage| request(stage, "/read");
    ResponseFuture "of a writer" |stage| request(stage, "/hit");
    ResponseFuture "of a writer after a conflict" |stage| {
        stage.write_before("update");
        request(stage, "/hit")
    };
    ResponseFuture "of a sign-in" |stage| request(stage, "/sign-in");
    ResponseFuture "of a logout" |stage| request(stage, "/log-out");
    ResponseFuture "of a claim" |stage| request(stage, "/claim");
}

/// Those that ask no store.
pub(super) const WITHOUT_WAITING: [(&str, &str); 3] =
    [("open", "without a token"), ("open", "with what is no token"), ("commit", "of nothing")];

fn open(stage: &Stage, token: &str) -> Begun {
    Begun::call(stage.sessions.open(token))
}

/// A call that borrows the manager.
fn outside<F: Future<Output = ()> + Send + 'static>(stage: &Stage, call: impl FnOnce(Stage) -> F) -> Begun {
    Begun::call(call(stage.clone()))
}

fn addition(session: &TypedSession<Visitor>, change: impl FnOnce(&TypedSession<Visitor>)) -> Begun {
    change(session);
    Begun::addition(session)
}

fn sign_in(session: &TypedSession<Visitor>, account: u64) -> Begun {
    addition(session, |session| session.set_account(account))
}

fn by_account() -> TypedTerm<Visitor> {
    Visitor::by_account(ACCOUNT)
}

fn claim(session: &TypedSession<Visitor>) -> Begun {
    Begun::on(session, async |session| session.claim_notice().await)
}

/// The future of the middleware, which is dropped when the client goes away.
fn request(stage: &Stage, path: &str) -> Begun {
    let app = Router::new()
        .route("/read", post(async |session: TypedSession<Visitor>| session.hits().to_string()))
        .route("/hit", post(async |session: TypedSession<Visitor>| session.add_hits(1)))
        .route("/sign-in", post(async |session: TypedSession<Visitor>| session.set_account(8)))
        .route("/log-out", post(async |session: TypedSession<Visitor>| session.destroy()))
        .route("/claim", post(async |session: TypedSession<Visitor>| drop(session.claim_notice().await)))
        .layer(stage.sessions.layer());
    let cookie = format!("__Host-id={}", stage.tokens[0]);
    let request = Request::post(path).header(header::COOKIE, cookie).body(Body::empty()).unwrap();
    Begun::call(app.oneshot(request))
}
