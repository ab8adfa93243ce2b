//! Leaks: what must be found nowhere, in whatever form it may have been written.

use std::collections::HashSet;

use super::bytes_of;

/// Bytes of a secret that nothing else has by chance.
const WINDOW: usize = 8;

/// What must be found nowhere: each eight bytes of it.
#[derive(Default)]
pub(crate) struct Leaks(HashSet<[u8; WINDOW]>);

impl Leaks {
    /// The half of a token that must not be known. The other one is the public id. What is shorter is no token of ours, but
    /// what a test has put in place of one.
    pub(crate) fn add_token(&mut self, token: &str) {
        if let Some(secret) = bytes_of(token).get(16..).filter(|secret| secret.len() >= WINDOW) {
            self.add(secret);
        }
    }

    pub(crate) fn add(&mut self, secret: &[u8]) {
        assert!(secret.len() >= WINDOW, "what is so short is found by chance");
        self.0.extend(windows(secret));
    }

    /// The line, if there is one, in which something of this stands.
    pub(crate) fn find_in(&self, text: &[u8]) -> Option<String> {
        let is_leak = |line: &&[u8]| readings(line).iter().any(|bytes| windows(bytes).any(|it| self.0.contains(&it)));
        let leak = text.split_inclusive(|byte| *byte == b'\n').find(is_leak);
        leak.or_else(|| Some(text).filter(|text| windows(text).any(|window| self.0.contains(&window))))
            .map(|line| String::from_utf8_lossy(line).into_owned())
    }
}

fn windows(bytes: &[u8]) -> impl Iterator<Item = [u8; WINDOW]> {
    bytes.windows(WINDOW).filter_map(|window| window.try_into().ok())
}

/// The bytes that a text may stand for: itself, and what is written in it as Rust's `Debug` writes bytes and lists of
/// bytes, in hexadecimal, and in base64 of either alphabet, wherever it begins.
pub(crate) fn readings(text: &[u8]) -> Vec<Vec<u8>> {
    let mut readings = vec![text.to_vec(), unescaped(text), listed(text)];
    for word in words(text, |byte| byte.is_ascii_hexdigit(), 2 * WINDOW) {
        readings.extend([word, &word[1..]].map(|digits| packed(digits, 4, digit)));
    }
    for word in words(text, |byte| base64(byte).is_some(), WINDOW * 4 / 3) {
        readings.extend((0..4).map(|start| packed(&word[start..], 6, |symbol| base64(symbol).unwrap())));
    }
    readings
}

fn words(text: &[u8], belongs: impl Fn(u8) -> bool, shortest: usize) -> impl Iterator<Item = &[u8]> {
    text.split(move |byte| !belongs(*byte)).filter(move |word| word.len() >= shortest)
}

/// Digits of so many bits each, one after the other.
fn packed(digits: &[u8], bits: u32, value: impl Fn(u8) -> u8) -> Vec<u8> {
    let (mut bytes, mut held, mut waiting) = (Vec::with_capacity(digits.len()), 0_u32, 0);
    for digit in digits {
        held = held << bits | u32::from(value(*digit));
        waiting += bits;
        if waiting >= 8 {
            waiting -= 8;
            bytes.push((held >> waiting).to_le_bytes()[0]);
        }
    }
    bytes
}

fn digit(digit: u8) -> u8 {
    char::from(digit).to_digit(16).and_then(|value| value.try_into().ok()).unwrap_or_default()
}

/// The value of a symbol of either alphabet.
pub(crate) fn base64(symbol: u8) -> Option<u8> {
    match symbol {
        b'A'..=b'Z' => Some(symbol - b'A'),
        b'a'..=b'z' => Some(symbol - b'a' + 26),
        b'0'..=b'9' => Some(symbol - b'0' + 52),
        b'-' | b'+' => Some(62),
        b'_' | b'/' => Some(63),
        _ => None,
    }
}

/// The bytes of a text in base64url.
pub(crate) fn from_base64url(text: &str) -> Vec<u8> {
    packed(text.as_bytes(), 6, |symbol| base64(symbol).unwrap())
}

/// `b"\x9cA\n"`
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, mut after)) = rest.split_first() {
        let mut read = *byte;
        if read == b'\\' {
            (read, after) = match after {
                [b'x', high, low, after @ ..] => (digit(*high) << 4 | digit(*low), after),
                [b'n', after @ ..] => (b'\n', after),
                [b'r', after @ ..] => (b'\r', after),
                [b't', after @ ..] => (b'\t', after),
                [b'0', after @ ..] => (0, after),
                [other, after @ ..] => (*other, after),
                [] => (read, after),
            };
        }
        bytes.push(read);
        rest = after;
    }
    bytes
}

/// `[156, 65, 10]`
fn listed(text: &[u8]) -> Vec<u8> {
    let numbers = text.split(|byte| !byte.is_ascii_digit());
    numbers.filter_map(|digits| std::str::from_utf8(digits).ok()?.parse().ok()).collect()
}

/// The other direction, for what is made up of bytes that were found: base64url without padding.
pub(crate) fn base64url(bytes: &[u8]) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let groups = bytes.chunks(3).flat_map(|group| {
        let bits = group.iter().fold(0, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        (0..=group.len()).map(move |symbol| alphabet[(bits >> (18 - 6 * symbol) & 63) as usize] as char)
    });
    groups.collect()
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}
