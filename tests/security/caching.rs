//! CAC: what caches may keep.

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
    response::{AppendHeaders, IntoResponse as _},
    routing::{any, get},
};
use tower::ServiceExt as _;

use crate::{
    app::{NAME, Visit, World, lines},
    support::Browser,
};

#[tokio::test]
async fn cac_1_a_response_with_a_token_is_kept_nowhere_whatever_the_handler_said() {
    const SAID: [&[&str]; 6] = [
        &[],
        &["public, max-age=600"],
        &["private"],
        &["s-maxage=60"],
        &["immutable, max-age=1"],
        &["public", "max-age=9"],
    ];
    for said in SAID {
        for (work, cookie) in [("sets", "__Host-id="), ("removes", "__Host-id=;")] {
            let handler = get(move |session: Visit| async move {
                if work == "sets" {
                    session.set_account(7);
                } else {
                    session.destroy();
                }
                AppendHeaders(said.iter().map(|value| (header::CACHE_CONTROL, *value)).collect::<Vec<_>>())
                    .into_response()
            });
            let world = World::new().routed("/", handler);
            let mut browser = world.browser(&["/visit"]).await;
            let response = world.get(&mut browser, "/").await;
            assert!(lines(&response, "set-cookie")[0].starts_with(cookie));
            assert_eq!(lines(&response, "cache-control"), ["no-store"], "a handler that {work} it and said {said:?}");
            assert_eq!(lines(&response, "vary"), ["cookie"]);
        }
    }
}

/// Headers that one kind of cache obeys in place of `Cache-Control`.
const FOR_ONE_CACHE: [(&str, &str); 9] = [
    ("cdn-cache-control", "max-age=600"),
    ("Cloudflare-CDN-Cache-Control", "max-age=600"),
    ("vercel-cdn-cache-control", "public, s-maxage=600"),
    ("netlify-cdn-cache-control", "public, max-age=600, durable"),
    ("akamai-cache-control", "max-age=600"),
    ("x-litespeed-cache-control", "public,max-age=600"),
    ("surrogate-control", "max-age=600"),
    ("edge-control", "cache-maxage=10m"),
    ("x-accel-expires", "600"),
];

const FRESH: &str = "Thu, 01 Jan 2099 00:00:00 GMT";

/// What a response says to any cache.
fn caching(response: &axum::http::Response<Body>) -> Vec<(String, String)> {
    let is_for_caches = |name: &&axum::http::HeaderName| {
        FOR_ONE_CACHE.iter().any(|(other, _)| name.as_str().eq_ignore_ascii_case(other))
            || ["cache-control", "expires", "pragma"].contains(&name.as_str())
    };
    let names = response.headers().keys().filter(is_for_caches);
    names.map(|name| (name.to_string(), lines(response, name.as_str()).join("|"))).collect()
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[tokio::test]
async fn cac_1_no_header_for_one_kind_of_cache_lets_it_keep_a_response_with_a_token() {
    for work in [|session: &Visit| session.set_account(7), |session: &Visit| session.destroy()] {
        let said = FOR_ONE_CACHE.into_iter().chain([("expires", FRESH), ("pragma", "public")]);
        let headers: Vec<_> = said.chain([("cache-control", "public, max-age=600")]).collect();
        let handler = get(move |session: Visit| async move {
            work(&session);
            AppendHeaders(headers).into_response()
        });
        let world = World::new().routed("/", handler);
        let mut browser = world.browser(&["/visit"]).await;
        let mut told = caching(&world.get(&mut browser, "/").await);
        told.sort();
        assert_eq!(told, [pair("cache-control", "no-store"), pair("expires", "0"), pair("pragma", "no-cache")]);
    }
}

#[tokio::test]
async fn cac_2_no_header_for_one_kind_of_cache_lets_it_keep_what_is_private() {
    for said in [None, Some("private"), Some("max-age=5, Private"), Some("no-store")] {
        let handler = get(move |_: Visit| async move {
            let said = said.map(|said| ("cache-control", said));
            AppendHeaders(FOR_ONE_CACHE.into_iter().chain(said).collect::<Vec<_>>()).into_response()
        });
        let world = World::new().routed("/", handler);
        for (paths, kept) in [(["/visit"], "private"), (["/login"], "private, no-store")] {
            let mut browser = world.browser(&paths).await;
            let told = caching(&world.get(&mut browser, "/").await);
            assert_eq!(told, [pair("cache-control", said.unwrap_or(kept))]);
        }
    }
}

#[tokio::test]
async fn a_handler_that_says_public_is_believed_in_whatever_header_it_says_it() {
    let handler = get(|_: Visit| async {
        AppendHeaders([("cache-control", "public, max-age=60"), ("cdn-cache-control", "max-age=600")]).into_response()
    });
    let world = World::new().routed("/", handler);
    let mut browser = world.browser(&["/visit"]).await;
    let told = caching(&world.get(&mut browser, "/").await);
    assert_eq!(told, [pair("cache-control", "public, max-age=60"), pair("cdn-cache-control", "max-age=600")]);
}

type Read = fn(&Visit);

/// Every way to look at a session, each as the only thing that a handler does.
const READS: [(&str, Read); 16] = [
    ("extracts", |_| ()),
    ("x", |session| assert!(session.account().is_none_or(|account| account == 7))),
    ("with_x", |session| session.with_name(|_| ())),
    ("has_x", |session| assert!(!session.has_draft())),
    ("peek_x", |session| drop(session.peek_notice())),
    ("x_expires_in", |session| assert!(session.confirmed_expires_in().is_none())),
    ("id", |session| drop(session.id().to_string())),
    ("is_new", |session| assert!(!session.is_new())),
    ("outcome", |session| drop(format!("{:?}", session.outcome()))),
    ("status", |session| drop(format!("{:?}", session.status()))),
    ("created_at", |session| drop(format!("{:?}", session.created_at()))),
    ("last_seen", |session| drop(format!("{:?}", session.last_seen()))),
    ("deadline", |session| drop(format!("{:?}", session.deadline()))),
    ("expires_in", |session| drop(format!("{:?}", session.expires_in()))),
    ("snapshot", |session| drop(session.snapshot())),
    ("inspect", |session| drop(session.inspect().to_string())),
];

#[tokio::test]
async fn cac_2_whatever_is_read_of_a_session_no_shared_cache_keeps_the_response() {
    for (read, work) in READS {
        let world = World::new().routed("/", get(move |session: Visit| async move { work(&session) }));
        for (paths, kept) in [(["/visit"], "private"), (["/login"], "private, no-store")] {
            let mut browser = world.browser(&paths).await;
            let response = world.get(&mut browser, "/").await;
            let headers = (lines(&response, "cache-control"), lines(&response, "vary"));
            assert_eq!(headers, (vec![kept.to_owned()], vec!["cookie".to_owned()]), "{read} after {paths:?}");
        }
    }
}

/// The table above has every method that a session can be looked at with.
#[test]
fn cac_2_every_way_to_read_is_among_those_that_are_tried() {
    let text = std::fs::read_to_string(crate::support::root().join("scs/src/typed_session/mod.rs")).unwrap();
    let methods = text.lines().filter_map(|line| line.trim().strip_prefix("pub fn ")?.split_once("(&self)"));
    let reads = methods.filter(|(_, answers)| answers.contains("->") && !answers.contains("Boxed"));
    let reads: Vec<&str> = reads.map(|(method, _)| method).collect();
    assert!(reads.len() >= 9, "{reads:?}");
    for method in reads {
        assert!(READS.iter().any(|(tried, _)| *tried == method), "{method} is not tried");
    }
}

#[tokio::test]
async fn cac_2_a_route_that_never_asks_for_the_session_may_be_kept() {
    let world = World::new();
    let mut browser = world.browser(&["/login", "/name"]).await;
    let response = world.get(&mut browser, "/plain").await;
    for name in ["cache-control", "vary", "set-cookie"] {
        assert_eq!(lines(&response, name), [""; 0], "{name}");
    }
}

#[tokio::test]
async fn cac_3_every_kind_of_response_follows_the_same_rule() {
    for status in [101, 200, 204, 206, 301, 303, 304, 401, 404, 409, 418, 500, 503] {
        let status = StatusCode::from_u16(status).unwrap();
        let read = any(move |session: Visit| async move { (status, session.visits().to_string()) });
        let world = World::new().routed("/", read);
        let browser = world.browser(&["/login"]).await;
        for method in [Method::GET, Method::HEAD, Method::OPTIONS, Method::POST] {
            let request = Request::builder().method(method).uri("/").header("cookie", browser.cookie.as_ref().unwrap());
            let response = world.app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
            assert_eq!(lines(&response, "cache-control"), ["private, no-store"], "{status}");
            assert_eq!(lines(&response, "vary"), ["cookie"], "{status}");
        }
    }
}

/// A commit before the handler fails sets a cookie also in a response that is an error or a redirect.
#[tokio::test]
async fn cac_3_a_token_in_an_error_or_a_redirect_is_kept_nowhere_either() {
    for status in [StatusCode::SEE_OTHER, StatusCode::NOT_MODIFIED, StatusCode::INTERNAL_SERVER_ERROR] {
        let handler = get(move |session: Visit| async move {
            session.set_name(NAME);
            session.commit().await.unwrap();
            (status, [(header::CACHE_CONTROL, "public, max-age=600")])
        });
        let world = World::new().routed("/", handler);
        let response = world.get(&mut Browser::default(), "/").await;
        assert_eq!(lines(&response, "set-cookie").len(), 1);
        assert_eq!(lines(&response, "cache-control"), ["no-store"], "{status}");
    }
}

#[tokio::test]
async fn cac_4_vary_is_merged_whatever_its_case_and_not_repeated() {
    for (said, merged) in [
        (&["accept, COOKIE"][..], &["accept, COOKIE"][..]),
        (&["Cookie"], &["Cookie"]),
        (&["*"], &["*"]),
        (&["accept"], &["accept", "cookie"]),
        (&["accept", "origin , cookie"], &["accept", "origin , cookie"]),
        (&["x-cookie"], &["x-cookie", "cookie"]),
    ] {
        let handler = get(move |_: Visit| async move {
            AppendHeaders(said.iter().map(|value| (header::VARY, *value)).collect::<Vec<_>>()).into_response()
        });
        let world = World::new().routed("/", handler);
        assert_eq!(lines(&world.get(&mut Browser::default(), "/").await, "vary"), merged);
    }
}
