//! Which session a request ends up with.

use axum::{
    extract::Request,
    http::{StatusCode, header},
    middleware::{Next, from_fn},
    response::Response,
};
use scs::{CookieTransport, Outcome, SessionManager};

use super::{Visit, Visitor, browser, serving, sessions, stored};
use crate::support::{self, Browser, TestStore, body_text, token_in};

/// Elsewhere a logout followed by a login in one request went on under the id that was just ended.
#[tokio::test]
async fn what_is_set_after_a_logout_has_another_id_and_another_token() {
    let (sessions, store) = sessions();
    let token = stored(&sessions).await;
    let old_id = sessions.open(&token).await.unwrap().id();
    let app = serving(&sessions, |session: Visit| async move {
        session.destroy();
        session.set_account(7);
    });
    let response = browser(&token).get(&app, "/").await;
    let session = sessions.open(&token_in(&response).unwrap()).await.unwrap();
    assert_ne!(session.id(), old_id);
    assert_eq!((session.account(), session.visits()), (Some(7), 0));
    assert_eq!(store.inner.statistics().sessions, 1);
}

/// Elsewhere what was set after a deletion was stored under the deleted id, and no cookie told anybody.
#[tokio::test]
async fn nothing_is_stored_under_an_id_that_was_deleted() {
    let (sessions, store) = sessions();
    let token = stored(&sessions).await;
    let manager = sessions.clone();
    let app = serving(&sessions, move |session: Visit| async move {
        manager.revoke(session.id()).await.unwrap();
        session.set_visits(9);
    });
    browser(&token).get(&app, "/").await;
    assert_eq!(store.inner.statistics().sessions, 0);
    assert!(sessions.open(&token).await.unwrap().is_new());
}

/// Elsewhere an attacker's well-formed cookie became the visitor's session, and stayed it after the
/// login had asked for a new one, since there was no data yet to move.
#[tokio::test]
async fn a_planted_token_is_never_anybodys_session_with_or_without_renewing() {
    let (sessions, _) = sessions();
    let planted = "A".repeat(64);
    let renewing = |session: Visit| async move {
        session.renew();
        session.set_name("Ada");
    };
    for app in [
        serving(&sessions, renewing),
        serving(&sessions, |session: Visit| async move { session.set_name("Ada") }),
        serving(&sessions, |session: Visit| async move { session.set_account(7) }),
    ] {
        let token = token_in(&browser(&planted).get(&app, "/").await).unwrap();
        assert_ne!(token, planted);
        assert_ne!(token[..22], planted[..22], "the id is another one too");
        assert_eq!(sessions.open(&planted).await.unwrap().outcome(), Outcome::Unknown);
    }
}

/// Elsewhere a session that middleware had renewed was read from the cookie once more by the handler's
/// extractor: the client got the old id back, and the data lay under two.
#[tokio::test]
async fn a_token_renewed_in_middleware_stays_renewed_when_the_handler_extracts_the_session() {
    async fn renew(session: Visit, request: Request, next: Next) -> Response {
        session.renew();
        session.commit().await.unwrap();
        session.set_name("Ada");
        next.run(request).await
    }

    let (sessions, store) = sessions();
    let token = stored(&sessions).await;
    let app = axum::Router::new()
        .route("/", axum::routing::get(|session: Visit| async move { session.set_visits(2) }))
        .layer(from_fn(renew))
        .layer(sessions.layer());
    let response = browser(&token).get(&app, "/").await;
    assert_eq!(response.headers().get_all(header::SET_COOKIE).iter().count(), 1);
    let renewed = token_in(&response).unwrap();
    assert!(sessions.open(&token).await.unwrap().is_new());
    let session = sessions.open(&renewed).await.unwrap();
    assert_eq!((session.name().as_deref(), session.visits()), (Some("Ada"), 2));
    assert_eq!(store.inner.statistics().sessions, 1);
}

/// Elsewhere the old record was deleted as soon as a new id was asked for, so that a handler that then
/// failed left the visitor without either.
#[tokio::test]
async fn a_failing_handler_that_renewed_leaves_the_visitor_the_old_token() {
    let (sessions, _) = sessions();
    let token = stored(&sessions).await;
    let app = serving(&sessions, |session: Visit| async move {
        session.renew();
        StatusCode::INTERNAL_SERVER_ERROR
    });
    let mut browser = browser(&token);
    browser.get(&app, "/").await;
    assert_eq!(browser.cookie, Some(format!("__Host-id={token}")));
    assert_eq!(sessions.open(&token).await.unwrap().visits(), 1);
}

/// Elsewhere the cookie was set under its `__Host-` name and looked for under another, so that no
/// session was ever found again.
#[tokio::test]
async fn a_host_cookie_is_found_again_under_the_name_it_was_set_with() {
    for name in ["__Host-id", "__Host-session", "__Secure-id", "id"] {
        let (sessions, _) = sessions();
        let cookie = CookieTransport::builder().name(name).build().unwrap();
        let app = axum::Router::new()
            .route(
                "/",
                axum::routing::get(|session: Visit| async move {
                    session.update_visits(|visits| *visits += 1);
                    session.visits().to_string()
                }),
            )
            .layer(sessions.layer().transport(cookie));
        let mut browser = Browser::default();
        browser.get(&app, "/").await;
        assert!(browser.cookie.clone().unwrap().starts_with(name));
        assert_eq!(body_text(browser.get(&app, "/").await).await, "2", "{name}");
    }
}

/// Elsewhere the request held one session whatever its type, so that of two layers one session replaced
/// the other.
#[tokio::test]
async fn two_kinds_of_session_in_one_application_never_mix() {
    #[derive(scs::Session)]
    struct Administrator {
        visits: u32,
    }

    let (visitors, store) = sessions();
    let administrators = SessionManager::<Administrator, _>::new(store);
    let cookie = CookieTransport::builder().name("__Host-admin").build().unwrap();
    let app = axum::Router::new()
        .route(
            "/",
            axum::routing::get(|visitor: Visit, administrator: scs::TypedSession<Administrator>| async move {
                visitor.update_visits(|visits| *visits += 1);
                administrator.update_visits(|visits| *visits += 10);
                format!("{} {}", visitor.visits(), administrator.visits())
            }),
        )
        .layer(visitors.layer())
        .layer(administrators.layer().transport(cookie));
    let response = support::get(&app, "/", &[]).await;
    let lines = response.headers().get_all(header::SET_COOKIE).iter();
    let both: Vec<_> = lines.map(|line| line.to_str().unwrap().split(';').next().unwrap()).collect();
    let response = support::get(&app, "/", &[("cookie", &both.join("; "))]).await;
    assert_eq!(body_text(response).await, "2 20");
}

/// Elsewhere the type of the session's data was the same key for all of them: two schemas in one record
/// overwrote each other.
#[tokio::test]
async fn two_schemas_with_the_same_fields_are_two_sessions() {
    #[derive(scs::Session)]
    struct Visitor2 {
        visits: u32,
    }

    let store = TestStore::new();
    let one = SessionManager::<Visitor, _>::new(store.clone());
    let other = SessionManager::<Visitor2, _>::new(store);
    let token = stored(&one).await;
    let session = other.open(&token).await.unwrap();
    session.set_visits(99);
    support::commit(&session).await;
    assert_eq!(one.open(&token).await.unwrap().visits(), 1);
}
