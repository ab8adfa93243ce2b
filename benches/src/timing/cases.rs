//! What is measured.

use std::hint::black_box;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use futures_util::FutureExt as _;
use scs::{
    MemoryStore, Session, SessionManager,
    sealed::{Key, NoRevocation, SealedCookies},
};

use super::{
    id::SessionId,
    measure::measure,
    token::{SecretHash, SecretHasher, Token},
    welch::Comparison,
};

/// An operation and two classes of its input.
pub struct Case {
    pub operation: &'static str,
    pub classes: &'static str,
    /// Whether the classes must differ, because the operation leaks.
    pub is_control: bool,
    /// From the number of samples and a seed.
    pub measure: fn(usize, u64) -> Comparison,
}

const FIRST_OR_LAST: &str = "first byte wrong / last byte wrong";
const RIGHT_OR_WRONG: &str = "right / last byte wrong";

pub const CASES: &[Case] = &[
    Case { operation: "naive comparison", classes: FIRST_OR_LAST, is_control: true, measure: naive },
    Case { operation: "hashes compared", classes: FIRST_OR_LAST, is_control: false, measure: hashes_by_place },
    Case { operation: "hashes compared", classes: RIGHT_OR_WRONG, is_control: false, measure: hashes_by_result },
    Case {
        operation: "secret hashed and compared",
        classes: FIRST_OR_LAST,
        is_control: false,
        measure: secrets_by_place,
    },
    Case {
        operation: "secret hashed and compared",
        classes: RIGHT_OR_WRONG,
        is_control: false,
        measure: secrets_by_result,
    },
    Case { operation: "session opened", classes: FIRST_OR_LAST, is_control: false, measure: opened },
    Case {
        operation: "sealed cookie opened",
        classes: "first byte of the tag wrong / last byte wrong",
        is_control: false,
        measure: sealed,
    },
    Case { operation: "token against forgery verified", classes: FIRST_OR_LAST, is_control: false, measure: forged },
];

/// What a guess may be compared with.
const RIGHT: [u8; 32] = *b"what an attacker wants to learn!";

/// The right bytes, but for one: the first of one class, the last of the other.
fn wrong_somewhere(random: &mut fastrand::Rng, class: bool) -> [u8; 32] {
    let mut guess = RIGHT;
    guess[usize::from(class) * (RIGHT.len() - 1)] ^= random.u8(1..);
    guess
}

/// The right bytes, or with a wrong last one.
fn right_or_wrong(random: &mut fastrand::Rng, class: bool) -> [u8; 32] {
    let mut guess = RIGHT;
    guess[RIGHT.len() - 1] ^= random.u8(1..) * u8::from(class);
    guess
}

/// Stops at the first difference.
fn naive(samples: usize, seed: u64) -> Comparison {
    let equal = |guess: &[u8; 32]| guess.iter().zip(black_box(&RIGHT)).all(|(guess, right)| black_box(guess) == right);
    measure(samples, 16, seed, wrong_somewhere, equal)
}

fn hashes_by_place(samples: usize, seed: u64) -> Comparison {
    let hash = |random: &mut fastrand::Rng, class| SecretHash(wrong_somewhere(random, class));
    measure(samples, 16, seed, hash, |guess| guess.matches(black_box(&SecretHash(RIGHT))))
}

fn hashes_by_result(samples: usize, seed: u64) -> Comparison {
    let hash = |random: &mut fastrand::Rng, class| SecretHash(right_or_wrong(random, class));
    measure(samples, 16, seed, hash, |guess| guess.matches(black_box(&SecretHash(RIGHT))))
}

fn secrets_by_place(samples: usize, seed: u64) -> Comparison {
    secrets(samples, seed, wrong_somewhere)
}

fn secrets_by_result(samples: usize, seed: u64) -> Comparison {
    secrets(samples, seed, right_or_wrong)
}

/// From a client's token to the answer, without store and record.
fn secrets(samples: usize, seed: u64, guess: fn(&mut fastrand::Rng, bool) -> [u8; 32]) -> Comparison {
    let hasher = SecretHasher::new(*b"a schema");
    let stored = hasher.hash(&token(&RIGHT));
    measure(samples, 2, seed, |random, class| token(&guess(random, class)), |token| hasher.hash(token).matches(&stored))
}

fn token(secret: &[u8; 32]) -> Token {
    Token::parse(text(SessionId::from_bytes([7; 16]), secret).as_bytes()).expect("a token is parsed")
}

/// The text of a token.
fn text(id: SessionId, secret: &[u8; 32]) -> String {
    URL_SAFE_NO_PAD.encode([id.to_bytes().as_slice(), secret].concat())
}

#[derive(Session)]
struct Visitor {
    visits: u32,
}

/// All of what a request with a wrong token goes through, by the public interface.
fn opened(samples: usize, seed: u64) -> Comparison {
    let sessions = SessionManager::<Visitor, _>::new(MemoryStore::new());
    let session = now(sessions.open(None)).expect("a store in memory answers");
    session.set_visits(1);
    let _ = now(session.commit()).expect("a store in memory answers");
    let id = SessionId::from_bytes(session.id().to_bytes());
    let guess = |random: &mut fastrand::Rng, class| text(id, &wrong_somewhere(random, class));
    measure(samples, 1, seed, guess, |token| now(sessions.open(token)).is_ok())
}

fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("a store in memory answers at once")
}

#[derive(Session)]
#[session(sealed)]
struct Carried {
    visits: u32,
}

/// A sealed cookie whose tag is wrong at its beginning or its end: nothing of it is decrypted.
fn sealed(samples: usize, seed: u64) -> Comparison {
    let key = Key::generate().expect("the system has random bytes");
    let sessions = SessionManager::<Carried, _>::new(SealedCookies::new(key, NoRevocation).application("timing"));
    let session = now(sessions.open(None)).expect("no store is asked");
    session.set_visits(1);
    let committed = now(session.commit()).expect("no store is asked");
    let cookie = committed.token().expect("a new session has a token").expose();
    let cookie = URL_SAFE_NO_PAD.decode(cookie).expect("a sealed cookie is base64url");
    let guess = |random: &mut fastrand::Rng, class: bool| {
        let mut guess = cookie.clone();
        let place = guess.len() - 16 + usize::from(class) * 15;
        guess[place] ^= random.u8(1..);
        URL_SAFE_NO_PAD.encode(&guess)
    };
    measure(samples, 1, seed, guess, |cookie| now(sessions.open(cookie)).is_ok())
}

/// A token against forged requests that is wrong at its beginning or its end, under a mask that is drawn anew.
fn forged(samples: usize, seed: u64) -> Comparison {
    let sessions = SessionManager::<Visitor, _>::new(MemoryStore::new());
    let session = now(sessions.open(None)).expect("a store in memory answers");
    let csrf = session.csrf().expect("the system has random bytes");
    let genuine = URL_SAFE_NO_PAD.decode(csrf.token().expect("the system has random bytes")).expect("base64url");
    let guess = |random: &mut fastrand::Rng, class: bool| {
        let mut guess = genuine.clone();
        for place in 0..32 {
            let mask = random.u8(..);
            guess[place] ^= mask;
            guess[place + 32] ^= mask;
        }
        guess[32 + usize::from(class) * 31] ^= random.u8(1..);
        URL_SAFE_NO_PAD.encode(&guess)
    };
    measure(samples, 4, seed, guess, |token| csrf.verify(token).is_ok())
}
