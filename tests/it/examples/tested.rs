//! `tested`: an application's handlers, tested as docs/testing.md says.

#[path = "../../../examples/tested.rs"]
#[allow(dead_code, reason = "its `main` is not tested")]
mod program;

use std::time::Duration;

use scs::testing::{TestError, TestSessions};

use self::program::{Shopper, app};

#[tokio::test]
async fn whoever_is_signed_in_fills_a_cart() -> Result<(), TestError> {
    let tests = TestSessions::<Shopper>::new();
    let mut client = tests.client_with(app(tests.layer()), |session| session.set_account(7)).await?;
    client.post("/cart/tea").await?;
    client.post("/cart/coffee").await?;
    assert_eq!(tests.session_of(&client).await?.cart(), ["tea", "coffee"]);
    Ok(())
}

#[tokio::test]
async fn strangers_are_refused_and_get_no_cookie() -> Result<(), TestError> {
    let tests = TestSessions::<Shopper>::new();
    let mut client = tests.client(app(tests.layer()));
    assert_eq!(client.post("/cart/tea").await?.status(), 401);
    assert_eq!(client.jar().cookies().count(), 0);
    Ok(())
}

#[tokio::test]
async fn half_an_hour_later_nobody_is_signed_in_any_more() -> Result<(), TestError> {
    let tests = TestSessions::<Shopper>::new();
    let mut client = tests.client(app(tests.layer()));
    client.post("/login/7").await?;
    tests.clock().advance(Duration::from_mins(30));
    assert_eq!(client.post("/cart/tea").await?.status(), 401);
    Ok(())
}
