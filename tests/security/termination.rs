//! TER: how sessions end.

use std::sync::{Arc, Mutex};

use axum::{http::StatusCode, routing::post};
use futures_util::future::join_all;
use scs::{EndReason, SessionEvent, SessionManager, Token};

use crate::{
    app::{Visit, Visitor, World, cookie, lines, token},
    support::{DAY, Fault, Place, START, TestStore, body_text},
};

const REMOVAL: &str = "__Host-id=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax";

#[tokio::test]
async fn ter_1_a_logout_ends_the_session_on_the_server_and_removes_the_cookie() {
    let world = World::new();
    let stolen = world.browser(&["/login"]).await;
    let response = world.post(&mut stolen.clone(), "/logout").await;
    assert_eq!(lines(&response, "set-cookie"), [REMOVAL]);
    assert_eq!((world.rows(), &*world.says(&stolen).await), (0, "Unknown None 0"));
}

#[tokio::test(start_paused = true)]
async fn ter_1_a_logout_that_the_store_refuses_is_an_error_that_still_removes_the_cookie() {
    for fault in [Fault::Refused, Fault::AnswerLost, Fault::Hangs] {
        let world = World::new();
        let mut browser = world.browser(&["/login"]).await;
        world.events();
        world.store.fail_next("delete", fault);
        let response = world.post(&mut browser, "/logout").await;
        assert_eq!(
            (response.status(), lines(&response, "set-cookie")),
            (StatusCode::SERVICE_UNAVAILABLE, vec![REMOVAL.to_owned()])
        );
        assert_eq!(world.events(), ["outage"]);
    }
}

#[tokio::test]
async fn ter_1_nothing_that_fails_beside_it_stops_a_logout() {
    let world = World::with(|settings| settings.on_event(|_| panic!("a mistake of the application")));
    let failing = post(async |session: Visit| {
        session.destroy();
        StatusCode::INTERNAL_SERVER_ERROR
    });
    let world = world.routed("/fail", failing);
    let stolen = world.browser(&["/login"]).await;
    let response = world.post(&mut stolen.clone(), "/fail").await;
    assert_eq!((lines(&response, "set-cookie"), world.rows()), (vec![REMOVAL.to_owned()], 0));
}

on_every_store!(ter_2_no_write_that_is_late_brings_a_session_back);

async fn ter_2_no_write_that_is_late_brings_a_session_back(place: Place) {
    let world = World::at(&place).await;
    for late in ["visit", "login", "renew", "touch", "claim", "remember"] {
        let browser = world.browser(&["/login", "/notice"]).await;
        let session = world.sessions.open(&token(&browser)).await.unwrap();
        match late {
            "visit" => session.add_visits(1),
            "login" => session.set_account(9),
            "renew" => session.renew(),
            "remember" => session.remember(true),
            _ => world.clock.advance(crate::support::MINUTE * 10),
        }
        world.post(&mut browser.clone(), "/logout").await;
        if late == "claim" {
            assert!(!matches!(session.claim_notice().await, Ok(Some(_))));
        }
        let committed = session.commit().await;
        assert!(committed.is_err() || committed.is_ok_and(|committed| committed.token().is_none()), "{late}");
        assert_eq!(world.says(&browser).await, "Unknown None 0", "{late}");
        assert!(world.sessions.get(session.id()).await.unwrap().is_none(), "{late}");
    }
}

/// The library sends no such header; a handler that does keeps it.
#[tokio::test]
async fn ter_3_a_handler_may_clear_the_sites_data_when_it_logs_out() {
    let handler = post(async |session: Visit| {
        session.destroy();
        [("clear-site-data", "\"cookies\", \"storage\"")]
    });
    let world = World::new().routed("/leave", handler);
    let mut browser = world.browser(&["/login"]).await;
    let response = world.post(&mut browser, "/leave").await;
    assert_eq!(lines(&response, "clear-site-data"), ["\"cookies\", \"storage\""]);
    assert_eq!(lines(&response, "set-cookie"), [REMOVAL]);
}

/// The answer of a slow request arrives last, and the jar stays empty.
#[tokio::test]
async fn ter_4_whoever_lost_against_a_logout_sets_no_cookie() {
    for path in ["/visit", "/session", "/renew", "/login", "/remember"] {
        let world = World::new();
        let mut browser = world.browser(&["/login"]).await;
        world.store.delay_answer("load");
        let slow = tokio::spawn({
            let (app, mut tab) = (world.app.clone(), browser.clone());
            async move { tab.post(&app, path).await }
        });
        while !world.store.take_calls().contains(&"load") {
            tokio::task::yield_now().await;
        }
        world.post(&mut browser, "/logout").await;
        world.store.release();
        let slow = slow.await.unwrap();
        browser.learn(slow.headers());
        assert_eq!((browser.cookie, world.rows()), (None, 0), "{path}");
        assert_eq!(slow.status() == StatusCode::CONFLICT, ["/login", "/remember"].contains(&path), "a sign-in is told");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ter_5_logging_out_everywhere_ends_every_session_of_the_account_at_once() {
    let world = Arc::new(World::new());
    let devices = join_all((0..100).map(|_| world.browser(&["/login"]))).await;
    let stranger = world.browser(&["/login-as-another"]).await;
    let others_node = World::over(world.store.clone(), world.clock.clone(), |settings| settings);
    let hammering = devices.iter().cloned().map(|device| {
        let world = world.clone();
        tokio::spawn(async move {
            while world.says(&device).await == "Loaded Some(7) 0" {
                tokio::task::yield_now().await;
            }
        })
    });
    let hammering: Vec<_> = hammering.collect();
    assert_eq!(world.sessions.revoke_all(Visitor::by_account(7)).await.unwrap(), 100);
    for device in &devices {
        assert_eq!(others_node.says(device).await, "Unknown None 0");
    }
    join_all(hammering).await;
    assert_eq!(world.says(&stranger).await, "Loaded Some(8) 0");
}

#[tokio::test]
async fn ter_6_the_other_devices_are_signed_out_and_this_one_has_a_new_token() {
    let world = World::new();
    let devices = join_all((0..5).map(|_| world.browser(&["/login"]))).await;
    let mut current = devices[2].clone();
    let response = world.post(&mut current, "/revoke-others").await;
    assert_eq!(body_text(response).await, "4");
    for device in &devices {
        assert_eq!(world.says(device).await, "Unknown None 0", "the former token of this one too");
    }
    assert_eq!(world.says(&current).await, "Loaded Some(7) 0");
}

#[tokio::test]
async fn ter_7_a_list_of_devices_shows_nothing_that_opens_one() {
    let world = World::new();
    let browsers = join_all((0..3).map(|_| world.browser(&["/login"]))).await;
    let list = world.sessions.find(Visitor::by_account(7)).await.unwrap();
    assert_eq!(list.len(), 3);
    for device in &list {
        let id = device.id().to_string();
        for handle in [id.clone(), id.replace('-', ""), id.repeat(2)[..64].to_owned()] {
            assert!(world.says_to(&cookie(&handle)).await.ends_with("None 0"));
        }
        assert!(device.commit().await.unwrap().token().is_none());
        assert_eq!(device.created_at(), device.last_seen());
    }
    assert_eq!(world.says(&browsers[0]).await, "Loaded Some(7) 0");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ter_8_of_fifty_sign_ins_at_once_as_many_as_the_limit_are_live() {
    #[derive(scs::Session)]
    struct Limited {
        #[session(index(max = 3), renews)]
        account: Option<u64>,
    }
    let sessions = SessionManager::<Limited, _>::new(TestStore::new());
    let sign_ins = (0..50).map(|_| {
        let sessions = sessions.clone();
        tokio::spawn(async move {
            let session = sessions.open(None).await.unwrap();
            session.set_account(7);
            crate::support::commit(&session).await
        })
    });
    let tokens = join_all(sign_ins).await.into_iter().map(Result::unwrap).collect::<Vec<_>>();
    let opened = join_all(tokens.iter().map(|token| sessions.open(token))).await;
    assert_eq!(opened.iter().filter(|session| session.as_ref().unwrap().account() == Some(7)).count(), 3);
}

#[tokio::test]
async fn ter_9_each_end_is_told_once_with_its_reason() {
    let told = Arc::<Mutex<Vec<EndReason>>>::default();
    let seen = told.clone();
    let world = World::with(|settings| {
        settings.on_event(move |event| {
            if let SessionEvent::Destroyed { reason, .. } = event {
                seen.lock().unwrap().push(*reason);
            }
        })
    });
    let mut browser = world.browser(&["/login"]).await;
    world.post(&mut browser, "/logout").await;
    world.post(&mut browser, "/logout").await;
    world.browser(&["/login"]).await;
    world.sessions.revoke_all(Visitor::by_account(7)).await.unwrap();
    assert_eq!(*told.lock().unwrap(), [EndReason::Destroyed, EndReason::Revoked]);
}

/// A session that has run out ends in the browser too, as soon as it is used again.
#[tokio::test]
async fn ter_1_an_expired_session_is_gone_for_good() {
    let world = World::over(TestStore::new(), Arc::new(scs::ManualClock::new(START)), |settings| settings);
    let browser = world.browser(&["/login"]).await;
    world.clock.advance(DAY);
    let id = Token::parse(token(&browser).as_bytes()).unwrap().id();
    assert!(world.sessions.get(id).await.unwrap().is_none());
    let mut again = browser.clone();
    world.post(&mut again, "/visit").await;
    assert_ne!(again.cookie, browser.cookie);
    assert_eq!(world.says(&again).await, "Loaded None 1");
}
