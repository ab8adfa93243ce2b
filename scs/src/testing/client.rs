use std::{fmt, future::poll_fn, sync::Arc};

use axum_core::{BoxError, body::Body};
use http::{HeaderMap, HeaderValue, Method, Request, Response, Uri, header, uri::PathAndQuery};
use serde::Serialize;
use tower_service::Service;

use super::{Context, CookieJar, Fetch, TestError};
use crate::time::Clock;

/// A browser in front of a service in the same process: a router, or any other tower service.
///
/// It is at `http://localhost`, where browsers take the cookies of production, and goes nowhere by itself: redirects are
/// the test's to follow. A clone is another window with the same cookies.
///
/// ```
/// use axum::{Router, http::StatusCode, routing::{get, post}};
/// use scs::{Session, TypedSession, testing::TestSessions};
///
/// #[derive(Session)]
/// struct Visitor {
///     #[session(renews)]
///     account: Option<u64>,
/// }
///
/// async fn login(session: TypedSession<Visitor>) {
///     session.set_account(7);
/// }
///
/// async fn logout(session: TypedSession<Visitor>) {
///     session.destroy();
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), scs::testing::TestError> {
/// let tests = TestSessions::<Visitor>::new();
/// let app = Router::new().route("/login", post(login)).route("/logout", post(logout)).layer(tests.layer());
///
/// let mut client = tests.client(app);
/// client.post("/login").await?;
/// assert_eq!(tests.session_of(&client).await?.account(), Some(7));
/// client.post("/logout").await?;
/// assert_eq!(client.jar().cookies().count(), 0);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct TestClient<A> {
    app: A,
    jar: CookieJar,
    origin: Uri,
}

impl<A> TestClient<A> {
    /// A client without cookies, whose cookies age by this clock.
    pub fn new(app: A, clock: Arc<dyn Clock>) -> Self {
        Self { app, jar: CookieJar::new(clock), origin: Uri::from_static("http://localhost/") }
    }

    /// Goes to another scheme and host, such as `https://shop.example.com`.
    #[must_use]
    pub fn at(mut self, origin: Uri) -> Self {
        self.origin = origin;
        self
    }

    /// Its cookies.
    pub const fn jar(&self) -> &CookieJar {
        &self.jar
    }

    /// Its cookies, for tests that put some there or take some away.
    pub const fn jar_mut(&mut self) -> &mut CookieJar {
        &mut self.jar
    }

    /// What it sends along with a request for this path.
    ///
    /// # Errors
    ///
    /// That is no path.
    pub fn headers(&self, path: &str) -> Result<HeaderMap, TestError> {
        let fetch = Fetch::new(Method::GET, self.locate(&path.parse().map_err(http::Error::from)?)?);
        Ok(self.cookies(&fetch).map(|cookies| (header::COOKIE, cookies)).into_iter().collect())
    }

    /// Takes what a response from `/` sets.
    pub(super) fn receive(&mut self, headers: &HeaderMap) {
        self.jar.receive(&Fetch::new(Method::GET, self.origin.clone()), headers);
    }

    fn cookies(&self, fetch: &Fetch) -> Option<HeaderValue> {
        self.jar.header(fetch)
    }

    /// Where a path is at this origin.
    fn locate(&self, uri: &Uri) -> Result<Uri, http::Error> {
        let mut parts = self.origin.clone().into_parts();
        parts.path_and_query = Some(uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/")));
        Ok(Uri::from_parts(parts)?)
    }
}

impl<A, R> TestClient<A>
where
    A: Service<Request<Body>, Response = Response<R>, Error: Into<BoxError>>,
{
    /// Asks for a page.
    ///
    /// # Errors
    ///
    /// That is no path, or the service failed.
    pub async fn get(&mut self, path: &str) -> Result<Response<R>, TestError> {
        self.send(Request::get(path).body(Body::empty())?).await
    }

    /// Posts nothing.
    ///
    /// # Errors
    ///
    /// That is no path, or the service failed.
    pub async fn post(&mut self, path: &str) -> Result<Response<R>, TestError> {
        self.send(Request::post(path).body(Body::empty())?).await
    }

    /// Posts what a browser makes of a form: `application/x-www-form-urlencoded`. A list is a field that comes several times.
    ///
    /// ```
    /// use axum::{Form, Router, routing::post};
    /// use scs::{Session, TypedSession, testing::TestSessions};
    /// # use serde::Deserialize;
    ///
    /// # #[derive(Session)]
    /// # struct Visitor { name: String }
    /// #[derive(Deserialize)]
    /// struct Rename {
    ///     name: String,
    /// }
    ///
    /// async fn rename(session: TypedSession<Visitor>, Form(rename): Form<Rename>) {
    ///     session.set_name(rename.name);
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), scs::testing::TestError> {
    /// let tests = TestSessions::<Visitor>::new();
    /// let mut client = tests.client(Router::new().route("/name", post(rename)).layer(tests.layer()));
    /// client.post_form("/name", &[("name", "Ada Lovelace")]).await?;
    /// assert_eq!(tests.session_of(&client).await?.name(), "Ada Lovelace");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// That is no path, or no form, or the service failed.
    pub async fn post_form(&mut self, path: &str, form: &(impl Serialize + ?Sized)) -> Result<Response<R>, TestError> {
        let body = serde_html_form::to_string(form).map_err(|error| TestError::Body(error.into()))?;
        self.post_as("application/x-www-form-urlencoded", path, body.into()).await
    }

    /// Posts JSON.
    ///
    /// # Errors
    ///
    /// That is no path, or nothing that JSON has, or the service failed.
    pub async fn post_json(&mut self, path: &str, value: &(impl Serialize + ?Sized)) -> Result<Response<R>, TestError> {
        let body = serde_json::to_vec(value).map_err(|error| TestError::Body(error.into()))?;
        self.post_as("application/json", path, body.into()).await
    }

    async fn post_as(&mut self, kind: &str, path: &str, body: Body) -> Result<Response<R>, TestError> {
        self.send(Request::post(path).header(header::CONTENT_TYPE, kind).body(body)?).await
    }

    /// Sends any request for a path of this origin, and keeps the cookies of the response.
    ///
    /// # Errors
    ///
    /// The service failed.
    pub async fn send(&mut self, request: Request<Body>) -> Result<Response<R>, TestError> {
        self.send_from(Context::SameSite, request).await
    }

    /// Sends a request as a page of another site makes a browser send it.
    ///
    /// # Errors
    ///
    /// The service failed.
    pub async fn send_from(&mut self, context: Context, mut request: Request<Body>) -> Result<Response<R>, TestError> {
        let uri = self.locate(request.uri())?;
        if let Some(Ok(host)) = uri.authority().map(|authority| HeaderValue::try_from(authority.as_str())) {
            request.headers_mut().entry(header::HOST).or_insert(host);
        }
        let fetch = Fetch::new(request.method().clone(), uri).context(context);
        request.headers_mut().extend(self.cookies(&fetch).map(|cookies| (header::COOKIE, cookies)));
        let response = self.call(request).await?;
        self.jar.receive(&fetch, response.headers());
        Ok(response)
    }

    async fn call(&mut self, request: Request<Body>) -> Result<Response<R>, TestError> {
        let failed = |error: A::Error| TestError::Service(error.into());
        poll_fn(|context| self.app.poll_ready(context)).await.map_err(failed)?;
        self.app.call(request).await.map_err(failed)
    }
}

impl<A> fmt::Debug for TestClient<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestClient").field("origin", &self.origin).field("jar", &self.jar).finish_non_exhaustive()
    }
}
