//! Tokens against forged requests.

use axum::{
    Router,
    extract::RawForm,
    http::StatusCode,
    routing::{get, post},
};
use scs::{
    CookieTransport, HeaderTransport, InvalidCsrfToken, MemoryStore, SameSite, Session, SessionError, SessionManager,
    TypedSession,
    sealed::{Key, RevocationList, SealedCookies},
};

use crate::support::{self, Browser, MINUTE, TestStore, body_text, commit, on_manual_clock, token_in};

#[derive(Session)]
#[session(sealed)]
struct Visitor {
    #[session(renews)]
    account: Option<u64>,
    transfers: u32,
}

type Visit = TypedSession<Visitor>;

async fn form(session: Visit) -> Result<String, SessionError> {
    session.csrf()?.token()
}

async fn transfer(session: Visit, RawForm(body): RawForm) -> axum::response::Result<()> {
    session.csrf()?.verify(&String::from_utf8_lossy(&body))?;
    session.update_transfers(|transfers| *transfers += 1);
    Ok(())
}

fn routes() -> Router {
    Router::new()
        .route("/form", get(form))
        .route("/transfer", post(transfer))
        .route("/transfers", get(|session: Visit| async move { session.transfers().to_string() }))
        .route("/login", post(|session: Visit| async move { session.set_account(7) }))
}

async fn send(app: &Router, browser: &mut Browser, token: &str) -> StatusCode {
    use axum::{body::Body, http::Request};
    use tower::ServiceExt as _;
    let request = Request::post("/transfer").header("content-type", "application/x-www-form-urlencoded");
    let request = request.header("cookie", browser.cookie.clone().unwrap_or_default());
    let response = app.clone().oneshot(request.body(Body::from(token.to_owned())).unwrap()).await.unwrap();
    browser.learn(response.headers());
    response.status()
}

#[tokio::test]
async fn csr_1_a_form_of_ours_is_taken_and_one_of_another_site_is_not() {
    let app = routes().layer(SessionManager::<Visitor, _>::new(MemoryStore::new()).layer());
    let (mut victim, mut attacker) = (Browser::default(), Browser::default());
    let token = body_text(victim.get(&app, "/form").await).await;
    let theirs = body_text(attacker.get(&app, "/form").await).await;
    for forged in ["", "x", &theirs, &token[1..], &token.to_lowercase(), &"A".repeat(86)] {
        assert_eq!(send(&app, &mut victim, forged).await, StatusCode::FORBIDDEN);
    }
    assert_eq!(body_text(victim.get(&app, "/transfers").await).await, "0");
    assert_eq!(send(&app, &mut victim, &token).await, StatusCode::OK);
    assert_eq!(body_text(victim.get(&app, "/transfers").await).await, "1");
}

/// A form of another site comes without a `Lax` or `Strict` cookie, and its answer must leave nothing in the browser.
#[tokio::test]
async fn csr_1_a_forged_form_leaves_no_session_and_no_cookie() {
    for same_site in [SameSite::Lax, SameSite::Strict] {
        let store = TestStore::new();
        let cookie = CookieTransport::builder().same_site(same_site).build().unwrap();
        let app = routes().layer(SessionManager::<Visitor, _>::new(store.clone()).layer().transport(cookie));
        let mut attacker = Browser::default();
        let theirs = body_text(attacker.get(&app, "/form").await).await;
        store.take_calls();
        for forged in ["", "x", &theirs, &"A".repeat(86)] {
            let mut victim = Browser::default();
            assert_eq!(send(&app, &mut victim, forged).await, StatusCode::FORBIDDEN);
            assert_eq!((victim.cookie, store.take_calls().len()), (None, 0), "{same_site:?}");
        }
    }
}

#[tokio::test]
async fn csr_1_verifying_any_number_of_times_changes_nothing() {
    let sessions = SessionManager::<Visitor, _>::new(MemoryStore::new());
    let session = sessions.open(None).await.unwrap();
    let csrf = session.csrf().unwrap();
    for _ in 0..3 {
        assert_eq!(csrf.verify(&"A".repeat(86)), Err(InvalidCsrfToken));
        assert_eq!(session.csrf().unwrap().verify(""), Err(InvalidCsrfToken));
    }
    assert!(session.commit().await.unwrap().token().is_none());
    assert!(session.is_new());
}

#[tokio::test]
async fn csr_1_a_check_that_is_kept_looks_at_the_session_when_it_is_asked() {
    let sessions = SessionManager::<Visitor, _>::new(MemoryStore::new());
    let session = sessions.open(None).await.unwrap();
    let csrf = session.csrf().unwrap();
    let mut before = csrf.token().unwrap();
    assert_eq!(csrf.verify(&before), Ok(()));
    commit(&session).await;
    assert_eq!(csrf.verify(&before), Ok(()));
    let changes: [fn(&Visit); 4] =
        [|session| session.set_account(7), Visit::renew, Visit::sign_out, |session| session.set_account(8)];
    for change in changes {
        change(&session);
        assert_eq!(csrf.verify(&before), Err(InvalidCsrfToken));
        let after = csrf.token().unwrap();
        assert_eq!(csrf.verify(&after), Ok(()));
        commit(&session).await;
        assert_eq!((csrf.verify(&before), csrf.verify(&after)), (Err(InvalidCsrfToken), Ok(())));
        before = after;
    }
    session.destroy();
    assert_eq!(csrf.verify(&before), Err(InvalidCsrfToken));
}

#[tokio::test]
async fn csr_1_two_threads_that_ask_for_the_first_token_at_once_get_tokens_of_one_session() {
    let sessions = SessionManager::<Visitor, _>::new(MemoryStore::new());
    for _ in 0..50 {
        let session = sessions.open(None).await.unwrap();
        let tokens: Vec<String> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..2).map(|_| scope.spawn(|| session.csrf().unwrap().token().unwrap())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        commit(&session).await;
        for token in tokens {
            assert_eq!(session.csrf().unwrap().verify(&token), Ok(()));
        }
    }
}

#[tokio::test]
async fn csr_1_no_two_pages_show_the_same_token() {
    let app = routes().layer(SessionManager::<Visitor, _>::new(MemoryStore::new()).layer());
    let mut browser = Browser::default();
    let mut tokens = Vec::new();
    for _ in 0..20 {
        tokens.push(body_text(browser.get(&app, "/form").await).await);
    }
    for token in &tokens {
        assert_eq!(send(&app, &mut browser, token).await, StatusCode::OK);
    }
    // Whatever the mask, no letter of one stays where it was in all of the others.
    let fixed = (0..86).filter(|position| {
        let letters: std::collections::HashSet<u8> = tokens.iter().map(|token| token.as_bytes()[*position]).collect();
        letters.len() == 1
    });
    assert_eq!(fixed.count(), 0);
}

#[tokio::test]
async fn ren_3_signing_in_makes_the_token_from_before_worthless() {
    let app = routes().layer(SessionManager::<Visitor, _>::new(MemoryStore::new()).layer());
    let mut browser = Browser::default();
    let first = body_text(browser.get(&app, "/form").await).await;
    let second = body_text(browser.get(&app, "/form").await).await;
    browser.post(&app, "/login").await;
    for before in [first, second] {
        assert_eq!(send(&app, &mut browser, &before).await, StatusCode::FORBIDDEN);
    }
    let after = body_text(browser.get(&app, "/form").await).await;
    assert_eq!(send(&app, &mut browser, &after).await, StatusCode::OK);
}

#[tokio::test]
async fn a_token_that_is_made_in_the_request_that_signs_in_is_valid_afterwards() {
    let sessions = SessionManager::<Visitor, _>::new(MemoryStore::new());
    for stored in [false, true] {
        let session = sessions.open(None).await.unwrap();
        if stored {
            session.set_transfers(1);
            commit(&session).await;
        }
        session.set_account(7);
        let token = session.csrf().unwrap().token().unwrap();
        let text = commit(&session).await;
        let session = sessions.open(&text).await.unwrap();
        assert_eq!(session.csrf().unwrap().verify(&token), Ok(()), "stored before: {stored}");
    }
}

#[tokio::test]
async fn a_visitor_is_given_a_session_with_the_form_and_only_then() {
    let store = TestStore::new();
    let app = routes().layer(SessionManager::<Visitor, _>::new(store.clone()).layer());
    let mut browser = Browser::default();
    browser.get(&app, "/transfers").await;
    assert_eq!((browser.cookie.clone(), store.take_calls().len()), (None, 0));
    browser.get(&app, "/form").await;
    assert!(browser.cookie.is_some());
    assert_eq!(store.take_calls(), ["create"]);
    browser.get(&app, "/form").await;
    assert_eq!(store.take_calls(), ["load"]);
}

#[tokio::test]
async fn a_periodic_renewal_leaves_the_form_that_is_open_valid() {
    let clock = std::sync::Arc::new(scs::ManualClock::new(support::START));
    let store = MemoryStore::new().with_clock(clock.clone());
    let sessions =
        SessionManager::<Visitor, _>::builder(store).clock(clock.clone()).renew_every(10 * MINUTE).build().unwrap();
    let session = sessions.open(None).await.unwrap();
    let token = session.csrf().unwrap().token().unwrap();
    let text = commit(&session).await;
    let renewed = async |text: &str| {
        clock.advance(10 * MINUTE);
        let text = commit(&sessions.open(text).await.unwrap()).await;
        let session = sessions.open(&text).await.unwrap();
        // The new token was presented, which is written down.
        session.commit().await.unwrap();
        (session.csrf().unwrap().verify(&token), text)
    };
    let (first, text) = renewed(&text).await;
    assert_eq!(first, Ok(()));
    let (second, _) = renewed(&text).await;
    assert_eq!(second, Err(InvalidCsrfToken));
}

#[tokio::test]
async fn a_sealed_session_has_tokens_of_its_own_that_signing_in_changes() {
    let key = Key::generate().unwrap();
    let sessions = SessionManager::<Visitor, _>::new(
        SealedCookies::new(key, RevocationList::new(MemoryStore::new())).application("shop"),
    );
    let session = sessions.open(None).await.unwrap();
    let token = session.csrf().unwrap().token().unwrap();
    let text = commit(&session).await;
    let session = sessions.open(&text).await.unwrap();
    assert_eq!(session.csrf().unwrap().verify(&token), Ok(()));
    session.set_account(7);
    let in_between = session.csrf().unwrap().token().unwrap();
    let session = sessions.open(&commit(&session).await).await.unwrap();
    assert_eq!(session.csrf().unwrap().verify(&token), Err(InvalidCsrfToken));
    assert_eq!(session.csrf().unwrap().verify(&in_between), Ok(()));
}

/// A page of another site can make a browser send a form, and the browser adds cookies to it, but no header.
#[tokio::test]
async fn csr_2_with_a_header_for_the_token_a_forged_form_is_anonymous() {
    let (sessions, _, _) = on_manual_clock::<Visitor>();
    let app = routes().layer(sessions.layer().transport(HeaderTransport::bearer()));
    let response = support::post(&app, "/login", &[]).await;
    let token = response.headers()["x-session-token"].to_str().unwrap().to_owned();
    let cookie = format!("__Host-id={token}");
    let forged = support::get(&app, "/transfers", &[("cookie", &cookie)]).await;
    assert!(token_in(&forged).is_none());
    assert_eq!(body_text(forged).await, "0");
}

#[test]
fn tok_7_no_token_against_forgery_is_printed() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let sessions = SessionManager::<Visitor, _>::new(MemoryStore::new());
    let session = runtime.block_on(sessions.open(None)).unwrap();
    assert_eq!(format!("{:?}", session.csrf().unwrap()), "Csrf([redacted])");
}
