//! How sessions end, and who may end them.

use std::sync::Arc;

use axum::{extract::Path, http::StatusCode, routing::post};
use scs::{ManualClock, SessionId, Token};

use crate::{
    app::{Visit, Visitor, World, lines, token},
    support::{Browser, DAY, Fault, HOUR, MINUTE, SECOND, START, TestStore},
};

/// fastify/session CVE-2024-35220, aiohttp-session CVE-2018-1000814, Vault CVE-2021-32923: the end was computed anew
/// when a session was loaded or saved, so that it never came.
#[tokio::test]
async fn the_end_of_a_session_stays_where_it_is_however_often_it_is_loaded_and_saved() {
    let world = World::new();
    let mut browser = world.browser(&["/login"]).await;
    for _ in 0..71 {
        world.clock.advance(20 * MINUTE);
        world.post(&mut browser, "/visit").await;
        let session = world.sessions.open(&token(&browser)).await.unwrap();
        assert_eq!(session.deadline(), START + DAY);
    }
    world.clock.advance(20 * MINUTE);
    assert!(world.says(&browser).await.ends_with("None 0"), "though nobody has purged");
}

/// `OliveTin` CVE-2026-30224: a logout removed the cookie and nothing else.
#[tokio::test]
async fn a_logout_ends_the_session_also_for_whoever_kept_the_cookie() {
    let world = World::new();
    let kept = world.browser(&["/login"]).await;
    world.post(&mut kept.clone(), "/logout").await;
    assert_eq!(world.says(&kept).await, "Unknown None 0");
}

/// hybridsessions CVE-2022-24444, oauth2-proxy CVE-2026-34454: a logout forgot the cookie, or did when it failed.
#[tokio::test]
async fn a_logout_removes_the_cookie_also_when_it_fails() {
    for fault in [None, Some(Fault::Refused)] {
        let world = World::new();
        let mut browser = world.browser(&["/login"]).await;
        if let Some(fault) = fault {
            world.store.fail_next("delete", fault);
        }
        world.post(&mut browser, "/logout").await;
        assert_eq!(browser.cookie, None, "{fault:?}");
    }
}

/// Jetty CVE-2021-34428: a listener that failed when a session ended left it alive.
#[tokio::test]
async fn a_hook_that_panics_keeps_no_session_alive() {
    let world = World::with(|settings| settings.on_event(|_| panic!("a mistake of the application")));
    let stolen = world.browser(&["/login"]).await;
    world.post(&mut stolen.clone(), "/logout").await;
    assert_eq!((world.rows(), &*world.says(&stolen).await), (0, "Unknown None 0"));
}

/// Mattermost CVE-2017-18878: whoever knew an id could end the session of somebody else. `revoke` is an administrator's;
/// a route for everybody looks for the id among the account's own sessions.
#[tokio::test]
async fn a_device_is_ended_by_its_own_account_alone() {
    let world = World::new();
    let sessions = world.sessions.clone();
    let end = post(move |session: Visit, Path(id): Path<String>| async move {
        let (Some(account), Ok(id)) = (session.account(), id.parse::<SessionId>()) else {
            return StatusCode::NOT_FOUND;
        };
        let mut own = sessions.find(Visitor::by_account(account)).await.unwrap().into_iter();
        let Some(device) = own.find(|device| device.id() == id) else { return StatusCode::NOT_FOUND };
        device.destroy();
        device.commit().await.unwrap();
        StatusCode::OK
    });
    let world = world.routed("/end/{id}", end);
    let (victim, mut thief) = (world.browser(&["/login"]).await, world.browser(&["/login-as-another"]).await);
    let id = Token::parse(token(&victim).as_bytes()).unwrap().id();
    assert_eq!(world.post(&mut thief, &format!("/end/{id}")).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(world.says(&victim).await, "Loaded Some(7) 0");
    let mut other_device = world.browser(&["/login"]).await;
    assert_eq!(world.post(&mut other_device, &format!("/end/{id}")).await.status(), StatusCode::OK);
    assert_eq!(world.says(&victim).await, "Unknown None 0");
}

/// TYPO3, Contao, `SilverStripe`, more than seven advisories: other sessions outlived a change of the password.
#[tokio::test]
async fn after_a_change_of_the_password_nobody_else_is_signed_in() {
    let world = World::new();
    let (thief, mut owner) = (world.browser(&["/login"]).await, world.browser(&["/login"]).await);
    let before = owner.clone();
    world.post(&mut owner, "/revoke-others").await;
    assert_eq!([world.says(&thief).await, world.says(&before).await], ["Unknown None 0", "Unknown None 0"]);
    assert_eq!(world.says(&owner).await, "Loaded Some(7) 0");
}

/// Drupal CVE-2016-3171, Plug CVE-2017-1000053, and who else decodes what was cut off or is not its own: a record is
/// decoded into the types of the schema, whole or not at all.
#[tokio::test]
async fn a_record_that_was_cut_off_is_no_session() {
    use scs::store::{Entry, Store as _};
    let world = World::new();
    let browser = world.browser(&["/login", "/name"]).await;
    let id = Token::parse(token(&browser).as_bytes()).unwrap().id();
    let record = world.store.load(id).await.unwrap().unwrap().payload().clone();
    for length in 0..record.len() {
        world.store.delete(id).await.unwrap();
        let _ = world.store.create(id, &Entry::new(record.slice(..length), HOUR)).await.unwrap();
        assert_eq!(world.says(&browser).await, "Unknown None 0", "after {length} bytes");
    }
}

/// Symfony CVE-2016-4423: a user name without a bound filled the sessions.
#[tokio::test]
async fn what_is_too_large_is_refused_and_takes_no_room() {
    let fill = crate::app::does(|session| session.set_name("x".repeat(1 << 24)));
    let world = World::new().routed("/fill", fill);
    let mut browser = world.browser(&["/visit"]).await;
    let response = world.post(&mut browser, "/fill").await;
    assert_eq!((response.status(), lines(&response, "set-cookie")), (StatusCode::PAYLOAD_TOO_LARGE, vec![]));
    assert_eq!(world.says(&browser).await, "Loaded None 1", "and the session is as it was");
}

/// ASP.NET's session cache, dotnet/extensions #981: the purge failed without a word, or in one statement for all.
#[tokio::test]
async fn a_purge_that_fails_is_told() {
    let world = World::over(TestStore::new(), Arc::new(ManualClock::new(START)), |settings| settings);
    world.post(&mut Browser::default(), "/visit").await;
    world.clock.advance(HOUR + SECOND);
    world.events();
    world.store.fail_next("purge", Fault::Refused);
    world.sessions.purge_expired().await.unwrap_err();
    assert_eq!(world.events(), ["outage"]);
}
