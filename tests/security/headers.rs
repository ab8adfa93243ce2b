//! HDR: tokens in headers.

use axum::{
    body::Body,
    http::{Request, header},
};
use scs::HeaderTransport;
use tower::ServiceExt as _;

use crate::{
    app::{World, cookie, lines, token},
    support::{body_text, get, post, record_token},
};

/// An application for programs, and the token of one of them.
async fn with_bearer() -> (World, String) {
    let world = World::new().layered(|layer| layer.transport(HeaderTransport::bearer()));
    let response = post(&world.app, "/login", &[]).await;
    let token = record_token(response.headers()["x-session-token"].to_str().unwrap());
    world.store.take_calls();
    world.events();
    (world, token)
}

async fn says(world: &World, headers: &[(&str, &str)]) -> String {
    body_text(get(&world.app, "/session", headers).await).await
}

#[tokio::test]
async fn hdr_1_one_header_with_one_token_opens_the_session_and_nothing_else_does() {
    let (world, token) = with_bearer().await;
    let bearer = format!("Bearer {token}");
    assert_eq!(says(&world, &[("authorization", &bearer)]).await, "Loaded Some(7) 0");
    let twice = format!("{bearer}, {bearer}");
    let trailing = format!("{bearer} ");
    let doubled = format!("Bearer Bearer {token}");
    let quoted = format!("Bearer \"{token}\"");
    for line in [&twice, &trailing, &doubled, &quoted, &format!("Basic {token}"), &format!("Bearer{token}"), &token] {
        assert!(says(&world, &[("authorization", line)]).await.ends_with("None 0"), "{}", line.len());
    }
    let both = [("authorization", &*bearer), ("authorization", &*bearer)];
    assert_eq!(says(&world, &both).await, "Ambiguous None 0");
}

#[tokio::test]
async fn hdr_1_a_new_token_comes_back_in_one_header_and_in_no_cookie() {
    let (world, token) = with_bearer().await;
    let response = post(&world.app, "/renew", &[("authorization", &format!("Bearer {token}"))]).await;
    let [renewed] = lines(&response, "x-session-token").try_into().unwrap();
    assert!(record_token(&renewed) != token && lines(&response, "set-cookie").is_empty());
}

#[tokio::test]
async fn hdr_2_no_token_is_read_where_none_is_asked_for() {
    let (programs, token) = with_bearer().await;
    assert_eq!(says(&programs, &[("cookie", &cookie(&token))]).await, "NoToken None 0");
    assert_eq!(says(&programs, &[("x-session-token", &token)]).await, "NoToken None 0");
    let browsers = World::over(programs.store.clone(), programs.clock.clone(), |settings| settings);
    assert_eq!(says(&browsers, &[("authorization", &format!("Bearer {token}"))]).await, "NoToken None 0");
    assert_eq!(says(&browsers, &[("cookie", &cookie(&token))]).await, "Loaded Some(7) 0");
}

#[tokio::test]
async fn hdr_2_two_different_tokens_are_none_and_one_event() {
    let (world, token) = with_bearer().await;
    let lines =
        [("authorization", &*format!("Bearer {token}")), ("authorization", &*format!("Bearer {}", "A".repeat(64)))];
    assert_eq!(says(&world, &lines).await, "Ambiguous None 0");
    assert_eq!((world.store.take_calls(), world.events()), (vec![], vec!["duplicate_cookie"]));
}

#[tokio::test]
async fn hdr_2_responses_vary_by_the_header_and_with_a_token_no_cache_keeps_them() {
    let (world, token) = with_bearer().await;
    let bearer = [("authorization", &*format!("Bearer {token}"))];
    for (response, kept) in [
        (get(&world.app, "/session", &bearer).await, "private, no-store"),
        (post(&world.app, "/renew", &bearer).await, "no-store"),
    ] {
        assert_eq!(lines(&response, "vary"), ["authorization"]);
        assert_eq!(lines(&response, "cache-control"), [kept]);
    }
}

#[tokio::test]
async fn hdr_3_no_token_is_read_from_a_url_or_a_body() {
    let world = World::new();
    let token = token(&world.browser(&["/login"]).await);
    let (programs, bearer) = with_bearer().await;
    for (world, token) in [(&world, token), (&programs, bearer)] {
        for uri in [
            format!("/session?__Host-id={token}"),
            format!("/session?access_token={token}&token={token}"),
            format!("/session?;jsessionid={token}"),
            format!("https://{token}@localhost/session"),
        ] {
            let form = format!("__Host-id={token}&access_token={token}");
            let request = Request::post(uri).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
            let response = world.app.clone().oneshot(request.body(Body::from(form)).unwrap()).await.unwrap();
            assert_eq!(body_text(response).await, "NoToken None 0");
        }
    }
}
