//! MySQL and MariaDB.

use scs::conformance::Harness;
use scs_stores::MySqlStore;

use super::unique;

struct MySql;

impl Harness for MySql {
    type Store = MySqlStore;

    async fn store(&self) -> MySqlStore {
        let store = MySqlStore::connect(&url()).await.unwrap().with_table(&unique("kit")).unwrap();
        store.migrate().await.unwrap();
        store
    }
}

scs::conformance!(
    #[cfg_attr(not(mysql), ignore = "set SCS_MYSQL_URL")]
    kit: MySql => store, iterate, index, limit, purge
);

fn url() -> String {
    std::env::var("SCS_MYSQL_URL").unwrap()
}
