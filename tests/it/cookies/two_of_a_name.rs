//! Two cookies of one name, as a browser keeps them when the cookie's domain or path has changed.

use axum::{
    Router,
    http::StatusCode,
    routing::{get, post},
};
use scs::{CookieTransport, HeaderTransport, Session, SessionManager, TypedSession};

use crate::support::{Browser, TestStore, body_text, get as request, token_in};

#[derive(Session)]
struct Visitor {
    #[session(index, renews)]
    account: Option<u64>,
    #[session(flash, on_logout = "drop")]
    notice: Option<String>,
}

type Visit = TypedSession<Visitor>;

fn world() -> (Router, TestStore, SessionManager<Visitor, TestStore>) {
    let store = TestStore::new();
    let sessions = SessionManager::<Visitor, _>::new(store.clone());
    let app = Router::new()
        .route("/", get(|session: Visit| async move { format!("{:?} {:?}", session.outcome(), session.account()) }))
        .route("/login", post(|session: Visit| async move { session.set_account(9) }))
        .layer(sessions.layer().transport(CookieTransport::builder().name("id").build().unwrap()));
    (app, store, sessions)
}

async fn token(sessions: &SessionManager<Visitor, TestStore>, account: u64) -> String {
    let session = sessions.open(None).await.unwrap();
    session.set_account(account);
    crate::support::commit(&session).await
}

async fn seen(app: &Router, cookies: &[&str]) -> String {
    let cookies: Vec<_> = cookies.iter().map(|token| format!("id={token}")).collect();
    body_text(request(app, "/", &[("cookie", &cookies.join("; "))]).await).await
}

fn set_cookies(response: &axum::response::Response) -> Vec<&str> {
    response.headers().get_all("set-cookie").iter().map(|line| line.to_str().unwrap()).collect()
}

#[tokio::test]
async fn of_two_tokens_the_one_that_opens_a_session_is_taken_with_two_calls_whichever_it_is() {
    let (app, store, sessions) = world();
    let live = token(&sessions, 7).await;
    let ended = token(&sessions, 8).await;
    sessions.revoke_all(Visitor::by_account(8)).await.unwrap();
    store.take_calls();
    for cookies in [[&*live, &*ended], [&*ended, &*live]] {
        assert_eq!(seen(&app, &cookies).await, "Loaded Some(7)");
        assert_eq!(store.take_calls(), ["load", "load"]);
    }
    for cookies in [[&*live, "garbage"], ["garbage", &*live]] {
        assert_eq!(seen(&app, &cookies).await, "Loaded Some(7)");
    }
}

#[tokio::test]
async fn where_both_open_a_session_or_neither_does_the_client_is_anonymous() {
    let (app, store, sessions) = world();
    let (one, other) = (token(&sessions, 7).await, token(&sessions, 8).await);
    assert_eq!(seen(&app, &[&one, &other]).await, "Ambiguous None");
    sessions.revoke_all(Visitor::by_account(7)).await.unwrap();
    sessions.revoke_all(Visitor::by_account(8)).await.unwrap();
    assert_eq!(seen(&app, &[&one, &other]).await, "Ambiguous None");
    store.take_calls();
    let third = token(&sessions, 7).await;
    store.take_calls();
    assert_eq!(seen(&app, &[&one, &other, &third]).await, "Ambiguous None", "more than two are not looked at");
    assert_eq!(seen(&app, &["garbage", "rubbish"]).await, "Ambiguous None");
    assert_eq!(store.take_calls(), Vec::<&str>::new());
}

#[tokio::test]
async fn two_headers_are_never_chosen_between() {
    let store = TestStore::new();
    let sessions = SessionManager::<Visitor, _>::new(store);
    let live = token(&sessions, 7).await;
    let app = Router::new()
        .route("/", get(|session: Visit| async move { format!("{:?}", session.outcome()) }))
        .layer(sessions.layer().transport(HeaderTransport::bearer()));
    let headers = [("authorization", format!("Bearer {live}")), ("authorization", "Bearer garbage".to_owned())];
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(body_text(request(&app, "/", &headers).await).await, "Ambiguous");
}

#[tokio::test]
async fn two_cookies_are_an_event_and_a_sign_in_with_them_works_from_the_next_request_on() {
    let (app, _, sessions) = world();
    let (one, other) = (token(&sessions, 7).await, token(&sessions, 8).await);
    sessions.revoke_all(Visitor::by_account(7)).await.unwrap();
    sessions.revoke_all(Visitor::by_account(8)).await.unwrap();
    let cookies = format!("id={one}; id={other}");
    let response = crate::support::post(&app, "/login", &[("cookie", &cookies)]).await;
    let new = token_in(&response).expect("a sign-in has a token");
    // The browser replaces the one of this domain and path, and keeps the other.
    assert_eq!(seen(&app, &[&other, &new]).await, "Loaded Some(9)");
}

#[tokio::test]
async fn what_the_cookie_was_before_is_removed_with_each_new_one() {
    let cookie = CookieTransport::builder().name("id").domain("example.com");
    let cookie = cookie.formerly(None, "/").formerly("shop.example.com", "/shop").build().unwrap();
    let sessions = SessionManager::<Visitor, _>::new(TestStore::new());
    let app = Router::new()
        .route("/login", post(|session: Visit| async move { session.set_account(7) }))
        .route("/logout", post(|session: Visit| async move { session.destroy() }))
        .layer(sessions.layer().transport(cookie));
    let response = crate::support::post(&app, "/login", &[]).await;
    let lines = set_cookies(&response);
    let rest = "Secure; HttpOnly; SameSite=Lax";
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[0].ends_with(&format!("; Path=/; Domain=example.com; {rest}")), "{lines:?}");
    assert_eq!(lines[1], format!("id=; Max-Age=0; Path=/; {rest}"));
    assert_eq!(lines[2], format!("id=; Max-Age=0; Path=/shop; Domain=shop.example.com; {rest}"));
    let token = lines[0].split([';', '=']).nth(1).unwrap();
    let response = crate::support::post(&app, "/logout", &[("cookie", &format!("id={token}"))]).await;
    assert_eq!(set_cookies(&response).len(), 3);
}

#[test]
fn what_a_cookie_can_never_have_been_is_refused() {
    for (cookie, words) in [
        (CookieTransport::builder().formerly("example.com", "/"), "__Host-"),
        (CookieTransport::builder().name("id").formerly(None, "/"), "now"),
        (CookieTransport::builder().name("id").domain("example.com").formerly("Example.COM", "/"), "now"),
        (CookieTransport::builder().name("id").formerly("exa mple.com", "/"), "domain"),
        (CookieTransport::builder().name("id").formerly(None, "shop"), "path"),
    ] {
        let refused = cookie.build().unwrap_err().to_string();
        assert!(refused.contains(words), "{refused}");
    }
}

#[tokio::test]
async fn a_request_for_the_head_alone_undoes_nothing_else() {
    let ends: [fn(&Visit); 4] = [
        |session| session.clear(),
        |session| session.sign_out(),
        |session| session.remove_notice(),
        |session| session.destroy(),
    ];
    for end in ends {
        let sessions = SessionManager::<Visitor, _>::new(TestStore::new());
        let handler = move |session: Visit| async move {
            session.pop_notice();
            end(&session);
        };
        let app = Router::new()
            .route("/end", get(handler))
            .route("/notice", get(|session: Visit| async move { session.pop_notice().unwrap_or_default() }))
            .route(
                "/now",
                get(|session: Visit| async move {
                    session.now_notice("only now");
                    session.pop_notice();
                }),
            )
            .layer(sessions.layer());
        let session = sessions.open(None).await.unwrap();
        session.set_account(7);
        session.set_notice("secret of 7");
        let mut browser = Browser { cookie: Some(format!("__Host-id={}", crate::support::commit(&session).await)) };
        head(&app, "/end", &mut browser).await;
        assert_eq!(body_text(browser.get(&app, "/notice").await).await, "");
        let mut stranger = Browser::default();
        head(&app, "/now", &mut stranger).await;
        assert_eq!(stranger.cookie, None);
    }
}

async fn head(app: &Router, path: &str, browser: &mut Browser) {
    let mut request = axum::http::Request::head(path);
    if let Some(cookie) = &browser.cookie {
        request = request.header("cookie", cookie);
    }
    let request = request.body(axum::body::Body::empty()).unwrap();
    browser.learn(tower::ServiceExt::oneshot(app.clone(), request).await.unwrap().headers());
}

#[tokio::test]
async fn a_request_for_the_head_alone_consumes_no_flash_value() {
    let sessions = SessionManager::<Visitor, _>::new(TestStore::new());
    let app = Router::new()
        .route("/notice", get(|session: Visit| async move { session.pop_notice().unwrap_or_default() }))
        .route("/say", post(|session: Visit| async move { session.set_notice("saved") }))
        .layer(sessions.layer());
    let mut browser = Browser::default();
    browser.post(&app, "/say").await;
    let cookie = browser.cookie.clone().expect("it has a cookie");
    let head = axum::http::Request::head("/notice").header("cookie", cookie);
    let response =
        tower::ServiceExt::oneshot(app.clone(), head.body(axum::body::Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(body_text(browser.get(&app, "/notice").await).await, "saved");
    assert_eq!(body_text(browser.get(&app, "/notice").await).await, "");
}
