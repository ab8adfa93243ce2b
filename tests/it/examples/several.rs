//! `two_sessions` and `bearer_api`: more than one cookie, and none.

use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

use crate::support::{Server, Visitor, record_token, set_cookies};

#[tokio::test]
async fn visitors_and_administrators_have_sessions_of_their_own() {
    let server = Server::start("two_sessions", &["127.0.0.1:0"]).await;
    let mut person = Visitor::of(&server);
    assert_eq!(person.get("/admin").await.status(), 403);
    assert_eq!(person.read("/").await, "visit 1\n");
    assert_eq!(person.cookies.keys().collect::<Vec<_>>(), ["__Host-id"]);

    let signed_in = person.post("/admin", &[("name", "Ada")]).await;
    let cookies = set_cookies(&signed_in);
    assert!(cookies.len() == 1 && cookies[0].starts_with("__Host-admin="), "the visitor's cookie stays: {cookies:?}");
    assert!(cookies[0].contains("SameSite=Strict"), "{cookies:?}");
    assert_eq!(person.read("/").await, "visit 2\n");
    assert_eq!(person.read("/admin").await, "administrator Ada, after 2 visits\n");

    person.delete("/admin").await;
    assert_eq!(person.cookies.keys().collect::<Vec<_>>(), ["__Host-id"]);
    assert_eq!(person.get("/admin").await.status(), 403);
    assert_eq!(person.read("/").await, "visit 3\n", "the visit goes on");
}

#[tokio::test]
async fn the_token_of_a_visitor_opens_no_office() {
    let server = Server::start("two_sessions", &["127.0.0.1:0"]).await;
    let mut person = Visitor::of(&server);
    person.read("/").await;
    person.post("/admin", &[("name", "Ada")]).await;
    person.cookies.insert("__Host-admin".to_owned(), person.cookies["__Host-id"].clone());
    assert_eq!(person.get("/admin").await.status(), 403);
}

/// A program that talks to `bearer_api`.
struct Program {
    url: String,
    client: Client,
    token: Option<String>,
}

impl Program {
    async fn send(&mut self, method: Method, path: &str, body: Option<Value>) -> Response {
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        assert!(response.headers().get("set-cookie").is_none(), "a program gets no cookie");
        if let Some(token) = response.headers().get("x-session-token") {
            let token = token.to_str().unwrap();
            self.token = if token.is_empty() { None } else { Some(record_token(token)) };
        }
        response
    }
}

#[tokio::test]
async fn a_program_signs_in_with_json_and_shows_its_token_from_then_on() {
    let server = Server::start("bearer_api", &["127.0.0.1:0"]).await;
    let mut program = Program { url: server.url.clone(), client: Client::new(), token: None };
    let refused = program.send(Method::GET, "/notes", None).await;
    assert_eq!((refused.status().as_u16(), refused.headers()["www-authenticate"].to_str().unwrap()), (401, "Bearer"));
    assert_eq!(refused.json::<Value>().await.unwrap()["error"], "sign in with `POST /session` first");

    assert_eq!(program.send(Method::POST, "/session", Some(json!({ "name": "ada" }))).await.status(), 204);
    let token = program.token.clone().expect("the token came back");
    let added = program.send(Method::POST, "/notes", Some(json!({ "text": "buy tea" }))).await;
    assert_eq!(added.status(), 201);
    assert!(added.headers().get("x-session-token").is_none(), "an unchanged token is not sent again");
    let notes = program.send(Method::GET, "/notes", None).await;
    assert_eq!(notes.json::<Value>().await.unwrap(), json!([{ "text": "buy tea" }]));

    assert_eq!(program.send(Method::DELETE, "/session", None).await.status(), 204);
    assert_eq!(program.token, None, "the server says that the token is worthless");
    program.token = Some(token);
    assert_eq!(program.send(Method::GET, "/notes", None).await.status(), 401);
}
