//! What stores put around a record: in Redis its revision and terms, in a cache how long it outlives its place.
//! Both are read by files of scs-stores, which are private there.

use std::time::Duration;

use bytes::Bytes;
use scs::store::{Entry, Revision, Stored};

#[path = "../../../../scs-stores/src/tiered/frame.rs"]
#[allow(dead_code, reason = "markers are not read")]
mod frame;
#[path = "../../../../scs-stores/src/redis/record.rs"]
#[allow(dead_code, reason = "terms are joined elsewhere")]
mod redis_record;

const HOUR: Duration = Duration::from_hours(1);

/// The bytes are what lies in Redis, and what lies in a cache.
pub fn stored_bytes(bytes: &[u8]) {
    let bytes = Bytes::copy_from_slice(bytes);
    in_redis(&bytes);
    in_a_cache(&bytes);
}

fn in_redis(bytes: &Bytes) {
    let Some(stored) = redis_record::decode(bytes, HOUR) else { return };
    assert_eq!(stored.ttl(), HOUR);
    assert!(bytes.ends_with(stored.payload()));
    let terms = redis_record::split(&bytes[10..bytes.len() - stored.payload().len()]);
    let entry =
        Entry::new(stored.payload().clone(), HOUR).with_revision(stored.revision()).with_terms(terms, Vec::new());
    assert_eq!(redis_record::encode(&entry), *bytes, "what is read is written the same");
}

fn in_a_cache(bytes: &Bytes) {
    let revision = Revision::new(1).unwrap();
    let stored = Stored::new(bytes.clone(), revision, HOUR);
    match frame::read(&stored) {
        frame::Cached::Marker(_) => assert!(bytes.len() < 8),
        frame::Cached::Record(record) => {
            assert!(record.ttl() >= HOUR, "a record never leaves before its place in the cache");
            let framed = frame::record(record.payload(), record.revision(), record.ttl(), HOUR);
            let again = frame::read(&Stored::new(framed.payload().clone(), revision, HOUR));
            let frame::Cached::Record(again) = again else { panic!("a record is no marker") };
            assert_eq!((again.payload(), again.revision()), (record.payload(), revision));
            assert!(again.ttl() <= record.ttl(), "being cached lengthens no life");
        }
    }
}
