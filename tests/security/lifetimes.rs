//! LIF: how long sessions live. Every "now" is a clock's that the test moves.

use std::{sync::Arc, time::Duration};

use proptest::prelude::*;
use scs::{ManualClock, MemoryStore, SessionManager, store::Store as _};

use crate::{
    app::{Settings, Visitor, World, lines, token},
    support::{Browser, DAY, HOUR, MINUTE, SECOND, START, TestStore, whole_run},
};

#[tokio::test]
async fn lif_1_half_an_hour_without_a_request_ends_a_session_though_nobody_purges() {
    let world = World::new();
    let browser = world.browser(&["/login"]).await;
    world.clock.advance(30 * MINUTE - SECOND);
    assert_eq!(world.says(&browser).await, "Loaded Some(7) 0");
    // The activity is written down a minute apart, so that a life may be shorter by that and never longer.
    world.clock.advance(29 * MINUTE);
    assert_eq!(world.says(&browser).await, "Loaded Some(7) 0");
    world.clock.advance(30 * MINUTE + SECOND);
    assert!(world.says(&browser).await.ends_with("None 0"));
}

/// The browser is not trusted with time: whatever a cookie said, it is the server that ends the session.
#[tokio::test]
async fn lif_1_a_remembered_cookie_that_is_sent_for_ever_ends_too() {
    let world = World::new();
    let browser = world.browser(&["/remember"]).await;
    world.clock.advance(14 * DAY);
    assert!(world.says(&browser).await.ends_with("None 0"));
}

#[tokio::test]
async fn lif_2_a_day_ends_a_session_however_busy_it_is_and_nothing_but_a_sign_in_puts_it_off() {
    let world = World::new();
    let mut browser = world.browser(&["/login"]).await;
    for quarter in 0..95 {
        world.clock.advance(15 * MINUTE);
        let path = ["/renew", "/visit", "/clear", "/name", "/notice"][quarter % 5];
        let response = world.post(&mut browser, path).await;
        assert_eq!(response.status(), 200);
    }
    assert!(world.says(&browser).await.starts_with("Loaded"));
    world.clock.advance(15 * MINUTE);
    assert!(!world.says(&browser).await.starts_with("Loaded"));
}

/// What a client or a handler may do to a session without signing in.
fn deeds() -> impl Strategy<Value = Vec<(u8, u32)>> {
    prop::collection::vec((0..8_u8, 0..7_200_u32), 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if whole_run::is_one() { 16 } else { 256 }, ..ProptestConfig::default() })]

    #[test]
    fn lif_2_no_sequence_of_calls_without_a_sign_in_puts_the_deadline_off(deeds in deeds()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let world = World::with(|settings| settings.idle_timeout(DAY));
            let mut token = token(&world.browser(&["/login"]).await);
            let mut deadline = START + DAY;
            for (deed, seconds) in deeds {
                world.clock.advance(Duration::from_secs(seconds.into()));
                let session = world.sessions.open(&token).await.unwrap();
                if session.is_new() {
                    return;
                }
                match deed {
                    0 => session.renew(),
                    1 => session.clear(),
                    2 => session.remember(true),
                    3 => session.remember(false),
                    4 => session.set_deadline(deadline + HOUR),
                    5 => session.add_visits(1),
                    6 => session.sign_out(),
                    _ => session.set_deadline(deadline - MINUTE),
                }
                if let Some(renewed) = session.commit().await.unwrap().token() {
                    token = crate::support::record_token(&renewed.expose());
                }
                assert!(session.is_new() || session.deadline() <= deadline, "deed {deed} put it off");
                deadline = session.deadline();
            }
        });
    }
}

#[tokio::test]
async fn lif_3_a_hundred_reads_a_second_for_a_minute_are_one_write_of_the_expiry_alone() {
    let world = World::new();
    let browser = world.browser(&["/visit"]).await;
    world.store.take_calls();
    for _ in 0..6000 {
        world.clock.advance(SECOND / 100);
        world.says(&browser).await;
    }
    let calls = world.store.take_calls();
    let writes: Vec<_> = calls.iter().filter(|call| **call != "load").collect();
    assert_eq!((calls.len(), writes), (6001, vec![&"touch"]));
}

#[tokio::test]
async fn lif_3_writing_the_expiry_down_brings_no_ended_session_back() {
    let world = World::new();
    let browser = world.browser(&["/visit"]).await;
    world.clock.advance(10 * MINUTE);
    world.store.delay_next("touch");
    let reading = tokio::spawn({
        let (app, mut browser) = (world.app.clone(), browser.clone());
        async move { browser.get(&app, "/session").await.status() }
    });
    while !world.store.take_calls().contains(&"touch") {
        tokio::task::yield_now().await;
    }
    world.post(&mut browser.clone(), "/logout").await;
    world.store.release();
    assert_eq!(reading.await.unwrap(), 200);
    assert_eq!(world.rows(), 0);
}

/// This store goes by another clock and hands out what has expired.
#[tokio::test]
async fn lif_4_what_a_store_still_hands_out_after_its_end_is_no_session() {
    let clock = Arc::new(ManualClock::new(START));
    let world = World::over(TestStore::new(), clock, |settings| settings);
    let browser = world.browser(&["/login"]).await;
    let id = scs::Token::parse(token(&browser).as_bytes()).unwrap().id();
    let revision = world.store.load(id).await.unwrap().unwrap().revision();
    world.store.touch(id, revision, 400 * DAY).await.unwrap();
    world.clock.advance(DAY);
    assert_eq!(world.says(&browser).await, "Expired None 0");
}

proptest! {
    #[test]
    fn lif_5_any_durations_are_refused_or_work_at_any_time(idle: u64, absolute: u64, nanoseconds in 0..1_000_000_000_u32, now: u64) {
        let (idle, absolute) = (Duration::new(idle, nanoseconds), Duration::new(absolute, nanoseconds));
        let clock = Arc::new(ManualClock::new(scs::Timestamp::from_unix_millis(now)));
        let store = MemoryStore::new().with_clock(clock.clone());
        let settings: Settings<MemoryStore> = SessionManager::<Visitor, _>::builder(store);
        let built = settings.clock(clock).idle_timeout(idle).absolute_timeout(absolute).build();
        assert_eq!(built.is_ok(), idle.as_millis() > 0 && idle <= absolute);
        let Ok(sessions) = built else { return Ok(()) };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let session = sessions.open(None).await.unwrap();
            session.set_account(7);
            session.remember(true);
            session.commit().await.unwrap();
            let _ = (session.expires_in(), session.deadline());
        });
    }
}

#[test]
fn lif_5_timeouts_that_end_nothing_or_everything_are_refused() {
    let refused = |settings: fn(Settings<MemoryStore>) -> Settings<MemoryStore>| {
        settings(SessionManager::<Visitor, _>::builder(MemoryStore::new())).build().unwrap_err().to_string()
    };
    assert!(refused(|settings| settings.idle_timeout(Duration::ZERO)).contains("idle timeout"));
    assert!(refused(|settings| settings.idle_timeout(25 * HOUR)).contains("longer than the absolute timeout"));
    assert!(refused(|settings| settings.remembered_timeouts(DAY, 401 * DAY)).contains("400 days"));
}

#[tokio::test]
async fn lif_6_a_clock_that_is_set_back_lengthens_no_life_by_more_than_that() {
    for back in [HOUR, DAY] {
        let world = World::new();
        let mut browser = world.browser(&["/login"]).await;
        world.clock.set(START - back);
        // What was written by a clock that is ahead is accepted, and nothing is put off for it.
        let mut lived = Duration::ZERO;
        while lived <= DAY + back && world.says(&browser).await.starts_with("Loaded") {
            world.post(&mut browser, "/visit").await;
            world.clock.advance(20 * MINUTE);
            lived += 20 * MINUTE;
        }
        assert!(!world.says(&browser).await.starts_with("Loaded"), "set back by {back:?} it lived for {lived:?}");
    }
}

#[tokio::test]
async fn lif_6_a_session_that_was_written_in_the_future_is_told_of_each_time() {
    let world = World::new();
    let browser = world.browser(&["/login"]).await;
    world.events();
    for (back, told) in [(MINUTE, &[][..]), (MINUTE + Duration::from_millis(1), &["clock_skew"])] {
        world.clock.set(START - back);
        assert!(world.says(&browser).await.starts_with("Loaded"));
        assert_eq!(world.events(), told, "set back by {back:?}");
    }
}

#[test]
fn lif_7_the_effective_policy_prints_itself_for_documentation() {
    let policy =
        World::with(|settings| settings.idle_timeout(5 * MINUTE).renew_every(HOUR)).sessions.policy().to_string();
    let expected = "idle timeout: 5 min\nabsolute timeout: 1 d\nremembered idle timeout: 14 d\n\
                    remembered absolute timeout: 30 d\nlargest record: 65536 bytes\nstore timeout: 1s\n\
                    periodic renewal: every 1 h, grace 10s\nreused token: is reported";
    assert_eq!(policy, expected);
}

/// NIST SP 800-63B-4 and OWASP, as docs/security.md lists them: two settings each.
#[tokio::test]
async fn lif_8_the_lifetimes_of_the_standards_are_two_settings() {
    for (idle, absolute) in [(30 * DAY, 30 * DAY), (HOUR, DAY), (15 * MINUTE, 12 * HOUR), (5 * MINUTE, 4 * HOUR)] {
        let world = World::with(|settings| settings.idle_timeout(idle).absolute_timeout(absolute));
        let browser = world.browser(&["/login"]).await;
        world.clock.advance(idle);
        assert!(world.says(&browser).await.ends_with("None 0"));
        assert_eq!(world.sessions.policy().absolute_timeout(), absolute);
    }
}

/// The life that a cookie announces is never longer than the server's.
#[tokio::test]
async fn lif_1_a_remembered_cookie_ends_with_its_session() {
    let world = World::new();
    let response = world.post(&mut Browser::default(), "/remember").await;
    assert!(lines(&response, "set-cookie")[0].contains("; Max-Age=2592000;"));
}
