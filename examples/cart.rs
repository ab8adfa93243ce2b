//! A cart that a stranger fills, that is still there after signing in, and after signing out. What the same person
//! has put into a cart elsewhere comes along.
//!
//! Start it, then open <http://localhost:3000> in two browsers and sign in under one name, or type:
//!
//! ```sh
//! cargo run --example cart
//! curl --cookie-jar jar --cookie jar --location --data product=tea http://localhost:3000/cart
//! curl --cookie-jar jar --cookie jar --location --data name=Ada http://localhost:3000/login
//! curl --cookie-jar jar --cookie jar --location --data "" http://localhost:3000/logout
//! ```

use std::collections::BTreeMap;

use axum::{
    Form, Router,
    http::StatusCode,
    response::Redirect,
    routing::{get, post},
};
use maud::{DOCTYPE, Markup, html};
use scs::{MemoryStore, Session, SessionError, SessionManager, TypedSession};
use serde::Deserialize;

const PRODUCTS: [&str; 3] = ["tea", "coffee", "cocoa"];

#[derive(Session)]
struct Shopper {
    /// Setting it renews the token and keeps the rest of the session.
    #[session(index, renews)]
    name: Option<String>,
    #[session(merge = sum)]
    cart: Cart,
}

/// How many there are of each product.
type Cart = BTreeMap<String, u32>;

/// Of both carts everything. What both began with counts once.
#[expect(clippy::needless_pass_by_value, reason = "`merge` hands over what it was given")]
fn sum(base: Cart, ours: Cart, mut theirs: Cart) -> Cart {
    for (product, count) in ours {
        let added = count.saturating_sub(base.get(&product).copied().unwrap_or_default());
        *theirs.entry(product).or_default() += added;
    }
    theirs
}

async fn shop(session: TypedSession<Shopper>) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head { title { "Shop" } }
            body {
                @for product in PRODUCTS {
                    form method="post" action="/cart" { button name="product" value=(product) { "Add " (product) } }
                }
                h2 { "Cart" }
                ul { @for (product, count) in session.cart() { li { (count) " × " (product) } } }
                (sign_in_or_out(session.name().as_deref()))
            }
        }
    }
}

fn sign_in_or_out(name: Option<&str>) -> Markup {
    html! {
        @match name {
            Some(name) => {
                p { "Hello " (name) "!" }
                form method="post" action="/logout" { button { "Log out" } }
            }
            None => {
                form method="post" action="/login" {
                    label { "Name " input name="name" required; }
                    " "
                    button { "Sign in" }
                }
            }
        }
    }
}

#[derive(Deserialize)]
struct Addition {
    product: String,
}

async fn add(
    session: TypedSession<Shopper>,
    Form(Addition { product }): Form<Addition>,
) -> Result<Redirect, StatusCode> {
    if !PRODUCTS.contains(&product.as_str()) {
        return Err(StatusCode::NOT_FOUND);
    }
    session.update_cart(move |cart| *cart.entry(product.clone()).or_default() += 1);
    Ok(Redirect::to("/"))
}

#[derive(Deserialize)]
struct SignIn {
    name: String,
}

/// Takes everybody at their word: the example `login` has the passwords. The cart of the session in which the same
/// person signed in before comes along, and that session ends.
async fn login(session: TypedSession<Shopper>, Form(form): Form<SignIn>) -> Result<Redirect, SessionError> {
    session.login_with(Shopper::by_name(form.name)).await?;
    Ok(Redirect::to("/"))
}

/// Forgets who it was and keeps the cart. On a computer that others use too, `destroy` is better.
async fn logout(session: TypedSession<Shopper>) -> Redirect {
    session.sign_out();
    Redirect::to("/")
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let sessions = SessionManager::<Shopper, _>::new(MemoryStore::new());
    let app = Router::new()
        .route("/", get(shop))
        .route("/cart", post(add))
        .route("/login", post(login))
        .route("/logout", post(logout))
        .layer(sessions.layer());

    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await
}
