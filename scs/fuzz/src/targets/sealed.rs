//! What was sealed, in a cookie and at rest: it opens as it was sealed, and not at all after any change.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use scs::{
    Outcome, Session, SessionId, SessionManager,
    sealed::{Encrypted, Key, NoRevocation, SealedCookies},
};

use super::{edit::edited, now, one_record::OneRecord};

#[derive(Session)]
#[session(sealed)]
struct Carried {
    visits: u32,
}

#[derive(Session)]
struct Kept {
    visits: u32,
}

/// Both ways of sealing, and something genuine of each.
struct Bench {
    carried: SessionManager<Carried, SealedCookies<NoRevocation>>,
    cookie: Vec<u8>,
    kept: SessionManager<Kept, Encrypted<OneRecord>>,
    store: OneRecord,
    id: SessionId,
    record: Bytes,
}

thread_local! {
    static BENCH: Bench = Bench::new();
}

/// The bytes are a sealed text, and edits of a genuine one.
pub fn sealed(bytes: &[u8]) {
    BENCH.with(|bench| {
        if let Ok(text) = std::str::from_utf8(bytes) {
            bench.present(text);
        }
        bench.present(&URL_SAFE_NO_PAD.encode(edited(&bench.cookie, bytes)));
        bench.load(bytes.to_vec());
        bench.load(edited(&bench.record, bytes));
    });
}

impl Bench {
    fn new() -> Self {
        let key = Key::from_bytes(&key_bytes()).unwrap();
        let cookies = SealedCookies::new(key.clone(), NoRevocation).application("fuzz");
        let carried = SessionManager::<Carried, _>::new(cookies);
        let session = now(carried.open(None)).unwrap();
        session.set_visits(1);
        let cookie = now(session.commit()).unwrap().token().unwrap().expose();
        let store = OneRecord::default();
        let kept = SessionManager::<Kept, _>::new(Encrypted::new(store.clone(), key));
        let session = now(kept.open(None)).unwrap();
        session.set_visits(1);
        now(session.commit()).unwrap();
        let record = store.contents().record.clone().unwrap();
        Self { carried, cookie: URL_SAFE_NO_PAD.decode(cookie).unwrap(), kept, store, id: session.id(), record }
    }

    fn present(&self, text: &str) {
        let is_genuine = URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes == self.cookie);
        let outcome = now(self.carried.open(text)).unwrap().outcome();
        assert_eq!(outcome == Outcome::Loaded, is_genuine, "{outcome:?}");
    }

    fn load(&self, record: Vec<u8>) {
        let is_genuine = record == self.record;
        self.store.put(Some(record.into()));
        assert_eq!(now(self.kept.get(self.id)).unwrap().is_some(), is_genuine);
    }
}

/// Bytes that are the same in every run, and so different that they pass for random ones.
fn key_bytes() -> [u8; 32] {
    std::array::from_fn(|place| u8::try_from(place * place * 41 % 251).unwrap())
}
