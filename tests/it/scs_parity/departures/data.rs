//! Reading and changing values.

use std::sync::Arc;

use scs::{Session, SessionManager};

use crate::scs_parity::known;
use crate::support::{TestStore, commit};

#[derive(Session)]
struct Shop {
    cart: Vec<String>,
    total: i64,
    #[session(default = 10)]
    page_size: u16,
}

/// SCS hands out the stored value itself: a list that is changed in place looks changed for the rest
/// of the request and is saved only if something else was. Here a value that is read is a copy.
#[tokio::test]
async fn changing_a_value_that_was_read_changes_nothing() {
    let sessions = SessionManager::<Shop, _>::new(TestStore::new());
    let session = sessions.open(None).await.unwrap();
    session.set_cart(vec!["tea".into()]);
    let mut cart = session.cart();
    cart.push("jam".into());
    assert_eq!(session.cart(), ["tea"]);
}

/// Changing in place is what `update` is for, and it is always saved.
#[tokio::test]
async fn changing_a_value_in_place_is_saved() {
    let sessions = SessionManager::<Shop, _>::new(TestStore::new());
    let session = sessions.open(None).await.unwrap();
    session.set_cart(vec!["tea".into()]);
    let token = commit(&session).await;
    let session = sessions.open(&token).await.unwrap();
    session.update_cart(|cart| cart.push("jam".into()));
    session.commit().await.unwrap();
    assert_eq!(sessions.open(&token).await.unwrap().cart(), ["tea", "jam"]);
}

/// In SCS a number is got as the type it was put as, and as zero by every other getter; with a JSON
/// codec all numbers change their type. Here a field has one type, and a type that grows still reads
/// what was stored.
#[tokio::test]
async fn a_number_is_what_its_field_says() {
    mod narrow {
        #[derive(scs::Session)]
        #[session(name = "Shop")]
        pub(super) struct Shop {
            pub(super) total: i32,
        }
    }

    let store = TestStore::new();
    let session = SessionManager::<narrow::Shop, _>::new(store.clone()).open(None).await.unwrap();
    session.set_total(-5);
    let token = commit(&session).await;
    assert_eq!(SessionManager::<Shop, _>::new(store).open(&token).await.unwrap().total(), -5);
}

/// In SCS a pop of the wrong type loses the value. Here there is no wrong type to ask for; popping
/// gives what is there, and says if there was none.
#[tokio::test]
async fn a_popped_default_is_told_from_a_popped_value() {
    let sessions = SessionManager::<Shop, _>::new(TestStore::new());
    let session = sessions.open(None).await.unwrap();
    assert_eq!((session.pop_page_size(), session.page_size()), (None, 10));
    session.set_page_size(10);
    assert_eq!(session.pop_page_size(), Some(10));
}

/// In SCS each call locks by itself, so reading, changing and writing from several goroutines of one
/// request loses changes. Here an update is one step for every thread.
#[test]
fn updates_of_one_request_from_many_threads_all_count() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let sessions = SessionManager::<Shop, _>::new(TestStore::new());
    let session = runtime.block_on(sessions.open(None)).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..250).for_each(|_| session.update_total(|total| *total += 1)));
        }
    });
    assert_eq!(session.total(), 1000);
}

/// In SCS a codec that returns a nil map makes the next put panic with the session locked, and a
/// recovered request hangs. Here a panic inside an update changes nothing and blocks nobody.
#[tokio::test]
async fn a_panic_while_changing_a_value_leaves_the_session_usable() {
    let session = known().await.open().await;
    let panicking = session.clone();
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        panicking.update_visits(|_| panic!("in the closure"));
    }));
    assert!(outcome.is_err());
    session.update_visits(|visits| *visits += 1);
    assert_eq!(session.visits(), 2);
}

/// SCS gives a popped message to every request that reads it before the first of them is saved. Here
/// a message that must be acted upon once is claimed.
#[tokio::test]
async fn a_one_time_value_goes_to_one_request() {
    let known = known().await;
    let session = known.open().await;
    session.set_notice("pay once");
    session.commit().await.unwrap();
    let (one, other) = (known.open().await, known.open().await);
    let claimed = [one.claim_notice().await.unwrap(), other.claim_notice().await.unwrap()];
    assert_eq!(claimed.iter().flatten().count(), 1);
}

/// SCS stores a nil as a value that is there. Here nothing is nothing: an `Option` that an update
/// leaves empty is a field without a value.
#[tokio::test]
async fn none_is_no_value() {
    let known = known().await;
    let session = known.open().await;
    session.set_name("Ada");
    session.update_name(|name| *name = None);
    assert!(!session.has_name());
    assert_eq!(session.status(), scs::Status::Unmodified);
}

/// Clones of a session are one session, as with the pointer that SCS keeps in the request's context,
/// but nothing has to be passed around in one.
#[tokio::test]
async fn clones_are_one_session() {
    let session = known().await.open().await;
    let shared = Arc::new(session.clone());
    shared.set_name("Ada");
    assert_eq!(session.name().as_deref(), Some("Ada"));
}
