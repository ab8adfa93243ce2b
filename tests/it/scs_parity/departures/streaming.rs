//! What happens after the response head has left.

use std::sync::{Arc, Mutex};

use axum::body::Body;
use scs::SessionError;

use crate::scs_parity::{Visit, cookies, known, serving};
use crate::support::{self, body_text, token_in};

/// In SCS a flush before the first byte sends the headers without the cookie, and the session is stored
/// under a token that nobody learns. Here the head is made after the commit, whatever the body does.
#[tokio::test]
async fn the_cookie_of_a_stream_is_in_its_head() {
    let known = known().await;
    let app = serving(&known.sessions, |session: Visit| async move {
        session.set_visits(1);
        Body::from_stream(futures_util::stream::empty::<Result<&str, std::convert::Infallible>>())
    });
    let response = support::get(&app, "/", &[]).await;
    assert!(!known.sessions.open(&token_in(&response).unwrap()).await.unwrap().is_new());
}

/// In SCS what is changed after the first byte is lost without a word. Here it is saved by a commit of
/// its own, and without one an event names the fields.
#[tokio::test]
async fn changes_after_the_head_are_saved_by_a_commit_of_their_own() {
    let known = known().await;
    let app = serving(&known.sessions, |session: Visit| async move {
        let later = async move {
            session.set_visits(9);
            session.commit().await.map(|_| "saved")
        };
        Body::from_stream(futures_util::stream::once(later))
    });
    let response = known.browser().get(&app, "/").await;
    assert_eq!(known.stored().await.unwrap().visits(), 1);
    assert_eq!(body_text(response).await, "saved");
    assert_eq!(known.stored().await.unwrap().visits(), 9);
}

/// The very first SCS refused changes once the session was written; later ones forget them. Here a
/// change that only a new token could carry is refused, for no client could learn it.
#[tokio::test]
async fn a_token_cannot_change_after_the_head() {
    let known = known().await;
    let errors = Arc::new(Mutex::new(Vec::new()));
    let seen = errors.clone();
    let app = serving(&known.sessions, move |session: Visit| async move {
        let later = async move {
            session.set_account(7);
            let error = session.commit().await.unwrap_err();
            session.reload().await.unwrap();
            seen.lock().unwrap().push(error);
            Ok::<_, std::convert::Infallible>("")
        };
        Body::from_stream(futures_util::stream::once(later))
    });
    let response = known.browser().get(&app, "/").await;
    assert_eq!(cookies(&response), [""; 0]);
    body_text(response).await;
    assert!(matches!(errors.lock().unwrap()[..], [SessionError::HeadSent]));
    assert_eq!(known.open().await.account(), None);
}

/// In SCS a connection that was taken over by a web socket writes the session of its first moment back
/// when it ends, over everything newer. Here whoever holds the session writes what it changed, when it
/// commits, on top of what is there.
#[tokio::test]
async fn a_long_connection_overwrites_nothing_when_it_ends() {
    let known = known().await;
    let kept: Arc<Mutex<Option<Visit>>> = Arc::default();
    let socket = kept.clone();
    let app = serving(&known.sessions, move |session: Visit| async move {
        *socket.lock().unwrap() = Some(session);
        axum::http::StatusCode::SWITCHING_PROTOCOLS
    });
    known.browser().get(&app, "/").await;
    let session = known.open().await;
    session.set_visits(50);
    session.commit().await.unwrap();

    let socket = kept.lock().unwrap().take().unwrap();
    known.store.take_calls();
    socket.set_name("Ada");
    socket.commit().await.unwrap();
    drop(socket);
    let session = known.open().await;
    assert_eq!((session.visits(), session.name().as_deref()), (50, Some("Ada")));
}
