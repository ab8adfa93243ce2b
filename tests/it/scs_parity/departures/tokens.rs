//! What a client holds, and what the store knows of it.

use axum::http::HeaderName;
use scs::{HeaderTransport, Outcome, store::Store as _};

use crate::scs_parity::{Visit, known};
use crate::support::{self, body_text, bytes_of, record_token};

/// A token of SCS is 43 characters, all of them secret and the store's key. Here it is 64: the id, which
/// may be logged and listed, and the same 256 bits of secret.
#[tokio::test]
async fn a_token_is_sixty_four_characters_that_any_header_may_carry() {
    let known = known().await;
    assert_eq!(known.token.len(), 64);
    assert!(known.token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'));
    assert_eq!(crate::scs_parity::parsed(&known.token).id(), known.id);
}

/// SCS keeps tokens as they are unless it is told to hash them, and then its listing no longer finds
/// what it lists. Here only a hash is ever stored, and listing works by id.
#[tokio::test]
async fn the_store_never_holds_a_token() {
    let known = known().await;
    let stored = known.store.load(known.id).await.unwrap().unwrap();
    let (text, bytes) = (known.token.as_bytes(), bytes_of(&known.token));
    for secret in [&text[22..], &bytes[16..]] {
        let pieces: Vec<&[u8]> = secret.windows(8).collect();
        assert!(!stored.payload().windows(8).any(|window| pieces.contains(&window)));
    }
}

/// In SCS whoever knows the store's key has the session. Here the id opens nothing.
#[tokio::test]
async fn an_id_opens_nothing() {
    let known = known().await;
    assert_eq!(known.sessions.open(&known.id.to_string()).await.unwrap().outcome(), Outcome::Malformed);
    let guessed = format!("{}{}", &known.token[..22], "A".repeat(42));
    assert_eq!(known.sessions.open(&guessed).await.unwrap().outcome(), Outcome::Unknown);
}

/// SCS hands whatever the cookie holds to its store. Here what is not a token never gets that far.
#[tokio::test]
async fn what_is_no_token_never_reaches_the_store() {
    let known = known().await;
    for text in ["", "../../etc/passwd", "*", &known.token[1..], &format!("{}=", known.token)] {
        assert_eq!(known.sessions.open(text).await.unwrap().outcome(), Outcome::Malformed);
    }
    assert_eq!(known.store.take_calls(), [""; 0]);
}

/// In SCS two managers on one store share their sessions, so a token of the shop opens the back office.
/// Here a record belongs to its schema.
#[tokio::test]
async fn a_token_of_one_schema_opens_no_session_of_another() {
    #[derive(scs::Session)]
    struct Administrator {
        visits: u32,
    }

    let known = known().await;
    let administrators = scs::SessionManager::<Administrator, _>::new(known.store.clone());
    let session = administrators.open(&known.token).await.unwrap();
    assert_eq!((session.outcome(), session.visits()), (Outcome::Unknown, 0));
    assert!(administrators.get(known.id).await.unwrap().is_none());
}

/// In SCS a client without cookies is served by code of one's own around `Load` and `Commit`. Here the
/// layer carries the token in a header if it is told to.
#[tokio::test]
async fn a_token_travels_in_a_header_without_code_of_ones_own() {
    let known = known().await;
    let handler = |session: Visit| async move {
        session.update_visits(|visits| *visits += 1);
        session.visits().to_string()
    };
    for (transport, name, value) in [
        (HeaderTransport::bearer(), "authorization", format!("Bearer {}", known.token)),
        (HeaderTransport::named(HeaderName::from_static("x-session")), "x-session", known.token.clone()),
    ] {
        let answer = transport.response_header().clone();
        let layer = known.sessions.layer().transport(transport);
        let app = axum::Router::new().route("/", axum::routing::get(handler)).layer(layer);
        let response = support::get(&app, "/", &[]).await;
        let issued = record_token(response.headers()[&answer].to_str().unwrap());
        assert!(!known.sessions.open(&issued).await.unwrap().is_new());
        assert_eq!(body_text(response).await, "1");
        assert_ne!(body_text(support::get(&app, "/", &[(name, &value)]).await).await, "1");
    }
}
