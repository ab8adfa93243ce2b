//! `actix` and `hyper`: sessions in servers that are not tower's.

use crate::support::{Server, Visitor, set_cookies};

async fn each_framework(test: impl AsyncFn(&Server)) {
    for example in ["actix", "hyper"] {
        println!("{example}");
        test(&Server::with_feature(example, &["127.0.0.1:0"]).await).await;
    }
}

#[tokio::test]
async fn a_server_without_tower_counts_visits_signs_in_and_signs_out() {
    each_framework(async |server| {
        let mut visitor = Visitor::of(server);
        assert_eq!(visitor.read("/").await, "visit 1 of nobody\n");
        assert_eq!(visitor.read("/").await, "visit 2 of nobody\n");
        visitor.post("/login/7", &[]).await;
        assert_eq!(visitor.read("/").await, "visit 3 of account 7\n");
        assert_eq!(visitor.get("/").await.headers()["cache-control"], "private, no-store");
        visitor.post("/logout", &[]).await;
        assert_eq!(visitor.read("/").await, "visit 1 of nobody\n");
    })
    .await;
}

#[tokio::test]
async fn a_server_without_tower_sets_one_cookie_of_the_strictest_kind_and_no_cache_keeps_it() {
    each_framework(async |server| {
        let mut visitor = Visitor::of(server);
        let response = visitor.get("/").await;
        let [cookie] = set_cookies(&response)[..] else { panic!("one cookie") };
        let (pair, attributes) = cookie.split_once("; ").unwrap();
        assert!(pair.starts_with("__Host-id=") && pair.len() == "__Host-id=".len() + 64);
        assert_eq!(attributes, "Path=/; Secure; HttpOnly; SameSite=Lax");
        let headers = response.headers();
        assert_eq!(
            (&headers["cache-control"], &headers["vary"]),
            (&"no-store".parse().unwrap(), &"cookie".parse().unwrap())
        );
    })
    .await;
}

#[tokio::test]
async fn a_server_without_tower_renews_the_token_at_sign_in_and_ends_it_at_sign_out() {
    each_framework(async |server| {
        let mut visitor = Visitor::of(server);
        visitor.get("/").await;
        let mut planted = visitor.clone();
        visitor.post("/login/7", &[]).await;
        assert_eq!(planted.read("/").await, "visit 1 of nobody\n");
        let mut thief = visitor.clone();
        let response = visitor.post("/logout", &[]).await;
        assert_eq!(set_cookies(&response), ["__Host-id=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax"]);
        assert_eq!(thief.read("/").await, "visit 1 of nobody\n");
    })
    .await;
}

#[tokio::test]
async fn a_server_without_tower_takes_two_different_tokens_for_none() {
    each_framework(async |server| {
        let mut visitor = Visitor::of(server);
        visitor.post("/login/7", &[]).await;
        let both = format!("{}; __Host-id={}", visitor.cookie_line(), "A".repeat(64));
        let request = Visitor::of(server).request(reqwest::Method::GET, "/").header("cookie", both);
        assert_eq!(request.send().await.unwrap().text().await.unwrap(), "visit 1 of nobody\n");
    })
    .await;
}
