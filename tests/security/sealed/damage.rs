//! What is not exactly a cookie that was sealed opens nothing, and all of it is answered alike.

use axum::{Router, http::StatusCode};
use http_body_util::BodyExt as _;
use scs::Outcome;

use super::{Sealed, bytes_of, cookie, key, routes, sealed, text_of, unlisted};
use crate::support::get;
use scs::sealed::NoRevocation;

/// Cookies that are damaged bit by bit; a thousand with `--ignored`.
const COOKIES: usize = 10;

/// Whether a text opens nothing. A text that is no base64 is told apart in the outcome, but not to the client.
async fn is_refused(sessions: &Sealed<NoRevocation>, text: &str) -> bool {
    let session = sessions.0.open(text).await.unwrap();
    matches!(session.outcome(), Outcome::Unknown | Outcome::Malformed) && session.note().is_none()
}

async fn flip_every_bit(cookies: usize) {
    let sessions = unlisted();
    for number in 0..cookies {
        let text = cookie(&sessions.0).await;
        let sealed = bytes_of(&text);
        for bit in 0..sealed.len() * 8 {
            let mut damaged = sealed.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(is_refused(&sessions, &text_of(&damaged)).await, "cookie {number}, bit {bit}");
        }
        assert!(!is_refused(&sessions, &text).await);
    }
}

#[tokio::test]
async fn enc_2_no_bit_of_a_cookie_can_be_changed() {
    flip_every_bit(COOKIES).await;
}

#[tokio::test]
#[ignore = "takes minutes without optimisation"]
async fn enc_2_no_bit_of_a_thousand_cookies_can_be_changed() {
    flip_every_bit(1_000).await;
}

/// Every text that somebody could make of a genuine one, or without any.
fn damaged(text: &str, other: &str) -> Vec<String> {
    let (bytes, others) = (bytes_of(text), bytes_of(other));
    let half = bytes.len() / 2;
    let mut zero_tag = bytes.clone();
    let tag = zero_tag.len() - 16;
    zero_tag[tag..].fill(0);
    let mut texts: Vec<String> = (0..bytes.len()).map(|length| text_of(&bytes[..length])).collect();
    texts.extend((0..text.len()).map(|length| text[..length].to_owned()));
    texts.extend((1..bytes.len()).map(|start| text_of(&bytes[start..])));
    texts.extend([
        text_of(&zero_tag),
        text_of(&[&bytes[half..], &bytes[..half]].concat()),
        text_of(&[&bytes[..half], &others[half..]].concat()),
        text_of(&[&bytes[..29], &others[29..]].concat()),
        text_of(&[&bytes[..], &[0]].concat()),
        text_of(&[&[0], &bytes[..]].concat()),
        text_of(&[&bytes[..], &bytes[..]].concat()),
        format!("{text}="),
        format!("{text}A"),
        format!(" {text}"),
        text.to_lowercase(),
        text_of(br#"{"account":7,"visits":1}"#),
        "eyJhY2NvdW50Ijo3fQ".to_owned(),
        String::new(),
        "null".to_owned(),
    ]);
    texts
}

#[tokio::test]
async fn enc_2_whatever_is_made_of_a_cookie_opens_nothing() {
    let sessions = unlisted();
    let (text, other) = (cookie(&sessions.0).await, cookie(&sessions.0).await);
    for damaged in damaged(&text, &other) {
        assert!(is_refused(&sessions, &damaged).await, "{} characters", damaged.len());
    }
}

#[tokio::test]
async fn enc_2_all_that_opens_nothing_is_answered_alike() {
    let sessions = unlisted();
    let app = routes().layer(sessions.0.layer());
    let (text, other) = (cookie(&sessions.0).await, cookie(&sessions.0).await);
    let strange = cookie(&sealed(key(2), NoRevocation).0).await;
    let expected = answer(&app, "__Host-id=x").await;
    let damaged = damaged(&text, &other).into_iter().step_by(17).chain([strange]);
    for text in damaged {
        assert_eq!(answer(&app, &format!("__Host-id={text}")).await, expected);
    }
    assert_ne!(answer(&app, &format!("__Host-id={text}")).await.2, expected.2, "the genuine one has a note");
}

async fn answer(app: &Router, cookie: &str) -> (StatusCode, String, Vec<u8>) {
    let response = get(app, "/note", &[("cookie", cookie)]).await;
    let (head, body) = response.into_parts();
    let set = head.headers.iter().map(|(name, value)| format!("{name}: {}\n", value.to_str().unwrap().len()));
    (head.status, set.collect(), body.collect().await.unwrap().to_bytes().to_vec())
}

#[tokio::test]
async fn enc_4_nothing_in_a_cookie_chooses_how_it_is_opened() {
    let sessions = unlisted();
    let sealed = bytes_of(&cookie(&sessions.0).await);
    for version in (0..=u8::MAX).filter(|version| *version != sealed[0]) {
        let mut damaged = sealed.clone();
        damaged[0] = version;
        assert!(is_refused(&sessions, &text_of(&damaged)).await, "version {version}");
    }
}
