//! Tokens and the keys of stores.

use scs::Token;

use crate::{
    app::{Visitor, World, cookie, token},
    support::{Place, leaks::base64url, token_in},
};

/// Rack CVE-2019-16782, activerecord-session_store CVE-2019-25025: the token itself was the key that the store looked
/// for, so that the time of a search told how much of a guess was right.
#[tokio::test]
async fn the_key_that_a_store_looks_for_is_public_and_opens_nothing() {
    let world = World::new();
    let token = token(&world.browser(&["/login"]).await);
    let id = Token::parse(token.as_bytes()).unwrap().id();
    world.events();
    for guess in [[0; 32], [0xff; 32], id.to_bytes().repeat(2).try_into().unwrap()] {
        let guess = base64url(&[id.to_bytes().as_slice(), &guess].concat());
        assert_eq!(world.says_to(&cookie(&guess)).await, "Unknown None 0");
    }
    assert_eq!(world.events(), ["unknown_token"; 3], "and a guess is no different from a stranger");
}

/// Django CVE-2015-3982: emptying a session left an empty key, which everybody shared from then on.
#[tokio::test]
async fn after_an_emptied_session_an_empty_token_is_nobodys() {
    let world = World::new();
    let mut browser = world.browser(&["/login", "/visit"]).await;
    for path in ["/clear", "/visit", "/sign-out", "/logout"] {
        world.post(&mut browser, path).await;
        for empty in ["__Host-id=", "__Host-id", "__Host-id=\"\"", "__Host-id= ", "="] {
            assert!(world.says_to(empty).await.ends_with("None 0"), "after {path}");
        }
    }
}

/// Django CVE-2011-4136: sessions and the application's cache were one space of keys, so that whoever could name a
/// cache entry could write a session.
#[tokio::test]
#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
async fn what_an_application_keeps_in_the_same_redis_is_no_session() {
    let server = crate::support::RedisServer::start(&[]);
    let place = Place::keys("SCS_REDIS_URL");
    let (_, prefix) = place.url.split_once('?').unwrap();
    let store = scs_stores::open(&format!("{}?{prefix}", server.url())).await.unwrap();
    let world =
        World::over(store, std::sync::Arc::new(scs::ManualClock::new(crate::support::START)), |settings| settings);
    let browser = world.browser(&["/login"]).await;
    let id = Token::parse(token(&browser).as_bytes()).unwrap().id();
    let text = token(&browser);
    for key in [id.to_string(), id.to_string().replace('-', ""), text[..22].to_owned(), text] {
        server.ask(&format!("SET {key} mine"));
    }
    assert_eq!(world.says(&browser).await, "Loaded Some(7) 0");
    assert_eq!(world.sessions.find(Visitor::by_account(7)).await.unwrap().len(), 1);
}

/// Django CVE-2011-0698, PAN-OS CVE-2024-3400 (the file store of gorilla/sessions): a token was part of a path.
#[tokio::test]
async fn no_token_is_part_of_a_path() {
    for scheme in ["sqlite", "redb"] {
        let place = Place::file(scheme);
        let world = World::at(&place).await;
        world.browser(&["/visit"]).await;
        let climbing = [&"../".repeat(21), "A"].concat();
        for path in [
            climbing,
            "/etc/passwd".repeat(6)[..64].to_owned(),
            "..\\".repeat(22)[..64].to_owned(),
            "%2e%2e%2f".repeat(7),
        ] {
            assert_eq!(world.says_to(&cookie(&path)).await, "Malformed None 0");
        }
    }
}

/// Fiber CVE-2024-38513, aiohttp-session CVE-2018-1000519, PHP CVE-2011-4718: an id that an attacker had chosen became
/// the session of whoever was made to use it.
#[tokio::test]
async fn a_token_that_somebody_planted_is_nobodys_also_after_a_sign_in() {
    let world = World::new();
    for planted in ["A".repeat(64), base64url(&[3; 48])] {
        let response = world.post_with("/login", &cookie(&planted)).await;
        assert_ne!(token_in(&response).unwrap(), planted);
        assert_eq!(world.says_to(&cookie(&planted)).await, "Unknown None 0");
    }
}

/// passport CVE-2022-25896, Symfony CVE-2018-11385 and CVE-2023-46733, Zitadel CVE-2024-28197: some way to sign in
/// left the token as it was.
#[tokio::test]
async fn whoever_knew_the_token_before_a_sign_in_of_any_kind_does_not_know_the_one_after_it() {
    for path in ["/login", "/remember", "/login-as-another"] {
        for before in ["/visit", "/login"] {
            let world = World::new();
            let thief = world.browser(&[before]).await;
            world.post(&mut thief.clone(), path).await;
            assert_eq!(world.says(&thief).await, "Unknown None 0", "{before}, then {path}");
        }
    }
}

/// fastify-passport CVE-2023-29020, Symfony CVE-2022-24895: what protected a form before the sign-in did after it.
#[tokio::test]
async fn what_belongs_to_the_stranger_before_a_sign_in_is_not_taken_along() {
    let world = World::new();
    let mut browser = world.browser(&["/draft"]).await;
    world.post(&mut browser, "/login").await;
    assert!(!world.sessions.open(&token(&browser)).await.unwrap().has_draft());
}
