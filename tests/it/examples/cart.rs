//! `cart` and `form`: pages of plain forms whose data is in the session.

use crate::support::{Server, Visitor};

#[tokio::test]
async fn a_strangers_cart_is_kept_by_signing_in_and_by_signing_out() {
    let server = Server::start("cart", &["127.0.0.1:0"]).await;
    let mut shopper = Visitor::of(&server);
    shopper.submit("/cart", &[("product", "tea")]).await;
    let page = shopper.submit("/cart", &[("product", "tea")]).await;
    assert!(page.contains("2 × tea") && page.contains("Sign in"), "{page}");

    let mut stranger = shopper.clone();
    let page = shopper.submit("/login", &[("name", "Ada")]).await;
    assert!(page.contains("2 × tea") && page.contains("Hello Ada!"), "{page}");
    assert!(!stranger.read("/").await.contains("tea</li>"), "the token from before the sign-in is worthless");

    let mut thief = shopper.clone();
    let page = shopper.submit("/logout", &[]).await;
    assert!(page.contains("2 × tea") && page.contains("Sign in"), "{page}");
    assert!(!thief.read("/").await.contains("Ada"), "the token from before the sign-out is worthless");
    assert!(shopper.submit("/cart", &[("product", "cocoa")]).await.contains("1 × cocoa"));
}

#[tokio::test]
async fn signing_in_elsewhere_brings_both_carts_together() {
    let server = Server::start("cart", &["127.0.0.1:0"]).await;
    let (mut phone, mut laptop) = (Visitor::of(&server), Visitor::of(&server));
    phone.submit("/cart", &[("product", "tea")]).await;
    phone.submit("/login", &[("name", "Ada")]).await;
    laptop.submit("/cart", &[("product", "tea")]).await;
    laptop.submit("/cart", &[("product", "cocoa")]).await;
    let page = laptop.submit("/login", &[("name", "Ada")]).await;
    assert!(page.contains("2 × tea") && page.contains("1 × cocoa") && page.contains("Hello Ada!"), "{page}");
    assert!(phone.read("/").await.contains("Sign in"), "the cart is in one place");
}

#[tokio::test]
async fn what_is_not_for_sale_goes_into_no_cart() {
    let server = Server::start("cart", &["127.0.0.1:0"]).await;
    let mut shopper = Visitor::of(&server);
    assert_eq!(shopper.post("/cart", &[("product", "<script>")]).await.status(), 404);
    assert!(shopper.cookies.is_empty());
}

#[tokio::test]
async fn a_list_is_written_ticked_and_cleared_with_forms_alone() {
    let server = Server::start("form", &["127.0.0.1:0"]).await;
    let mut person = Visitor::of(&server);
    person.submit("/tasks", &[("text", "buy tea")]).await;
    let page = person.submit("/tasks", &[("text", "drink tea")]).await;
    assert!(page.contains("buy tea") && page.contains("drink tea") && !page.contains("<script"), "{page}");
    assert!(person.submit("/tasks/1/done", &[]).await.contains("<s>buy tea</s>"));
    let page = person.submit("/tasks/1/remove", &[]).await;
    assert!(!page.contains("buy tea") && page.contains("drink tea"), "{page}");
    assert!(person.submit("/tasks", &[("text", "wash up")]).await.contains("action=\"/tasks/3/done\""));
    assert_eq!(person.post("/tasks/1/done", &[]).await.status(), 404);
}

#[tokio::test]
async fn what_people_type_is_shown_as_they_typed_it_and_does_nothing() {
    let server = Server::start("form", &["127.0.0.1:0"]).await;
    let mut person = Visitor::of(&server);
    let page = person.submit("/tasks", &[("text", "<script>alert(\"&\")</script>")]).await;
    assert!(page.contains("&lt;script&gt;alert(&quot;&amp;&quot;)&lt;/script&gt;"), "{page}");
    assert!(!page.contains("<script"), "{page}");
}

#[tokio::test]
async fn what_does_not_fit_into_a_list_is_refused_with_a_message_that_is_shown_once() {
    let server = Server::start("form", &["127.0.0.1:0"]).await;
    let mut person = Visitor::of(&server);
    let page = person.submit("/tasks", &[("text", &"é".repeat(201))]).await;
    assert!(page.contains("At most 50 tasks of 200 characters, please.") && !page.contains('é'), "{page}");
    assert!(!person.read("/").await.contains("please"));
    for _ in 0..50 {
        assert!(!person.submit("/tasks", &[("text", &"é".repeat(200))]).await.contains("please"));
    }
    let page = person.submit("/tasks", &[("text", "one more")]).await;
    assert!(page.contains("please") && !page.contains("one more"), "{page}");
}
