//! The pairs of a Cookie header, as bytes.

use std::sync::Arc;

use http::{HeaderMap, header};
use memchr::{memchr, memmem::Finder};

use crate::transport::Found;

/// Finds the values of one cookie.
///
/// A pair is what stands between the semicolons of a line, without the spaces and tabs around it (RFC 6265bis §4.2.1). It
/// is ours if it begins with our name and an equals sign. Nothing else means anything: quotes, percent signs, commas,
/// other white space and bytes that are no text belong to the pair that they stand in. So no pair hides another, and
/// no other name can pass for ours.
///
/// The name is searched for, and not the pairs: other cookies are passed over by vector instructions, because lines are
/// long and every request has one. A line costs in proportion to its length, whatever is in it, and allocates nothing.
#[derive(Debug, Clone)]
pub(super) struct Pairs {
    /// The name and the equals sign. Neither has a semicolon, a space or a tab.
    beginning: Arc<Finder<'static>>,
}

impl Pairs {
    pub(super) fn named(name: &str) -> Self {
        Self { beginning: Arc::new(Finder::new(&format!("{name}=")).into_owned()) }
    }

    /// The values of those in all lines.
    pub(super) fn find<'h>(&self, headers: &'h HeaderMap) -> Found<'h> {
        let lines = headers.get_all(header::COOKIE).into_iter();
        lines.fold(Found::Nothing, |found, line| self.values(line.as_bytes()).fold(found, Found::and))
    }

    fn values<'p, 'l>(&'p self, line: &'l [u8]) -> Values<'p, 'l> {
        Values { beginning: &self.beginning, unread: line }
    }
}

/// The values of one line.
struct Values<'p, 'l> {
    beginning: &'p Finder<'static>,
    /// From where the line starts or a semicolon stands.
    unread: &'l [u8],
}

impl<'l> Iterator for Values<'_, 'l> {
    type Item = &'l [u8];

    fn next(&mut self) -> Option<&'l [u8]> {
        loop {
            let place = self.beginning.find(self.unread)?;
            let (before, pair) = self.unread.split_at(place);
            let rest = &pair[self.beginning.needle().len()..];
            let (value, unread) = rest.split_at(memchr(b';', rest).unwrap_or(rest.len()));
            self.unread = unread;
            // Elsewhere, it is a part of another cookie.
            if let [] | [.., b';'] = trim_end(before) {
                return Some(trim_end(value));
            }
        }
    }
}

/// Without the spaces and tabs behind it, and no other white space.
const fn trim_end(mut bytes: &[u8]) -> &[u8] {
    while let [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}
