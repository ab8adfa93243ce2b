//! STO: what stores promise.

use std::sync::Arc;

use axum::http::StatusCode;
use scs::{
    ManualClock, MemoryStore, SessionError, SessionManager, Token,
    store::{AnyStore, Created, Entry, Purge as _, Revision, Store as _, Updated},
};
use scs_stores::{MySqlStore, PostgresStore, SqliteStore};
use sqlx::{Executor as _, mysql::MySqlPoolOptions, postgres::PgPoolOptions};

use crate::{
    app::{NAME, Visitor, World, cookie, token},
    support::{Fault, Folder, HOUR, MINUTE, Place, START, commit, token_in},
};

on_every_store!(sto_2_no_store_creates_by_an_update_or_overwrites_by_a_create);

async fn sto_2_no_store_creates_by_an_update_or_overwrites_by_a_create(place: Place) {
    let world = World::at(&place).await;
    let browser = world.browser(&["/login"]).await;
    let id = Token::parse(token(&browser).as_bytes()).unwrap().id();
    let before = world.store.load(id).await.unwrap().unwrap();
    let other = Entry::new("other", HOUR);
    assert_eq!(world.store.create(id, &other).await.unwrap(), Created::Occupied);
    assert_ne!(world.store.update(id, other.revision(), &other).await.unwrap(), Updated::Updated);
    assert_eq!(world.store.load(id).await.unwrap().unwrap().payload(), before.payload());

    world.post(&mut browser.clone(), "/logout").await;
    for revision in [before.revision(), Revision::random()] {
        assert_ne!(world.store.update(id, revision, &other).await.unwrap(), Updated::Updated);
        world.store.touch(id, revision, HOUR).await.unwrap();
    }
    assert!(world.store.load(id).await.unwrap().is_none());
}

on_every_store!(sto_3_an_id_that_is_nearly_the_same_is_another_session);

/// Other letters, other accents, blanks at the end: what a database may take for equal text.
async fn sto_3_an_id_that_is_nearly_the_same_is_another_session(place: Place) {
    let world = World::at(&place).await;
    let spellings: [[u8; 16]; 4] =
        [*b"session of Aeon ", *b"SESSION OF AEON ", *b"session of Aeon\0", *b"session of \xc4on  "];
    for (number, spelling) in spellings.iter().enumerate() {
        let entry = Entry::new(number.to_string(), HOUR);
        let id = scs::SessionId::from_bytes(*spelling);
        assert_eq!(world.store.create(id, &entry).await.unwrap(), Created::Created);
    }
    for (number, spelling) in spellings.iter().enumerate() {
        let stored = world.store.load(scs::SessionId::from_bytes(*spelling)).await.unwrap().unwrap();
        assert_eq!(stored.payload(), number.to_string().as_bytes());
    }
}

/// A session with four hours to live, and one that is over, with a database that thinks in another time zone.
async fn keeps_time(store: AnyStore) {
    let lasting = Entry::new("four hours", 4 * HOUR);
    let over = Entry::new("over", std::time::Duration::from_millis(1));
    let [lasting_id, over_id] = [1, 2].map(|byte| scs::SessionId::from_bytes([byte; 16]));
    let _ = store.create(lasting_id, &lasting).await.unwrap();
    let _ = store.create(over_id, &over).await.unwrap();
    while store.load(over_id).await.unwrap().is_some() {}
    store.purge(100).await.unwrap();
    let ttl = store.load(lasting_id).await.unwrap().unwrap().ttl();
    assert!(ttl > 4 * HOUR - MINUTE && ttl <= 4 * HOUR, "{ttl:?}");
}

#[tokio::test]
#[cfg_attr(not(postgres), ignore = "set SCS_POSTGRES_URL")]
async fn sto_4_sessions_live_as_long_in_every_time_zone_in_postgres() {
    for zone in ["America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati"] {
        let place = Place::database("SCS_POSTGRES_URL").await;
        let pool = PgPoolOptions::new().after_connect(move |connection, _| {
            let set = sqlx::AssertSqlSafe(format!("SET TIME ZONE '{zone}'"));
            Box::pin(async move { connection.execute(set).await.map(drop) })
        });
        let store = PostgresStore::new(pool.connect(&place.url).await.unwrap());
        store.migrate().await.unwrap();
        keeps_time(AnyStore::new(store)).await;
    }
}

#[tokio::test]
#[cfg_attr(not(mysql), ignore = "set SCS_MYSQL_URL")]
async fn sto_4_sessions_live_as_long_in_every_time_zone_in_mariadb() {
    for zone in ["-05:00", "+05:45", "+13:00"] {
        let place = Place::database("SCS_MYSQL_URL").await;
        let pool = MySqlPoolOptions::new().after_connect(move |connection, _| {
            let set = sqlx::AssertSqlSafe(format!("SET time_zone = '{zone}'"));
            Box::pin(async move { connection.execute(set).await.map(drop) })
        });
        let store = MySqlStore::new(pool.connect(&place.url).await.unwrap()).await.unwrap();
        store.migrate().await.unwrap();
        keeps_time(AnyStore::new(store)).await;
    }
}

#[tokio::test]
async fn sto_5_applications_of_one_database_never_meet() {
    let folder = Folder::new("two_applications");
    let file = SqliteStore::open(folder.file("sessions.db")).unwrap();
    let at = async |table: &str| {
        let store = file.clone().with_table(table).unwrap();
        store.migrate().await.unwrap();
        World::over(AnyStore::new(store), Arc::new(ManualClock::new(START)), |settings| settings)
    };
    let (shop, forum) = (at("shop").await, at("forum").await);
    let browser = shop.browser(&["/login"]).await;
    assert_eq!([shop.says(&browser).await, forum.says(&browser).await], ["Loaded Some(7) 0", "Unknown None 0"]);
    assert_eq!(forum.sessions.revoke_all(Visitor::by_account(7)).await.unwrap(), 0);
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
async fn sto_5_prefixes_keep_applications_apart_in_redis() {
    let (shop, forum) = (Place::keys("SCS_REDIS_URL"), Place::keys("SCS_REDIS_URL"));
    let (shop, forum) = (World::at(&shop).await, World::at(&forum).await);
    let browser = shop.browser(&["/login"]).await;
    assert_eq!([shop.says(&browser).await, forum.says(&browser).await], ["Loaded Some(7) 0", "Unknown None 0"]);
    assert_eq!(forum.sessions.revoke_all(Visitor::by_account(7)).await.unwrap(), 0);
}

/// A session in memory whose record was changed, the cookie that opens it, and the bytes of the record.
async fn damaged(change: impl FnOnce(&mut Vec<u8>)) -> (World<MemoryStore>, String, usize) {
    let store = MemoryStore::new();
    let world = World::over(store.clone(), Arc::new(ManualClock::new(START)), |settings| settings);
    let cookie = world.browser(&["/login", "/visit"]).await.cookie.unwrap();
    let id = Token::parse(&cookie.as_bytes()["__Host-id=".len()..]).unwrap().id();
    let mut record = store.load(id).await.unwrap().unwrap().payload().to_vec();
    change(&mut record);
    let length = record.len();
    store.delete(id).await.unwrap();
    let _ = store.create(id, &Entry::new(record, HOUR)).await.unwrap();
    (world, cookie, length)
}

#[tokio::test]
async fn sto_6_a_record_that_is_cut_off_or_of_another_format_is_no_session_and_is_kept() {
    let (world, cookie, length) = damaged(|_| ()).await;
    assert_eq!(world.says_to(&cookie).await, "Loaded Some(7) 1");
    for cut in 0..length {
        let (world, cookie, _) = damaged(|record| record.truncate(cut)).await;
        assert_eq!(world.says_to(&cookie).await, "Unknown None 0", "cut off after {cut} bytes");
        assert_eq!(world.store.statistics().sessions, 1, "it is kept for whoever can read it");
    }
    for format in (0..=255).filter(|format| *format != 2) {
        let (world, cookie, _) = damaged(|record| record[0] = format).await;
        assert_eq!(world.says_to(&cookie).await, "Unknown None 0", "format {format}");
    }
}

#[tokio::test]
async fn sto_6_a_bit_that_is_wrong_signs_nobody_in_and_answers_no_error() {
    let (_, _, length) = damaged(|_| ()).await;
    for bit in 0..length * 8 {
        let (world, cookie, _) = damaged(|record| record[bit / 8] ^= 1 << (bit % 8)).await;
        let response = crate::support::get(&world.app, "/session", &[("cookie", &cookie)]).await;
        assert_eq!(response.status(), StatusCode::OK, "bit {bit}");
    }
}

#[tokio::test]
async fn sto_7_a_name_that_could_end_a_quotation_is_refused() {
    let folder = Folder::new("names");
    let store = SqliteStore::open(folder.file("sessions.db")).unwrap();
    for name in ["a\"; DROP TABLE users; --", "a`", "a b", "a.b", "a\0", "", "1", "ä", "a'"] {
        assert!(store.clone().with_table(name).is_err(), "{name:?}");
    }
}

/// 65,536 bytes fit, and one more does not.
#[tokio::test]
async fn sto_7_a_record_above_the_limit_is_an_error_and_the_former_one_is_kept() {
    let world = World::new();
    let browser = world.browser(&["/login"]).await;
    let session = world.sessions.open(&token(&browser)).await.unwrap();
    let mut over = 0;
    for size in (65_000..65_600).rev() {
        session.set_draft("x".repeat(size));
        match session.commit().await {
            Err(SessionError::TooLarge { size, limit: 65_536 }) => over = size,
            committed => {
                committed.unwrap();
                break;
            }
        }
    }
    assert_eq!(over, 65_537);
    let stored = world.store.load(session.id()).await.unwrap().unwrap();
    assert_eq!(stored.payload().len(), 65_536);
    let fills = crate::app::does(|session| session.set_draft("x".repeat(1 << 20)));
    let world = world.routed("/fill", fills);
    let response = world.post_with("/fill", "").await;
    assert_eq!((response.status(), token_in(&response), world.rows()), (StatusCode::PAYLOAD_TOO_LARGE, None, 1));
}

#[tokio::test(start_paused = true)]
async fn sto_8_purging_goes_in_batches_spares_what_lives_and_outlives_a_failure() {
    let world = World::new();
    for _ in 0..2500 {
        world.post_with("/visit", "").await;
    }
    let living = world.browser(&["/remember"]).await;
    world.clock.advance(HOUR);
    world.store.take_calls();
    world.store.fail_next("purge", Fault::Refused);
    let reaper = tokio::spawn(world.sessions.reaper(HOUR));
    tokio::time::sleep(2 * HOUR + MINUTE).await;
    reaper.abort();
    assert_eq!(world.store.take_calls(), ["purge"; 4], "one failed, and then there were three batches of a thousand");
    assert_eq!((world.rows(), world.events().last()), (1, Some(&"outage")));
    assert_eq!(world.says(&living).await, "Loaded Some(7) 0");
}

/// What is in the files at the moment at which a logout has been answered: all that a killed process leaves.
#[tokio::test]
async fn sto_9_a_logout_that_was_answered_is_on_file() {
    for scheme in ["sqlite", "redb"] {
        let (place, copy) = (Place::file(scheme), Place::file(scheme));
        let world = World::at(&place).await;
        let (leaving, staying) = (world.browser(&["/login"]).await, world.browser(&["/login"]).await);
        world.post(&mut leaving.clone(), "/logout").await;
        let [from, to] = [&place, &copy].map(|place| place.url.split_once(':').unwrap().1);
        for suffix in ["", "-wal"] {
            let _ = std::fs::copy(format!("{from}{suffix}"), format!("{to}{suffix}"));
        }
        let after = World::at(&copy).await;
        assert_eq!(after.says(&leaving).await, "Unknown None 0", "{scheme}");
        assert_eq!(after.says(&staying).await, "Loaded Some(7) 0", "{scheme}");
    }
}

#[tokio::test]
async fn sto_11_a_cache_serves_nothing_that_its_process_has_ended_and_elsewhere_no_longer_than_a_second() {
    for (scheme, seen_elsewhere) in [("tiered", "Loaded Some(7) 0"), ("sqlite", "Unknown None 0")] {
        let place = Place::file(scheme);
        let (here, there) = (World::at(&place).await, World::at(&place).await);
        let browser = here.browser(&["/login"]).await;
        assert_eq!(there.says(&browser).await, "Loaded Some(7) 0");
        here.post(&mut browser.clone(), "/logout").await;
        assert_eq!(here.says(&browser).await, "Unknown None 0", "at once, {scheme}");
        assert_eq!(there.says(&browser).await, seen_elsewhere, "{scheme}");
        there.clock.advance(crate::support::SECOND);
        assert_eq!(there.says(&browser).await, "Unknown None 0", "a second later, {scheme}");
    }
}

/// Two schemas may share a store; a token of one is nothing to the other.
#[tokio::test]
async fn sto_5_a_token_of_one_schema_is_nothing_to_another() {
    #[derive(scs::Session)]
    struct Administrator {
        name: Option<String>,
    }
    let world = World::new();
    let administrators = SessionManager::<Administrator, _>::new(world.store.clone());
    let session = administrators.open(None).await.unwrap();
    session.set_name(NAME);
    let token = commit(&session).await;
    assert_eq!(world.says_to(&cookie(&token)).await, "Unknown None 0");
    let visitor = crate::app::token(&world.browser(&["/login"]).await);
    assert!(administrators.open(&visitor).await.unwrap().is_new());
}
