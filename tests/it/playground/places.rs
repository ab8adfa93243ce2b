//! The playground on each store.

macro_rules! playground {
    ($(#[$attribute:meta])* $store:ident: $place:expr) => {
        mod $store {
            use crate::support::Place;

            $(#[$attribute])*
            #[tokio::test]
            async fn every_route_answers_as_documented() {
                let place = $place;
                super::super::every_route_answers_as_documented(&place.url).await;
            }

            $(#[$attribute])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn concurrent_requests_of_one_session_lose_nothing() {
                let place = $place;
                super::super::concurrent_requests_of_one_session_lose_nothing(&place.url).await;
            }

            $(#[$attribute])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn a_slow_request_from_before_a_login_or_logout_never_writes_after_it() {
                let place = $place;
                super::super::a_slow_request_from_before_a_login_or_logout_never_writes_after_it(&place.url).await;
            }

            $(#[$attribute])*
            #[tokio::test]
            async fn no_copy_of_a_cookie_outlives_a_login_a_logout_a_renewal_or_a_revocation() {
                let place = $place;
                super::super::thief::no_copy_of_a_cookie_outlives_a_step(&place.url, "0").await;
            }

            $(#[$attribute])*
            #[tokio::test]
            async fn nor_does_one_of_a_cookie_that_is_renewed_on_its_own() {
                let place = $place;
                super::super::thief::no_copy_of_a_cookie_outlives_a_step(&place.url, "1ms").await;
            }
        }
    };
}

playground!(on_memory: Place::memory());
playground!(on_sqlite: Place::file("sqlite"));
playground!(on_redb: Place::file("redb"));
playground!(#[cfg_attr(not(postgres), ignore = "set SCS_POSTGRES_URL")] on_postgres: Place::database("SCS_POSTGRES_URL").await);
playground!(#[cfg_attr(not(mysql), ignore = "set SCS_MYSQL_URL")] on_mariadb: Place::database("SCS_MYSQL_URL").await);
playground!(#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")] on_redis: Place::keys("SCS_REDIS_URL"));
playground!(#[cfg_attr(not(redis_cluster), ignore = "set SCS_REDIS_CLUSTER_URL")] on_a_redis_cluster: Place::keys("SCS_REDIS_CLUSTER_URL"));
playground!(#[cfg_attr(not(redis_sentinel), ignore = "set SCS_REDIS_SENTINEL_URL")] on_redis_with_sentinels: Place::keys("SCS_REDIS_SENTINEL_URL"));
playground!(#[cfg_attr(not(valkey), ignore = "set SCS_VALKEY_URL")] on_valkey: Place::keys("SCS_VALKEY_URL"));
