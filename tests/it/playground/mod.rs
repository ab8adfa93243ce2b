//! The playground from outside: a real server, real sockets, a real client.

use futures_util::future::join_all;
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::support::{Browser, Server, record_token};

mod places;
mod thief;

/// One visitor of the playground.
#[derive(Clone)]
struct Visitor {
    url: String,
    client: Client,
    browser: Browser,
}

impl Visitor {
    fn of(server: &Server) -> Self {
        Self { url: server.url.clone(), client: Client::new(), browser: Browser::default() }
    }

    /// Sends a request without learning from the answer, as parallel requests do.
    async fn send(&self, method: Method, path: &str, body: &str) -> Response {
        let mut request = self.client.request(method, format!("{}{path}", self.url)).body(body.to_owned());
        if let Some(cookie) = &self.browser.cookie {
            request = request.header("cookie", cookie);
        }
        request.send().await.unwrap()
    }

    async fn request(&mut self, method: Method, path: &str, body: &str) -> Response {
        let response = self.send(method, path, body).await;
        self.browser.learn(response.headers());
        response
    }

    async fn post(&mut self, path: &str) -> Response {
        self.request(Method::POST, path, "").await
    }

    async fn put(&mut self, path: &str, body: &str) -> StatusCode {
        self.request(Method::PUT, path, body).await.status()
    }

    async fn session(&mut self) -> Value {
        self.request(Method::GET, "/session", "").await.json().await.unwrap()
    }
}

async fn every_route_answers_as_documented(store: &str) {
    let server = Server::playground(&["--store", store]).await;
    let mut visitor = Visitor::of(&server);
    let page = visitor.request(Method::GET, "/", "").await;
    assert!(page.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    assert!(page.text().await.unwrap().contains("scs playground"));
    assert_eq!(visitor.request(Method::GET, "/plain", "").await.text().await.unwrap(), "ok");

    let fresh = visitor.session().await;
    assert_eq!(
        (&fresh["new"], &fresh["outcome"], &fresh["expires_in_s"]),
        (&json!(true), &json!("NoToken"), &json!(1800))
    );

    assert_eq!(visitor.post("/visits").await.text().await.unwrap(), "1");
    assert_eq!(visitor.post("/visits").await.text().await.unwrap(), "2");
    assert_eq!(visitor.post("/hits").await.text().await.unwrap(), "1");
    assert_eq!(visitor.post("/hits?n=4").await.text().await.unwrap(), "5");
    assert_eq!(visitor.put("/name", "Ada").await, StatusCode::NO_CONTENT);
    assert_eq!(visitor.put("/notice", "saved").await, StatusCode::NO_CONTENT);
    assert_eq!(visitor.put("/otp", "1234").await, StatusCode::NO_CONTENT);
    assert_eq!(visitor.put("/device", "phone").await, StatusCode::NO_CONTENT);
    assert_eq!(visitor.put("/device", "laptop").await, StatusCode::CONFLICT);
    assert_eq!(visitor.post("/cart/tea").await.status(), StatusCode::NO_CONTENT);
    assert_eq!(visitor.put("/tags/red", "").await, StatusCode::NO_CONTENT);

    let session = visitor.session().await;
    let expected = json!({
        "id": session["id"], "new": false, "outcome": "Loaded", "account": null, "visits": 2, "hits": 5,
        "name": "Ada", "cart": ["tea"], "notice": "saved", "otp": session["otp"], "device": "phone",
        "tags": ["red"], "expires_in_s": session["expires_in_s"],
    });
    assert_eq!(session, expected);

    assert_eq!(visitor.request(Method::DELETE, "/name", "").await.status(), StatusCode::NO_CONTENT);
    assert_eq!(visitor.post("/notice/pop").await.text().await.unwrap(), "saved");
    assert_eq!(visitor.post("/notice/pop").await.status(), StatusCode::NOT_FOUND);
    visitor.put("/notice", "once").await;
    assert_eq!(visitor.post("/notice/claim").await.text().await.unwrap(), "once");
    assert_eq!(visitor.post("/notice/claim").await.status(), StatusCode::NOT_FOUND);

    let before = visitor.browser.cookie.clone();
    assert_eq!(visitor.post("/login/7").await.status(), StatusCode::NO_CONTENT);
    assert_ne!(visitor.browser.cookie, before);
    let before = visitor.browser.cookie.clone();
    assert_eq!(visitor.post("/renew").await.status(), StatusCode::NO_CONTENT);
    assert_ne!(visitor.browser.cookie, before);

    let mut other = Visitor::of(&server);
    other.post("/login/7").await;
    let listed: Value = visitor.request(Method::GET, "/sessions?account=7", "").await.json().await.unwrap();
    let listed = listed.as_array().unwrap();
    assert_eq!(listed.len(), 2);
    assert_eq!(listed.iter().filter(|session| session["current"] == true).count(), 1);
    let other_id = listed.iter().find(|session| session["current"] == false).unwrap()["id"].as_str().unwrap();
    assert!(listed.iter().all(|session| session["created"].is_u64()));

    assert_eq!(visitor.request(Method::GET, "/sessions/count", "").await.text().await.unwrap(), "2");
    let revoke = format!("/sessions/{other_id}");
    assert_eq!(visitor.request(Method::DELETE, &revoke, "").await.status(), StatusCode::NO_CONTENT);
    assert_eq!(visitor.request(Method::DELETE, &revoke, "").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(visitor.request(Method::DELETE, "/sessions/nonsense", "").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(other.session().await["outcome"], "Unknown");

    assert_eq!(visitor.post("/clear").await.status(), StatusCode::NO_CONTENT);
    let cleared = visitor.session().await;
    assert_eq!(
        (&cleared["outcome"], &cleared["hits"], &cleared["account"]),
        (&json!("Loaded"), &json!(0), &Value::Null)
    );

    visitor.post("/login/7").await;
    assert_eq!(visitor.request(Method::DELETE, "/sessions?account=7", "").await.text().await.unwrap(), "1");
    visitor.post("/login/7?remember=true").await;
    assert_eq!(visitor.session().await["expires_in_s"].as_u64().unwrap().div_ceil(100), 14 * 864);
    assert_eq!(visitor.post("/logout").await.status(), StatusCode::NO_CONTENT);
    assert_eq!(visitor.browser.cookie, None);
    assert_eq!(visitor.session().await["outcome"], "NoToken");
}

#[tokio::test]
async fn a_status_that_was_asked_for_is_answered_and_a_server_error_drops_the_changes() {
    let server = Server::playground(&[]).await;
    let mut visitor = Visitor::of(&server);
    visitor.post("/visits").await;
    assert_eq!(visitor.post("/visits?status=418").await.status(), StatusCode::IM_A_TEAPOT);
    assert_eq!(visitor.post("/visits?status=500").await.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(visitor.session().await["visits"], 2);
}

#[tokio::test]
async fn a_stream_counts_five_times_and_each_count_is_stored() {
    let server = Server::playground(&[]).await;
    let mut visitor = Visitor::of(&server);
    let response = visitor.request(Method::GET, "/stream", "").await;
    assert!(visitor.browser.cookie.is_some(), "the cookie is in the head");
    assert_eq!(visitor.session().await["hits"], 1, "the first commit was before the head");
    let body = response.text().await.unwrap();
    let events: Vec<_> = body.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
    assert_eq!(events, ["1", "2", "3", "4", "5"]);
    assert_eq!(visitor.session().await["hits"], 5);
}

async fn concurrent_requests_of_one_session_lose_nothing(store: &str) {
    let server = Server::playground(&["--store", store]).await;
    let mut visitor = Visitor::of(&server);
    visitor.put("/name", "Ada").await;
    let together = |count: usize, request: fn(usize) -> (Method, String)| {
        let visitor = visitor.clone();
        async move {
            let requests = (0..count).map(|number| {
                let (visitor, (method, path)) = (visitor.clone(), request(number));
                tokio::spawn(async move { visitor.send(method, &path, "").await.status() })
            });
            join_all(requests).await.into_iter().map(Result::unwrap).collect::<Vec<_>>()
        }
    };
    let visits = together(26, |_| (Method::POST, "/visits?sleep_ms=20".to_owned())).await;
    assert!(visits.iter().all(|status| *status == StatusCode::OK), "{visits:?}");
    let hits = together(200, |_| (Method::POST, "/hits?sleep_ms=20".to_owned())).await;
    assert!(hits.iter().all(|status| *status == StatusCode::OK), "{hits:?}");
    let tags = together(50, |number| (Method::PUT, format!("/tags/{number}?sleep_ms=20"))).await;
    assert!(tags.iter().all(|status| *status == StatusCode::NO_CONTENT), "{tags:?}");
    let session = visitor.session().await;
    assert_eq!((&session["visits"], &session["hits"]), (&json!(26), &json!(200)));
    assert_eq!(session["tags"].as_array().unwrap().len(), 50);
}

async fn a_slow_request_from_before_a_login_or_logout_never_writes_after_it(store: &str) {
    let server = Server::playground(&["--store", store]).await;
    let mut visitor = Visitor::of(&server);
    visitor.post("/visits").await;
    let before_login = visitor.clone();
    let slow = tokio::spawn(async move { before_login.send(Method::PUT, "/name?sleep_ms=300", "Mallory").await });
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    visitor.post("/login/7").await;
    let slow = slow.await.unwrap();
    assert_eq!((slow.status(), slow.headers().get("set-cookie")), (StatusCode::NO_CONTENT, None));
    let session = visitor.session().await;
    assert_eq!((&session["account"], &session["name"]), (&json!(7), &Value::Null));

    let before_logout = visitor.clone();
    let slow = tokio::spawn(async move { before_logout.send(Method::POST, "/visits?sleep_ms=300", "").await });
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    let stolen = visitor.clone();
    visitor.post("/logout").await;
    assert!(slow.await.unwrap().headers().get("set-cookie").is_none());
    let replayed: Value = stolen.send(Method::GET, "/session", "").await.json().await.unwrap();
    assert_eq!(replayed["outcome"], "Unknown");
}

#[tokio::test]
async fn the_command_line_sets_timeouts_and_transport() {
    let server =
        Server::playground(&["--idle", "90s", "--lifetime", "1h", "--transport", "bearer", "--renew-every", "0"]).await;
    let visitor = Visitor::of(&server);
    let response = visitor.send(Method::POST, "/visits", "").await;
    assert!(response.headers().get("set-cookie").is_none());
    let token = record_token(response.headers()["x-session-token"].to_str().unwrap());
    let session = visitor.client.get(format!("{}/session", visitor.url)).bearer_auth(token).send().await.unwrap();
    let session: Value = session.json().await.unwrap();
    assert_eq!((&session["visits"], &session["outcome"]), (&json!(1), &json!("Loaded")));
    assert!(session["expires_in_s"].as_u64().unwrap() <= 90);
}

#[tokio::test]
async fn the_token_is_renewed_on_its_own_and_parallel_requests_stay_who_they_are() {
    let server = Server::playground(&["--renew-every", "1ms"]).await;
    let mut visitor = Visitor::of(&server);
    visitor.post("/visits").await;
    let before = visitor.clone();
    while visitor.browser.cookie == before.browser.cookie {
        visitor.session().await;
    }
    for tab in [&before, &visitor] {
        let session: Value = tab.send(Method::GET, "/session", "").await.json().await.unwrap();
        assert_eq!((&session["outcome"], &session["visits"]), (&json!("Loaded"), &json!(1)));
    }
}
