//! How many round trips an operation is.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    proxy::Proxy,
    subject::{Operation, Subject},
};

/// What a pool does with a connection that comes back is over by then.
const SETTLING: Duration = Duration::from_millis(2);

const TIMES: u32 = 40;

/// Per operation.
#[derive(Serialize, Deserialize)]
pub struct Turns {
    pub client: f64,
    pub store: f64,
}

pub async fn count<S: Subject>(subject: &S, operation: Operation, proxy: &Proxy) -> f64 {
    let session = subject.create().await;
    let mut before = 0;
    for number in 0..2 * TIMES {
        if number == TIMES {
            // Until now statements were prepared and connections opened.
            before = proxy.turns();
        }
        operation.of(subject, &session).await;
        tokio::time::sleep(SETTLING).await;
    }
    (proxy.turns() - before) as f64 / f64::from(TIMES)
}
