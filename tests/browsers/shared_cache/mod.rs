//! A real cache between clients and server, which keeps whatever it may.

mod client;
mod ledger;
mod nginx;
mod pages;
mod workload;

use self::{
    nginx::Manners,
    pages::Headers,
    workload::{Told, run},
};

/// Forty visitors sign in as ever other accounts, read, write and sign out.
async fn nobody_gets_anothers_cookie_or_page(requests: usize, manners: Manners) {
    let told = run(requests, manners, Headers::Ours).await;
    println!("{manners:?}: {told:?}");
    assert_eq!((told.others_cookies, told.others_pages, told.wrong_pages), (0, 0, 0), "{told:?}");
    assert!(told.from_the_cache > 0, "the cache works: {told:?}");
}

macro_rules! behind {
    ($cache:ident, $manners:expr) => {
        mod $cache {
            use super::{Headers, Manners, Told, nobody_gets_anothers_cookie_or_page, run};

            #[cfg_attr(not(nginx), ignore = "set SCS_NGINX")]
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn of_a_thousand_requests_none_gets_anothers_cookie_or_page() {
                nobody_gets_anothers_cookie_or_page(1_000, $manners).await;
            }

            #[ignore = "takes longer than the others, and needs SCS_NGINX"]
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn of_ten_thousand_requests_none_gets_anothers_cookie_or_page() {
                nobody_gets_anothers_cookie_or_page(10_000, $manners).await;
            }

            #[cfg_attr(not(nginx), ignore = "set SCS_NGINX")]
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn without_our_headers_others_pages_are_noticed() {
                let told: Told = run(1_000, $manners, Headers::None).await;
                assert!(told.others_pages > 0 && told.wrong_pages > 0, "{told:?}");
                // No cache that follows the standard's advice keeps a cookie; one that ignores it does.
                assert_eq!(told.others_cookies > 0, $manners == Manners::Careless, "{told:?}");
            }
        }
    };
}

behind!(a_cache_that_keeps_what_it_may, Manners::Standard);
behind!(a_cache_that_also_keeps_cookies_and_answers_to_posts, Manners::Careless);
