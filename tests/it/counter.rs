//! The counter, as the README has it.

use crate::support::{Browser, Server};

#[tokio::test]
async fn the_counter_counts_visits_with_a_cookie_of_the_strictest_kind() {
    let server = Server::start("counter", &["127.0.0.1:0"]).await;
    let client = reqwest::Client::new();
    let mut browser = Browser::default();
    for visit in 1..=3 {
        let mut request = client.get(&server.url);
        if let Some(cookie) = &browser.cookie {
            request = request.header("cookie", cookie);
        }
        let response = request.send().await.unwrap();
        if visit == 1 {
            let cookie = response.headers()["set-cookie"].to_str().unwrap();
            let (name, attributes) = (cookie.split('=').next().unwrap(), cookie.split_once("; ").unwrap().1);
            assert_eq!((name, attributes), ("__Host-id", "Path=/; Secure; HttpOnly; SameSite=Lax"));
        }
        browser.learn(response.headers());
        assert_eq!(response.text().await.unwrap(), format!("visit {visit}\n"));
    }
}
