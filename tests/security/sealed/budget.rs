//! How much fits into a cookie.

use axum::{Router, extract::State, http::StatusCode, routing::post};
use scs::{Outcome, SessionError};

use super::{NOTE, Visit, bytes_of, commit, cookie, unlisted};
use crate::support::{post as send, token_in};

async fn sealed_size(letters: usize) -> Result<usize, SessionError> {
    let session = unlisted().0.open(None).await?;
    session.set_note("n".repeat(letters));
    Ok(session.commit().await?.token().unwrap().expose().len())
}

#[tokio::test]
async fn enc_10_a_session_fits_to_the_byte_or_is_an_error_that_names_the_bytes_and_the_budget() {
    // The name `__Host-id` leaves 4,087 characters for the value, and no base64 has so many: 4,087 = 4 x 1,021 + 3.
    let letters = (2_500..3_000).rev();
    let mut sizes = Vec::new();
    for letters in letters {
        match sealed_size(letters).await {
            Ok(size) => {
                sizes.push(size);
                break;
            }
            Err(SessionError::SealedTooLarge { size, limit }) => {
                assert_eq!(limit, 4_087);
                assert!(size > limit);
                sizes.push(size);
            }
            Err(other) => panic!("{other}"),
        }
    }
    let [.., refused, accepted] = sizes[..] else { panic!("{sizes:?}") };
    assert_eq!((accepted, refused), (4_087, 4_088));
}

#[tokio::test]
async fn enc_10_what_is_too_large_is_told_before_anything_is_sent_and_loses_nothing() {
    async fn note(State(letters): State<usize>, session: Visit) {
        session.set_note("n".repeat(letters));
    }
    let sessions = unlisted().0;
    let app = |letters: usize| Router::new().route("/note", post(note)).with_state(letters).layer(sessions.layer());
    let response = send(&app(4_000), "/note", &[]).await;
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert!(token_in(&response).is_none());

    let session = sessions.open(None).await.unwrap();
    session.set_note("n".repeat(4_000));
    let error = session.commit().await.unwrap_err();
    assert!(error.to_string().contains("bytes") && error.to_string().contains("4087"), "{error}");
    session.set_note("short");
    commit(&session).await;
}

#[tokio::test]
async fn enc_6_what_is_longer_than_a_cookie_can_be_is_not_looked_at() {
    let opened = unlisted().0.open(&"A".repeat(1_000_000)).await.unwrap();
    assert_eq!(opened.outcome(), Outcome::Malformed);
}

#[tokio::test]
async fn enc_1_a_cookie_shows_nothing_and_is_never_the_same_twice() {
    let sessions = unlisted().0;
    let (one, other) = (cookie(&sessions).await, cookie(&sessions).await);
    assert_ne!(one, other);
    for text in [&one, &other] {
        let bytes = bytes_of(text);
        for window in NOTE.as_bytes().windows(8) {
            assert!(!bytes.windows(8).any(|shown| shown == window));
        }
    }
    // Nor is any block of one a block of the other, but for version and name of the key.
    let blocks = |text: &str| -> Vec<Vec<u8>> { bytes_of(text)[5..].windows(8).map(<[u8]>::to_vec).collect() };
    let (one, other) = (blocks(&one), blocks(&other));
    assert!(one.iter().all(|block| !other.contains(block)));
}

/// Whoever could have text compressed with a secret would learn the secret from lengths.
#[tokio::test]
async fn enc_11_the_length_of_a_cookie_depends_on_the_length_of_what_is_in_it_alone() {
    let length = async |note: String| {
        let session = unlisted().0.open(None).await.unwrap();
        session.set_note(note);
        commit(&session).await.len()
    };
    let mut random = fastrand::Rng::with_seed(1);
    let noise: String = std::iter::repeat_with(|| random.alphanumeric()).take(500).collect();
    assert_eq!(length("n".repeat(500)).await, length(noise).await);
}
