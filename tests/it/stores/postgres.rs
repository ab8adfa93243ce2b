//! PostgreSQL.

use scs::conformance::Harness;
use scs_stores::PostgresStore;

use super::unique;

struct Postgres;

impl Harness for Postgres {
    type Store = PostgresStore;

    async fn store(&self) -> PostgresStore {
        let store = PostgresStore::connect(&url()).await.unwrap().with_table(&unique("kit")).unwrap();
        store.migrate().await.unwrap();
        store
    }
}

scs::conformance!(
    #[cfg_attr(not(postgres), ignore = "set SCS_POSTGRES_URL")]
    kit: Postgres => store, iterate, index, limit, purge
);

fn url() -> String {
    std::env::var("SCS_POSTGRES_URL").unwrap()
}
