//! A visitor of an example: a real HTTP client with a jar of cookies.

use std::collections::BTreeMap;

use reqwest::{
    Client, Method, RequestBuilder, Response,
    header::{self, HeaderMap},
    redirect,
};

use super::{Server, record_token};

/// Keeps every cookie that responses set, by name, and follows no redirect unasked. A clone is another
/// window, or a thief with the same cookies.
#[derive(Clone)]
pub(crate) struct Visitor {
    url: String,
    client: Client,
    pub(crate) cookies: BTreeMap<String, String>,
}

impl Visitor {
    pub(crate) fn of(server: &Server) -> Self {
        Self::at(&server.url)
    }

    /// Of whatever is at an address.
    pub(crate) fn at(url: &str) -> Self {
        let client = Client::builder().redirect(redirect::Policy::none()).build().unwrap();
        Self { url: url.to_owned(), client, cookies: BTreeMap::new() }
    }

    /// A request with the cookies in the jar, for those who add something to it. What is answered is not learnt.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.url));
        match self.cookies.is_empty() {
            true => request,
            false => request.header(header::COOKIE, self.cookie_line()),
        }
    }

    /// The value of the `Cookie` header.
    pub(crate) fn cookie_line(&self) -> String {
        let pairs: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    pub(crate) async fn send(&mut self, request: RequestBuilder) -> Response {
        let response = request.send().await.unwrap();
        self.learn(response.headers());
        response
    }

    pub(crate) async fn get(&mut self, path: &str) -> Response {
        self.send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Response {
        self.send(self.request(Method::POST, path).form(form)).await
    }

    pub(crate) async fn delete(&mut self, path: &str) -> Response {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// What a page says.
    pub(crate) async fn read(&mut self, path: &str) -> String {
        let response = self.get(path).await;
        assert_eq!(response.status(), 200, "{path}");
        response.text().await.unwrap()
    }

    /// What the page says to which a posted form leads.
    pub(crate) async fn submit(&mut self, path: &str, form: &[(&str, &str)]) -> String {
        let posted = self.post(path, form).await;
        assert_eq!(posted.status(), 303, "{path}");
        self.read(location(&posted)).await
    }

    pub(crate) fn learn(&mut self, headers: &HeaderMap) {
        for line in cookie_lines(headers) {
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            match line.contains("Max-Age=0") {
                true => self.cookies.remove(name),
                false => self.cookies.insert(name.to_owned(), record_token(value)),
            };
        }
    }
}

/// Where a redirect leads.
pub(crate) fn location(response: &Response) -> &str {
    response.headers()[header::LOCATION].to_str().unwrap()
}

/// The cookies that a response sets, attributes and all.
pub(crate) fn set_cookies(response: &Response) -> Vec<&str> {
    cookie_lines(response.headers()).collect()
}

fn cookie_lines(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers.get_all(header::SET_COOKIE).iter().map(|line| line.to_str().unwrap())
}
