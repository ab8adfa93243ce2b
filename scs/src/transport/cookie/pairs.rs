//! The pairs of a Cookie header, as bytes.

use http::{HeaderMap, header};

/// What stands between the semicolons of a line (RFC 6265bis §4.2.1), if it has at least so many bytes. What is shorter is
/// found alone, with its neighbours, or not at all.
///
/// Nothing else means anything: quotes, percent signs, commas, other white space and bytes that are no text belong to
/// the pair that they stand in. So no pair hides another, and no other name can pass for ours.
///
/// Eight bytes are searched at once, because lines are long and every request has one. A line costs in proportion to
/// its length, whatever is in it, and allocates nothing.
pub(super) struct Pairs<'l> {
    line: &'l [u8],
    /// Where the next pair starts; beyond the line after the last one.
    start: usize,
    unread: &'l [u8],
    /// Where the word that was read last starts.
    word: usize,
    /// A bit for each semicolon of that word that is still to come.
    semicolons: u64,
    at_least: usize,
}

const WORD: usize = size_of::<u64>();
const ONES: u64 = u64::from_ne_bytes([1; WORD]);
const HIGH_BITS: u64 = ONES << 7;
/// As much as fits between two semicolons of a word.
const WITHIN_A_WORD: usize = WORD - 2;

impl<'l> Pairs<'l> {
    const fn of(line: &'l [u8], at_least: usize) -> Self {
        Self { line, start: 0, unread: line, word: 0, semicolons: 0, at_least }
    }

    fn read_word(&mut self) -> bool {
        let (word, unread) = match self.unread.split_first_chunk() {
            Some((word, unread)) => (*word, unread),
            None if self.unread.is_empty() => return false,
            None => (padded(self.unread), [].as_slice()),
        };
        self.word = self.line.len() - self.unread.len();
        self.unread = unread;
        self.semicolons = semicolons(word);
        if self.at_least > WITHIN_A_WORD {
            self.semicolons = outermost(self.semicolons);
        }
        true
    }
}

impl<'l> Iterator for Pairs<'l> {
    type Item = &'l [u8];

    fn next(&mut self) -> Option<&'l [u8]> {
        while self.semicolons == 0 {
            if !self.read_word() {
                let last = self.line.get(self.start..)?;
                self.start = usize::MAX;
                return Some(last);
            }
        }
        let semicolon = self.word + self.semicolons.trailing_zeros() as usize / 8;
        self.semicolons &= self.semicolons - 1;
        let pair = &self.line[self.start..semicolon];
        self.start = semicolon + 1;
        Some(pair)
    }
}

/// The values of every pair of this name, in all lines.
pub(super) fn values<'h, 'n>(headers: &'h HeaderMap, name: &'n str) -> impl Iterator<Item = &'h [u8]> + use<'h, 'n> {
    let lines = headers.get_all(header::COOKIE).into_iter();
    // Most that are not ours are too short to be.
    let shortest = name.len() + "=".len();
    let pairs = lines.flat_map(move |line| Pairs::of(line.as_bytes(), shortest));
    let long_enough = pairs.filter(move |pair| pair.len() >= shortest);
    long_enough.filter_map(|pair| trim(pair).strip_prefix(name.as_bytes())?.strip_prefix(b"="))
}

fn padded(rest: &[u8]) -> [u8; WORD] {
    let mut word = [0; WORD];
    word[..rest.len()].copy_from_slice(rest);
    word
}

/// The high bit of each byte that is a semicolon, the first byte's lowest.
const fn semicolons(word: [u8; WORD]) -> u64 {
    // A semicolon becomes zero, the only byte without a bit in the lower seven or the eighth.
    let differences = u64::from_le_bytes(word) ^ (ONES * b';' as u64);
    let lower = (differences & !HIGH_BITS) + !HIGH_BITS;
    !(lower | differences) & HIGH_BITS
}

/// The first and the last: between them is nothing but short pairs.
const fn outermost(semicolons: u64) -> u64 {
    match semicolons.checked_ilog2() {
        Some(last) => semicolons & semicolons.wrapping_neg() | 1 << last,
        None => 0,
    }
}

/// Without the spaces and tabs around it, and no other white space.
const fn trim(mut pair: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = pair {
        pair = rest;
    }
    pair
}
