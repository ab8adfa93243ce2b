//! Keys: what is none, and how they are changed.

use scs::{
    Outcome,
    sealed::{InvalidKey, Key, KeyRing, NoRevocation},
};

use super::{Visitor, bytes_of, clock, cookie, cookies, key, on, sealed};
use scs::{SessionManager, sealed::SealedCookies};

#[test]
fn enc_8_what_is_short_or_not_random_is_no_key() {
    for length in [0, 1, 16, 31, 33, 64] {
        let bytes: Vec<u8> = std::iter::repeat_with(|| fastrand::u8(..)).take(length).collect();
        assert_eq!(Key::from_bytes(&bytes).unwrap_err(), InvalidKey::Length(length));
    }
    let patterns: [[u8; 32]; 6] = [
        [0; 32],
        [255; 32],
        std::array::from_fn(|position| u8::try_from(position).unwrap()),
        std::array::from_fn(|position| [7, 14, 21, 28][position % 4]),
        *b"this-is-my-very-secret-pass-word",
        *b"Zk7 pWq3 vTn9 bLx2 hRd6 mYc4 sGf",
    ];
    for pattern in patterns {
        assert_eq!(Key::from_bytes(&pattern).unwrap_err(), InvalidKey::Weak, "{pattern:?}");
    }
    assert_eq!(Key::parse("hunter2!").unwrap_err(), InvalidKey::Text);
}

/// Seventeen different bytes, and as many steps from one to the next, are the fewest that pass for chance.
#[test]
fn enc_8_few_bytes_or_steps_repeated_are_no_key() {
    let mut random = fastrand::Rng::with_seed(8);
    for (few, is_key) in [(16, false), (17, true)] {
        let mut all: Vec<u8> = (0..=255).collect();
        random.shuffle(&mut all);
        let drawn: [u8; 32] = std::array::from_fn(|at| if at < few { all[at] } else { all[random.usize(..few)] });
        assert_eq!(Key::from_bytes(&drawn).is_ok(), is_key, "{few} different bytes");
        let stepped: [u8; 32] = std::array::from_fn(|at| drawn[..at].iter().copied().fold(0, u8::wrapping_add));
        assert_eq!(Key::from_bytes(&stepped).is_ok(), is_key, "{few} different steps");
    }
}

#[test]
fn enc_8_every_key_that_is_generated_is_one() {
    for _ in 0..10_000 {
        let key = Key::generate().unwrap();
        assert_eq!(Key::parse(&key.expose()).unwrap().id(), key.id());
    }
}

#[test]
fn tok_7_no_key_is_printed() {
    let (key, text) = (key(1), key(1).expose());
    let printed = format!("{key:?} {:?} {:?}", KeyRing::new(key.clone()), cookies(key.clone(), NoRevocation));
    assert!(printed.starts_with(&format!("Key({}, [redacted])", key.id())), "{printed}");
    for piece in text.as_bytes().windows(8) {
        assert!(!printed.contains(std::str::from_utf8(piece).unwrap()), "{printed}");
    }
    let bytes = format!("{:?}", bytes_of(&text));
    assert!(!printed.contains(bytes.trim_matches(['[', ']'])));
}

fn with(ring: KeyRing) -> SessionManager<Visitor, SealedCookies<NoRevocation>> {
    on(cookies(ring, NoRevocation), clock()).0
}

#[tokio::test]
async fn enc_8_keys_change_and_nobody_is_logged_out() {
    let (old, new) = (key(1), key(2));
    let steps = [
        KeyRing::new(old.clone()),
        KeyRing::new(old.clone()).also_opens(new.clone()),
        KeyRing::new(new.clone()).also_opens(old.clone()),
    ];
    let servers = steps.map(with);
    // At each step of the change, servers of this step and the one before serve the same visitors.
    for pair in servers.windows(2) {
        for (from, to) in [(&pair[0], &pair[1]), (&pair[1], &pair[0])] {
            let token = cookie(from).await;
            assert_eq!(to.open(&token).await.unwrap().outcome(), Outcome::Loaded);
        }
    }
    let session = servers[2].open(&cookie(&servers[0]).await).await.unwrap();
    session.set_visits(1);
    let resealed = super::commit(&session).await;
    assert_eq!(with(KeyRing::new(new)).open(&resealed).await.unwrap().outcome(), Outcome::Loaded);
}

#[tokio::test]
async fn enc_8_the_current_key_seals() {
    let ring = KeyRing::new(key(2)).also_opens(key(1)).also_opens(key(3));
    let sealed = bytes_of(&cookie(&with(ring)).await);
    assert_eq!(sealed[1..5], u32::from_str_radix(&key(2).id().to_string(), 16).unwrap().to_be_bytes());
}

#[tokio::test]
async fn enc_8_what_a_dropped_key_has_sealed_opens_nothing() {
    let token = cookie(&sealed(key(1), NoRevocation).0).await;
    let ring = KeyRing::new(key(2)).also_opens(key(1));
    assert_eq!(with(ring.clone()).open(&token).await.unwrap().outcome(), Outcome::Loaded);
    assert_eq!(with(ring.without(key(1).id())).open(&token).await.unwrap().outcome(), Outcome::Unknown);
}

/// Made once; whatever changes in the format must open it still, or take another version.
#[tokio::test]
async fn a_cookie_of_version_1_opens_for_ever() {
    let sessions = sealed(key(1), NoRevocation).0;
    let golden = include_str!("../golden/sealed-1.txt").trim();
    let session = sessions.open(golden).await.unwrap();
    assert_eq!(
        (session.outcome(), session.visits(), session.note().as_deref()),
        (Outcome::Loaded, 3, Some(super::NOTE))
    );
}
