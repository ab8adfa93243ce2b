//! PAR: what is read out of Cookie headers that attackers write.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use axum::{
    Router,
    body::Body,
    http::{HeaderValue, Request, header},
    routing::{get, post},
};
use scs::{CookieTransport, Session, SessionEvent, SessionManager, TypedSession};
use tower::ServiceExt as _;

use crate::support::{self, TestStore, body_text, record_token, token_in};

#[derive(Session)]
struct Visitor {
    visits: u32,
}

type Visit = TypedSession<Visitor>;

/// An application with one visitor's session.
struct Subject {
    app: Router,
    store: TestStore,
    duplicates: Arc<AtomicU32>,
    /// `name=token`.
    ours: String,
    token: String,
}

impl Subject {
    async fn new() -> Self {
        Self::with(CookieTransport::default()).await
    }

    async fn with(cookie: CookieTransport) -> Self {
        let (store, duplicates) = (TestStore::new(), Arc::new(AtomicU32::new(0)));
        let counted = duplicates.clone();
        let count = move |event: &SessionEvent| {
            counted.fetch_add(u32::from(matches!(event, SessionEvent::DuplicateCookie)), Ordering::Relaxed);
        };
        let sessions = SessionManager::<Visitor, _>::builder(store.clone()).on_event(count).build().unwrap();
        let name = cookie.name().to_owned();
        let app = Router::new()
            .route("/outcome", get(|session: Visit| async move { format!("{:?}", session.outcome()) }))
            .route("/visit", post(|session: Visit| async move { session.update_visits(|visits| *visits += 1) }))
            .layer(sessions.layer().transport(cookie));
        let token = token_in(&support::post(&app, "/visit", &[]).await).map(|token| record_token(&token)).unwrap();
        store.take_calls();
        Self { app, store, duplicates, ours: format!("{name}={token}"), token }
    }

    /// What a request with these Cookie headers finds.
    async fn outcome(&self, lines: &[&[u8]]) -> String {
        let mut request = Request::get("/outcome");
        for line in lines {
            request = request.header(header::COOKIE, HeaderValue::from_bytes(line).unwrap());
        }
        body_text(self.app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()).await
    }

    async fn finds(&self, lines: &[&[u8]]) -> bool {
        self.outcome(lines).await == "Loaded"
    }

    async fn is_anonymous(&self, line: &[u8]) -> bool {
        self.store.take_calls();
        let outcome = self.outcome(&[line]).await;
        matches!(outcome.as_str(), "NoToken" | "Malformed") && self.store.take_calls().is_empty()
    }
}

/// Names that another reader takes for `__Host-id`.
const IMPOSTORS: [&str; 24] = [
    "__%48ost-id",
    "%5F%5FHost-id",
    "__Host%2Did",
    "\u{2000}__Host-id",
    "\u{a0}__Host-id",
    "\u{85}__Host-id",
    "\u{3000}__Host-id",
    "\u{feff}__Host-id",
    "__Host-id\u{2003}",
    "__host-id",
    "__HOST-ID",
    "__Host-id ",
    "__Host-id\t",
    "\"__Host-id\"",
    "'__Host-id'",
    "..Host-id",
    "__Host.id",
    "__Host_id",
    "=__Host-id",
    "x__Host-id",
    "$__Host-id",
    "__Host-id[]",
    "__Host-id[0]",
    ",__Host-id",
];

#[tokio::test]
async fn par_1_no_other_spelling_passes_for_our_name() {
    let subject = Subject::new().await;
    for impostor in IMPOSTORS {
        let line = format!("{impostor}={}", subject.token);
        assert!(subject.is_anonymous(line.as_bytes()).await, "{impostor:?}");
    }
}

#[tokio::test]
async fn par_1_no_byte_before_our_name_or_after_it_is_overlooked() {
    let subject = Subject::new().await;
    let others = (b'!'..=255).filter(|byte| !matches!(byte, b';' | 0x7f));
    for (byte, start) in others.flat_map(|byte| (0..8).map(move |start| (byte, start))) {
        let line = |name: &[u8]| [&b"xxxxxxxx"[..start], b";", name, b"=", subject.token.as_bytes()].concat();
        assert!(subject.is_anonymous(&line(&[&[byte][..], b"__Host-id"].concat())).await, "{byte:#x} before");
        assert!(
            byte == b'=' || subject.is_anonymous(&line(&[b"__Host-id", &[byte][..]].concat())).await,
            "{byte:#x} after"
        );
    }
}

#[tokio::test]
async fn par_1_no_impostor_takes_the_place_of_ours_in_either_order() {
    let subject = Subject::new().await;
    let other = "B".repeat(64);
    for impostor in IMPOSTORS {
        let (before, after) =
            (format!("{impostor}={other}; {}", subject.ours), format!("{}; {impostor}={other}", subject.ours));
        assert!(subject.finds(&[before.as_bytes()]).await, "{impostor:?} before");
        assert!(subject.finds(&[after.as_bytes()]).await, "{impostor:?} after");
    }
}

#[tokio::test]
async fn par_1_values_are_neither_decoded_nor_unquoted_nor_joined() {
    let subject = Subject::new().await;
    let token = &subject.token;
    let encoded = format!("%{:02X}{}", token.as_bytes()[0], &token[1..]);
    for value in [
        encoded,
        format!("\"{token}\""),
        format!("{token}\u{2003}"),
        format!(" {token}"),
        format!("{token},"),
        format!("{token}="),
    ] {
        assert!(subject.is_anonymous(format!("__Host-id={value}").as_bytes()).await, "{value:?}");
    }
    assert!(subject.is_anonymous(format!("a=\"x; __Host-id={token}\"").as_bytes()).await, "a quote ends nothing");
    assert!(subject.is_anonymous(format!("a=1, __Host-id={token}").as_bytes()).await, "a comma parts nothing");
    assert!(subject.is_anonymous(b"__Host-id").await && subject.is_anonymous(b"__Host-id=").await);
}

#[tokio::test]
async fn par_1_an_older_syntax_is_a_cookie_like_any_other() {
    let subject = Subject::new().await;
    let ours = &subject.ours;
    assert!(subject.finds(&[format!("$Version=1; {ours}; $Path=/; $Domain=example.com").as_bytes()]).await);
    assert!(subject.is_anonymous(format!("$Version=\"1\"; a=\"b; {ours}\"").as_bytes()).await, "it quotes nothing");
}

#[tokio::test]
async fn par_2_no_junk_hides_ours() {
    let subject = Subject::new().await;
    let ours = subject.ours.as_bytes();
    let junk: [&[u8]; 12] =
        [b"\xff\xfe=\x80", b"\xc3\x28", b"", b";;;", b" \t ", b"=", b"==", b"a", b"\"", b"a=\"", b",", b"%"];
    for junk in junk {
        assert!(subject.finds(&[&[junk, b"; ", ours].concat()]).await, "{junk:?} before");
        assert!(subject.finds(&[&[ours, b";", junk].concat()]).await, "{junk:?} after");
        assert!(subject.finds(&[junk, ours, junk]).await, "{junk:?} in other headers");
    }
    for spaces in [&b" "[..], b"\t", b"  \t \t"] {
        assert!(subject.finds(&[&[b"a=1;", spaces, ours, spaces, b";b=2"].concat()]).await, "{spaces:?} around");
    }
}

#[tokio::test]
async fn par_2_ours_is_found_at_every_place_of_a_line() {
    let subject = Subject::new().await;
    for length in 0..40 {
        let padding = "x".repeat(length);
        let line = format!("{padding};{};{padding}", subject.ours);
        assert!(subject.finds(&[line.as_bytes()]).await, "after {length} characters");
        let line = format!("{}{}{padding}", ";".repeat(length), subject.ours);
        assert_eq!(subject.finds(&[line.as_bytes()]).await, length == 0, "{length} characters too many");
    }
}

#[tokio::test]
async fn par_2_ours_is_found_behind_sixty_four_kilobytes_four_thousand_cookies_and_a_hundred_headers() {
    let subject = Subject::new().await;
    let ours = subject.ours.as_bytes();
    for junk in ["x".repeat(1 << 16), "x=y; ".repeat(4_000), ";".repeat(1 << 16), "__Host-i=;".repeat(6_000)] {
        assert!(subject.finds(&[&[junk.as_bytes(), b"; ", ours].concat()]).await);
    }
    let mut crumbs: Vec<&[u8]> = vec![b"a=1"; 99];
    crumbs.push(ours);
    assert!(subject.finds(&crumbs).await);
    crumbs.swap(0, 99);
    assert!(subject.finds(&crumbs).await);
}

#[tokio::test]
async fn par_3_two_different_values_open_nothing_in_either_order_and_are_told_once() {
    let subject = Subject::new().await;
    for lines in beside(&subject.ours, "__Host-id") {
        assert_eq!(subject.outcome(&lines.iter().map(Vec::as_slice).collect::<Vec<_>>()).await, "Ambiguous");
        assert_eq!((subject.duplicates.swap(0, Ordering::Relaxed), subject.store.take_calls()), (1, vec![]));
    }
}

#[tokio::test]
async fn par_3_of_two_values_under_another_name_the_one_that_opens_a_session_counts() {
    let subject = Subject::with(CookieTransport::builder().name("id").secure(false).build().unwrap()).await;
    for lines in beside(&subject.ours, "id") {
        assert_eq!(subject.outcome(&lines.iter().map(Vec::as_slice).collect::<Vec<_>>()).await, "Loaded");
        let calls = subject.store.take_calls();
        assert!(matches!(calls[..], ["load"] | ["load", "load"]), "{calls:?}");
        assert_eq!(subject.duplicates.swap(0, Ordering::Relaxed), 1);
    }
}

/// Our pair and another of the name, in either order, in one line and in two.
fn beside(ours: &str, name: &str) -> Vec<Vec<Vec<u8>>> {
    let others = [format!("{name}={}", "B".repeat(64)), format!("{name}="), format!("{name}=x")];
    let both = |other: String| {
        [vec![format!("{ours}; {other}")], vec![format!("{other}; {ours}")], vec![ours.to_owned(), other]]
    };
    let lines = others.into_iter().flat_map(both);
    lines.map(|lines| lines.into_iter().map(String::into_bytes).collect()).collect()
}

#[tokio::test]
async fn par_3_the_same_value_twice_is_one() {
    let subject = Subject::new().await;
    let ours = subject.ours.as_bytes();
    assert!(subject.finds(&[&[ours, b"; ", ours].concat()]).await && subject.finds(&[ours, ours, ours]).await);
    assert_eq!(subject.duplicates.load(Ordering::Relaxed), 0);
}
