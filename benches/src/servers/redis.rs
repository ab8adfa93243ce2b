//! Keys with a prefix of their own on a Redis server.

use redis::{AsyncConnectionConfig, Client};

use super::{Address, name};

/// How many keys one step looks at.
const STEP: usize = 1_000;

pub fn prefix() -> String {
    format!("{}:", name())
}

/// Deletes every key with the prefix.
///
/// # Panics
///
/// The server does not answer.
pub async fn delete(server: &Address) {
    let client = Client::open(server.url()).expect("the URL is one of Redis");
    // A busy server takes its time for a thousand keys.
    let patient = AsyncConnectionConfig::new().set_response_timeout(None);
    let connection = client.get_multiplexed_async_connection_with_config(&patient).await;
    let mut connection = connection.expect("Redis answers");
    let (pattern, mut cursor) = (format!("{}*", prefix()), 0_u64);
    loop {
        let mut scan = redis::cmd("SCAN");
        scan.arg(cursor).arg("MATCH").arg(&pattern).arg("COUNT").arg(STEP);
        let (next, keys): (u64, Vec<Vec<u8>>) = scan.query_async(&mut connection).await.expect("Redis answers");
        if !keys.is_empty() {
            redis::cmd("UNLINK").arg(keys).exec_async(&mut connection).await.expect("Redis answers");
        }
        if next == 0 {
            return;
        }
        cursor = next;
    }
}
