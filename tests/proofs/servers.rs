//! Proofs on servers that stand behind a proxy.

/// Tries a proof on every server that a proxy can stand in front of: not on a cluster, nor behind sentinels, which tell
/// addresses of their own.
macro_rules! on_every_server {
    ($proof:ident, $rounds:expr) => {
        on_every_store!($proof, $rounds, #[cfg_attr(not(postgres), ignore = "set SCS_POSTGRES_URL")] on_postgres "PostgreSQL", crate::support::Place::database("SCS_POSTGRES_URL").await);
        on_every_store!($proof, $rounds, #[cfg_attr(not(mysql), ignore = "set SCS_MYSQL_URL")] on_mariadb "MariaDB", crate::support::Place::database("SCS_MYSQL_URL").await);
        on_every_store!($proof, $rounds, #[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")] on_redis "Redis", crate::support::Place::keys("SCS_REDIS_URL"));
        on_every_store!($proof, $rounds, #[cfg_attr(not(valkey), ignore = "set SCS_VALKEY_URL")] on_valkey "Valkey", crate::support::Place::keys("SCS_VALKEY_URL"));
    };
}

pub(crate) use on_every_server;
