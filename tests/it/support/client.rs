//! Clients: requests to a router in this process, and a cookie jar.

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Request, Response, header},
};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

/// A browser with one cookie: it keeps and forgets what responses tell it to.
#[derive(Default, Clone)]
pub(crate) struct Browser {
    pub(crate) cookie: Option<String>,
}

impl Browser {
    pub(crate) async fn get(&mut self, app: &Router, path: &str) -> Response<Body> {
        self.send(app, "GET", path).await
    }

    pub(crate) async fn post(&mut self, app: &Router, path: &str) -> Response<Body> {
        self.send(app, "POST", path).await
    }

    async fn send(&mut self, app: &Router, method: &str, path: &str) -> Response<Body> {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        let response = app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        self.learn(response.headers());
        response
    }

    pub(crate) fn learn(&mut self, headers: &HeaderMap) {
        for line in headers.get_all(header::SET_COOKIE) {
            let line = line.to_str().unwrap();
            let pair = line.split(';').next().unwrap();
            self.cookie = if line.contains("Max-Age=0") { None } else { Some(pair.to_owned()) };
            if let Some((_, token)) = pair.split_once('=').filter(|(_, token)| !token.is_empty()) {
                super::record_token(token);
            }
        }
    }
}

pub(crate) async fn get(app: &Router, path: &str, headers: &[(&str, &str)]) -> Response<Body> {
    request(app, "GET", path, headers).await
}

pub(crate) async fn post(app: &Router, path: &str, headers: &[(&str, &str)]) -> Response<Body> {
    request(app, "POST", path, headers).await
}

async fn request(app: &Router, method: &str, path: &str, headers: &[(&str, &str)]) -> Response<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, value.as_bytes());
    }
    let response = app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    Browser::default().learn(response.headers());
    response
}

pub(crate) async fn body_text(response: Response<Body>) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The token in a response's cookie.
pub(crate) fn token_in(response: &Response<Body>) -> Option<String> {
    let line = response.headers().get(header::SET_COOKIE)?.to_str().unwrap();
    let (_, token) = line.split(';').next()?.split_once('=')?;
    Some(token.to_owned()).filter(|token| !token.is_empty())
}
