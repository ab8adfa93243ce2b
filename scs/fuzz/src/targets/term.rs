//! Index terms: equal values have equal terms, others have others.

use scs::{Session, SessionManager, TypedTerm, store::Term};

use super::{now, one_record::OneRecord};

#[derive(Session)]
struct Visitor {
    #[session(index)]
    name: Option<String>,
    #[session(index)]
    nick: Option<String>,
    #[session(index)]
    key: Option<Vec<u8>>,
}

thread_local! {
    static SESSIONS: (SessionManager<Visitor, OneRecord>, OneRecord) = OneRecord::managed();
}

/// The bytes are two values, with a line end between them.
pub fn term(bytes: &[u8]) {
    let mut values = bytes.splitn(2, |byte| *byte == b'\n');
    let (one, other) = (values.next().unwrap_or_default(), values.next().unwrap_or_default());
    let same = one == other;
    assert_eq!(searched(Visitor::by_key(one.to_vec())) == searched(Visitor::by_key(other.to_vec())), same);
    let (Ok(one), Ok(other)) = (std::str::from_utf8(one), std::str::from_utf8(other)) else { return };
    let term = searched(Visitor::by_name(one));
    assert_eq!(term == searched(Visitor::by_name(other)), same, "a term is the value's and no other's");
    assert_ne!(term, searched(Visitor::by_nick(one)), "fields are searched apart");
    assert_eq!(format!("{term:?}"), "Term(..)", "a printed term tells nothing");
    assert_eq!(stored(one), [term], "a session is stored under the term that it is searched by");
}

/// The term that a search asks the store for.
fn searched(term: TypedTerm<Visitor>) -> Term {
    SESSIONS.with(|(sessions, store)| {
        store.put(None);
        assert!(now(sessions.find(term).next()).unwrap().is_none());
        store.contents().searched.expect("the store was asked")
    })
}

/// The terms of a session with this name.
fn stored(name: &str) -> Vec<Term> {
    SESSIONS.with(|(sessions, store)| {
        store.put(None);
        let session = now(sessions.open(None)).unwrap();
        session.set_name(name);
        now(session.commit()).unwrap();
        store.contents().terms.clone()
    })
}
