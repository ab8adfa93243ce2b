//! What the list of sessions that are over has room for, and how long.

use std::sync::Arc;

use axum::http::StatusCode;
use scs::{
    ManualClock, MemoryStore, Outcome, SessionManager,
    sealed::{RevocationList, SealedCookies},
};

use super::{Visit, Visitor, clock, commit, cookie, cookies, key, member, on, routes};
use crate::support::{Browser, DAY, HOUR, MINUTE};

type Listed = SessionManager<Visitor, SealedCookies<RevocationList<MemoryStore>>>;

fn store(capacity: usize) -> (MemoryStore, Arc<ManualClock>) {
    let clock = clock();
    (MemoryStore::with_capacity(capacity).with_clock(clock.clone()), clock)
}

fn server(list: &MemoryStore, clock: &Arc<ManualClock>) -> Listed {
    on(cookies(key(1), RevocationList::new(list.clone())), clock.clone()).0
}

async fn ends(sessions: &Listed, token: &str) {
    let session = sessions.open(token).await.unwrap();
    session.destroy();
    session.commit().await.unwrap();
}

async fn outcome(sessions: &Listed, token: &str) -> Outcome {
    sessions.open(token).await.unwrap().outcome()
}

async fn remembered(sessions: &Listed) -> (Visit, String) {
    let session = sessions.open(None).await.unwrap();
    session.set_account(7);
    session.remember(true);
    let copy = commit(&session).await;
    (sessions.open(&copy).await.unwrap(), copy)
}

#[tokio::test]
async fn enc_7_after_a_deploy_that_shortened_the_timeouts_a_logged_out_cookie_opens_nothing() {
    let (list, clock) = store(10);
    let before = server(&list, &clock);
    let (_, copy) = remembered(&before).await;
    let settings = SessionManager::<Visitor, _>::builder(cookies(key(1), RevocationList::new(list.clone())));
    let settings = settings.clock(clock.clone()).idle_timeout(MINUTE).absolute_timeout(HOUR);
    let deployed = settings.remembered_timeouts(HOUR, HOUR).build().unwrap();
    ends(&deployed, &copy).await;
    for _ in 0..13 {
        clock.advance(DAY);
        assert_eq!(outcome(&before, &copy).await, Outcome::Unknown);
        assert_ne!(outcome(&deployed, &copy).await, Outcome::Loaded);
    }
    clock.advance(DAY);
    assert_eq!(outcome(&before, &copy).await, Outcome::Expired);
}

/// The copy from before lives longer than what is known of the session when it ends.
#[tokio::test]
async fn enc_7_no_copy_from_before_an_end_was_brought_forward_outlives_the_logout() {
    let (list, clock) = store(10);
    let sessions = server(&list, &clock);
    let sooner: [fn(&Visit); 2] =
        [|session| session.remember(false), |session| session.set_deadline(crate::support::START + HOUR)];
    for bring_forward in sooner {
        let (session, copy) = remembered(&sessions).await;
        bring_forward(&session);
        let token = commit(&session).await;
        assert_eq!(outcome(&sessions, &copy).await, Outcome::Unknown);
        ends(&sessions, &token).await;
        assert_eq!(outcome(&sessions, &copy).await, Outcome::Unknown);
    }
    clock.advance(2 * DAY);
    let (_, copy) = remembered(&sessions).await;
    assert_eq!(outcome(&sessions, &copy).await, Outcome::Loaded);
}

#[tokio::test]
async fn enc_7_strangers_take_no_room_in_the_list() {
    let (list, clock) = store(10);
    let sessions = server(&list, &clock);
    let app = routes().layer(sessions.layer());
    for stranger in 0..100 {
        let mut browser = Browser::default();
        browser.post(&app, "/visit").await;
        let way = if stranger % 2 == 0 { "/logout" } else { "/login" };
        assert_eq!(browser.post(&app, way).await.status(), StatusCode::OK);
    }
    let session = sessions.open(&cookie(&sessions).await).await.unwrap();
    session.renew();
    commit(&session).await;
    assert_eq!(list.statistics().sessions, 0);
}

/// The store keeps a share of its room for those who signed in, and only they are in the list.
#[tokio::test]
async fn enc_7_a_list_that_strangers_have_filled_has_room_for_a_members_logout() {
    let (list, clock) = store(10);
    let strangers = SessionManager::<crate::app::Visitor, _>::new(list.clone());
    for _ in 0..20 {
        let session = strangers.open(None).await.unwrap();
        session.set_name("stranger");
        let _ = session.commit().await;
    }
    let sessions = server(&list, &clock);
    let copy = member(&sessions).await;
    ends(&sessions, &copy).await;
    assert_eq!(outcome(&sessions, &copy).await, Outcome::Unknown);
}

/// What a list keeps for longer than a session could live is deleted without a manager.
#[tokio::test]
async fn the_list_deletes_what_would_be_over_anyway() {
    let (list, clock) = store(10);
    let revoked = RevocationList::new(list.clone());
    let sessions = server(&list, &clock);
    let (copy, (_, longer)) = (member(&sessions).await, remembered(&sessions).await);
    ends(&sessions, &copy).await;
    ends(&sessions, &longer).await;
    clock.advance(DAY);
    assert_eq!(revoked.delete_expired().await.unwrap(), 0);
    clock.advance(MINUTE);
    assert_eq!((revoked.delete_expired().await.unwrap(), list.statistics().sessions), (1, 1));
    clock.advance(29 * DAY);
    assert_eq!((revoked.delete_expired().await.unwrap(), list.statistics().sessions), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn the_list_deletes_again_and_again_what_would_be_over_anyway() {
    let (list, clock) = store(10);
    let sessions = server(&list, &clock);
    let deleting = tokio::spawn(RevocationList::new(list.clone()).delete_expired_every(HOUR));
    for _ in 0..2 {
        ends(&sessions, &member(&sessions).await).await;
        assert_eq!(list.statistics().sessions, 1);
        clock.advance(DAY + MINUTE);
        tokio::time::sleep(HOUR + MINUTE).await;
        assert_eq!(list.statistics().sessions, 0);
    }
    deleting.abort();
}
