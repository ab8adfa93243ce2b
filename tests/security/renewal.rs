//! REN: when tokens change. TYP: what a half-open session may do.

use axum::{body::Body, http::Response};
use futures_util::future::join_all;
use scs::Clock as _;

use crate::{
    app::{Visit, Visitor, World, cookie, does, lines, token},
    support::{Browser, DAY, Fault, HOUR, MINUTE, SECOND, token_in},
};

/// Each way to sign in or out, from each state: the token before is worthless afterwards.
#[tokio::test]
async fn ren_1_every_sign_in_and_every_sign_out_changes_the_token() {
    for before in ["/visit", "/login", "/login-as-another", "/remember"] {
        for path in ["/login", "/login-as-another", "/remember", "/sign-out", "/renew"] {
            if (before, path) == ("/visit", "/sign-out") {
                continue;
            }
            let world = World::new();
            let frozen = world.browser(&[before]).await;
            let mut browser = frozen.clone();
            world.post(&mut browser, path).await;
            assert_ne!(browser.cookie, frozen.cookie, "{path} after {before}");
            assert_eq!(world.says(&frozen).await, "Unknown None 0", "{path} after {before}");
            assert!(world.says(&browser).await.starts_with("Loaded"));
        }
    }
}

/// Taking an account's session over is a sign-in too.
#[tokio::test]
async fn ren_1_signing_in_with_what_the_account_has_elsewhere_changes_the_token() {
    let world = World::new();
    let (phone, laptop) = (world.browser(&["/login"]).await, world.browser(&["/visit"]).await);
    let session = world.sessions.open(&token(&laptop)).await.unwrap();
    session.login_with(Visitor::by_account(7)).await.unwrap();
    crate::support::commit(&session).await;
    assert_eq!([world.says(&phone).await, world.says(&laptop).await], ["Unknown None 0", "Unknown None 0"]);
}

/// Whatever becomes of the one store call of a renewal, exactly one token opens the session afterwards.
#[tokio::test(start_paused = true)]
async fn ren_2_a_renewal_is_one_store_call_after_which_exactly_one_token_works() {
    for fault in [None, Some(Fault::Refused), Some(Fault::AnswerLost), Some(Fault::Hangs)] {
        let world = World::new();
        let browser = world.browser(&["/login"]).await;
        world.store.take_calls();
        if let Some(fault) = fault {
            world.store.fail_next("update", fault);
        }
        let response = world.post(&mut browser.clone(), "/renew").await;
        assert_eq!(world.store.take_calls(), ["load", "update"]);
        let mut works = Vec::new();
        for token in [Some(token(&browser)), token_in(&response)] {
            let session = world.sessions.open(token.as_deref()).await.unwrap();
            works.push(session.account() == Some(7));
        }
        let expected = match fault {
            None => [false, true],
            // The client was told that it failed; nobody learned the token that was stored.
            Some(Fault::AnswerLost) => [false, false],
            Some(_) => [true, false],
        };
        assert_eq!(works, expected, "{fault:?}");
        assert_eq!(response.status().is_success(), fault.is_none());
    }
}

#[tokio::test]
async fn ren_2_of_two_renewals_at_once_one_wins_and_its_token_alone_works() {
    for _ in 0..100 {
        let world = World::new();
        let browser = world.browser(&["/login"]).await;
        let tabs = [(); 2].map(|()| async {
            let mut tab = browser.clone();
            world.post(&mut tab, "/renew").await;
            tab
        });
        let tabs = join_all(tabs).await;
        let mut tokens: Vec<String> = tabs.iter().chain([&browser]).map(token).collect();
        tokens.sort_unstable();
        tokens.dedup();
        let opened = join_all(tokens.iter().map(|token| world.sessions.open(token))).await;
        assert_eq!(opened.iter().filter(|session| !session.as_ref().unwrap().is_new()).count(), 1);
    }
}

#[tokio::test]
async fn ren_3_what_a_field_does_not_let_pass_a_sign_in_is_gone_after_it() {
    let world = World::new();
    let mut browser = world.browser(&["/draft", "/visit"]).await;
    let session = world.sessions.open(&token(&browser)).await.unwrap();
    assert!(session.has_draft());
    world.post(&mut browser, "/login").await;
    let session = world.sessions.open(&token(&browser)).await.unwrap();
    assert_eq!((session.draft(), session.visits(), session.account()), (None, 1, Some(7)));
}

fn rotating() -> World {
    World::with(|settings| settings.renew_every(HOUR).idle_timeout(2 * HOUR))
}

#[tokio::test]
async fn ren_4_two_tabs_at_the_hour_renew_once_and_nobody_is_logged_out() {
    let world = rotating();
    let browser = world.browser(&["/login"]).await;
    world.clock.advance(HOUR);
    let requests = (0..200).map(|_| async {
        let mut tab = browser.clone();
        let response = world.get(&mut tab, "/session").await;
        assert_eq!(response.status(), 200);
        token_in(&response)
    });
    let renewed: Vec<String> = join_all(requests).await.into_iter().flatten().collect();
    let [renewed] = renewed.try_into().unwrap();
    assert_eq!(world.says(&browser).await, "Loaded Some(7) 0", "the response may have been lost");
    assert_eq!(world.says_to(&cookie(&renewed)).await, "Loaded Some(7) 0");
    world.clock.advance(11 * SECOND);
    assert_eq!(world.says(&browser).await, "Unknown None 0");
}

#[tokio::test]
async fn ren_4_no_grace_outlives_a_sign_in_or_a_logout() {
    for path in ["/login", "/sign-out", "/renew", "/logout"] {
        let world = rotating();
        let old = world.browser(&["/login"]).await;
        world.clock.advance(HOUR);
        let mut browser = old.clone();
        world.get(&mut browser, "/session").await;
        world.post(&mut browser, path).await;
        assert_eq!(world.says(&old).await, "Unknown None 0", "{path}");
    }
}

#[tokio::test]
async fn ren_5_an_old_token_that_comes_back_is_one_event_and_ends_the_session_if_it_is_to() {
    for ends in [false, true] {
        let world = World::with(|settings| {
            let settings = settings.renew_every(HOUR).idle_timeout(2 * HOUR);
            if ends { settings.end_on_token_reuse() } else { settings }
        });
        let old = world.browser(&["/login"]).await;
        world.clock.advance(HOUR);
        let mut browser = old.clone();
        world.get(&mut browser, "/session").await;
        world.get(&mut browser, "/session").await;
        world.clock.advance(9 * SECOND);
        world.events();
        assert_eq!((world.says(&old).await, world.events()), ("Loaded Some(7) 0".to_owned(), vec![]));
        world.clock.advance(2 * SECOND);
        assert_eq!(world.says(&old).await, "Unknown None 0");
        assert_eq!(world.events()[0], "token_reuse");
        assert_eq!(world.says(&browser).await == "Loaded Some(7) 0", !ends);
    }
}

/// A field with a time of its own is the proof that the password was shown just now.
#[tokio::test]
async fn ren_6_what_needs_a_fresh_password_is_refused_once_five_minutes_are_over() {
    let world = World::new();
    let mut browser = world.browser(&["/login"]).await;
    assert_eq!(world.get(&mut browser, "/vault").await.status(), 403);
    world.post(&mut browser, "/confirm").await;
    world.clock.advance(5 * MINUTE - SECOND);
    assert_eq!(world.get(&mut browser, "/vault").await.status(), 200);
    world.clock.advance(SECOND);
    assert_eq!(world.get(&mut browser, "/vault").await.status(), 403);
}

#[tokio::test]
async fn ren_6_signing_in_again_starts_both_timeouts_anew() {
    let world = World::with(|settings| settings.idle_timeout(HOUR).absolute_timeout(2 * HOUR));
    let mut browser = world.browser(&["/visit", "/login"]).await;
    for _ in 0..4 {
        world.clock.advance(HOUR - SECOND);
        world.post(&mut browser, "/login").await;
    }
    assert_eq!(world.says(&browser).await, "Loaded Some(7) 1", "it is still the same session");
}

/// Somebody of whom a second factor is due has a session and no account in it.
#[tokio::test]
async fn typ_1_a_session_that_is_half_open_opens_no_guarded_route() {
    let world = World::new();
    let mut browser = world.browser(&["/visit", "/confirm"]).await;
    assert_eq!(world.get(&mut browser, "/vault").await.status(), 401);
    assert!(lines(&world.get(&mut Browser::default(), "/vault").await, "set-cookie").is_empty());
}

/// The kind of cookie that a browser was given last, and how long the session in it lives.
async fn kept(world: &World, browser: &Browser, response: &Response<Body>) -> (bool, u64) {
    let lasts = lines(response, "set-cookie")[0].contains("Max-Age");
    let session = world.sessions.open(&token(browser)).await.unwrap();
    (lasts, session.deadline().since(world.clock.now()).as_secs() / 3600)
}

/// Who signs in next on this computer did not ask to be remembered.
#[tokio::test]
async fn cke_5_signing_out_ends_the_remembering_for_whoever_signs_in_next() {
    for leaving in ["/sign-out", "/leave", "/clear"] {
        let world = World::new().routed("/leave", does(|session| session.remove_account()));
        let mut browser = Browser::default();
        let response = world.post(&mut browser, "/remember").await;
        assert_eq!(kept(&world, &browser, &response).await, (true, 30 * 24));
        world.clock.advance(2 * DAY);
        let response = world.post(&mut browser, leaving).await;
        assert_eq!(kept(&world, &browser, &response).await, (false, 24), "{leaving}");
        let response = world.post(&mut browser, "/login-as-another").await;
        assert_eq!(kept(&world, &browser, &response).await, (false, 24), "{leaving}");
    }
}

#[tokio::test]
async fn cke_5_another_account_that_signs_in_over_a_remembered_one_is_not_remembered() {
    let over = |session: &Visit| {
        session.remember(true);
        session.sign_out();
        session.set_account(8);
    };
    for path in ["/login-as-another", "/over"] {
        let world = World::new().routed("/over", does(over));
        let mut browser = world.browser(&["/remember"]).await;
        let response = world.post(&mut browser, path).await;
        assert_eq!(kept(&world, &browser, &response).await, (false, 24), "{path}");
    }
    let world = World::new();
    let mut browser = world.browser(&["/remember"]).await;
    let response = world.post(&mut browser, "/login").await;
    assert_eq!(kept(&world, &browser, &response).await, (true, 30 * 24), "it is the same account");
}

#[tokio::test]
async fn whoever_asks_to_be_remembered_after_signing_out_is() {
    let again = |session: &Visit| {
        session.sign_out();
        session.set_account(8);
        session.remember(true);
    };
    let world = World::new().routed("/again", does(again));
    for paths in [&["/login"][..], &["/remember"]] {
        let mut browser = world.browser(paths).await;
        let response = world.post(&mut browser, "/again").await;
        assert_eq!(kept(&world, &browser, &response).await, (true, 30 * 24));
    }
}
