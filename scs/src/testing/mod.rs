//! Tests of handlers: sessions that begin as the test says, and a browser's jar of cookies. Nothing of it belongs into a
//! server.
//!
//! [`TestSessions`] is a manager over memory or any other store, on a clock that the test moves. It makes requests of clients that are signed
//! in already, and reads what a handler left in their sessions. [`TestClient`] goes from request to request with a
//! [`CookieJar`], which keeps, sends and forgets cookies as RFC 6265bis tells browsers to.
//!
//! ```
//! use axum::{Router, routing::post};
//! use scs::{Session, TypedSession, testing::TestSessions};
//!
//! #[derive(Session)]
//! struct Shopper {
//!     #[session(renews)]
//!     account: Option<u64>,
//!     cart: Vec<String>,
//! }
//!
//! async fn add_tea(session: TypedSession<Shopper>) {
//!     session.update_cart(|cart| cart.push("tea".to_owned()));
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), scs::testing::TestError> {
//! let tests = TestSessions::<Shopper>::new();
//! let app = Router::new().route("/tea", post(add_tea)).layer(tests.layer());
//!
//! let mut client = tests.client_with(app, |session| session.set_account(7)).await?;
//! client.post("/tea").await?;
//! assert_eq!(tests.session_of(&client).await?.cart(), ["tea"]);
//! # Ok(())
//! # }
//! ```

mod client;
mod cookie_jar;
mod error;
mod sessions;

pub use self::{
    client::TestClient,
    cookie_jar::{Context, CookieJar, Dropped, Fetch, StoredCookie},
    error::TestError,
    sessions::TestSessions,
};
