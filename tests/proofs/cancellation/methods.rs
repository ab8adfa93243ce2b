//! The asynchronous methods of the public interface, as its sources have them.

use std::collections::BTreeSet;

use crate::support::{sources, without_comments};

/// The names of methods that return a future, and of types that are one.
pub(super) fn asynchronous_methods() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (path, text) in sources("scs/src") {
        // Stores have a kit of their own that cancels them, and so has a list of sealed sessions, which only purges one. What
        // is for tests of applications nobody cancels.
        if !["store", "conformance", "testing", "revocation_list.rs"]
            .iter()
            .any(|folder| path.iter().any(|part| part == *folder))
        {
            names.extend(functions(&without_comments(&text)));
            names.extend(futures(&without_comments(&text)));
        }
    }
    names
}

/// `pub async fn name`, and `pub fn name` with a boxed future.
fn functions(text: &str) -> impl Iterator<Item = String> {
    let heads = text.split("pub ").skip(1).map(|after| after.split(['{', ';']).next().unwrap());
    let is_boxed = |head: &str| ["-> Boxed<", "-> Pin<Box<"].iter().any(|boxed| head.contains(boxed));
    let asynchronous =
        heads.filter(move |head| head.starts_with("async fn ") || head.starts_with("fn ") && is_boxed(head));
    asynchronous.map(|head| name(head.split("fn ").nth(1).unwrap()))
}

/// The types behind `impl Future for` and `impl IntoFuture for`.
fn futures(text: &str) -> impl Iterator<Item = String> {
    text.split("Future for ").skip(1).map(name)
}

fn name(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}
