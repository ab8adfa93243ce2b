//! What is measured.

use std::hint::black_box;

use futures_util::FutureExt as _;
use scs::{MemoryStore, Session, SessionManager};

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
    Case { operation: "secret hashed and compared", classes: FIRST_OR_LAST, is_control: false, measure: secrets_by_place },
    Case { operation: "secret hashed and compared", classes: RIGHT_OR_WRONG, is_control: false, measure: secrets_by_result },
    Case { operation: "session opened", classes: FIRST_OR_LAST, is_control: false, measure: opened },
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

/// The text of a token, with base64url written out: preparing costs the same for every byte.
fn text(id: SessionId, secret: &[u8; 32]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bytes = [id.to_bytes().as_slice(), secret].concat();
    let characters = bytes.chunks(3).flat_map(|three| {
        let number = three.iter().fold(0_usize, |number, byte| number << 8 | usize::from(*byte));
        [18, 12, 6, 0].map(|shift| char::from(ALPHABET[number >> shift & 63]))
    });
    characters.collect()
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
