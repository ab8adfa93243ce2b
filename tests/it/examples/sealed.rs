//! `sealed`: sessions that their visitors carry.

use crate::support::{Server, Visitor};

#[tokio::test]
async fn a_reader_carries_the_session_and_a_copy_is_worthless_after_leaving() {
    let server = Server::start("sealed", &["127.0.0.1:0"]).await;
    let mut reader = Visitor::of(&server);
    assert_eq!(reader.read("/").await, "page 1 of your visit, in light\n");
    reader.post("/theme/dark", &[]).await;
    assert_eq!(reader.read("/").await, "page 2 of your visit, in dark\n");
    let mut thief = reader.clone();
    reader.post("/leave", &[]).await;
    assert!(reader.cookies.is_empty());
    assert_eq!(thief.read("/").await, "page 1 of your visit, in light\n");
}
