//! Schemas of one name on one store are kept apart, or refused.

use scs::{
    MemoryStore, Outcome, SessionError, SessionManager,
    store::{AnyStore, StoreErrorKind},
};

use crate::support::commit;

mod shop {
    #[derive(scs::Session)]
    pub(super) struct User {
        #[session(index, renews)]
        pub(super) account: Option<u64>,
    }
}

mod admin {
    #[derive(scs::Session)]
    pub(super) struct User {
        #[session(index, renews)]
        pub(super) account: Option<u64>,
    }
}

/// One schema under two types, as an old and a new binary have it.
mod versions {
    pub(super) mod old {
        #[derive(scs::Session)]
        #[session(name = "User")]
        pub(in super::super) struct Before {
            pub(in super::super) account: Option<u64>,
        }
    }
    pub(super) mod new {
        #[derive(scs::Session)]
        #[session(name = "User")]
        pub(in super::super) struct After {
            pub(in super::super) account: Option<u64>,
        }
    }
}

#[tokio::test]
async fn applications_of_different_names_share_nothing_but_the_store() {
    let store = MemoryStore::new();
    let shop = SessionManager::<shop::User, _>::builder(store.clone()).application("shop").build().unwrap();
    let admin = SessionManager::<admin::User, _>::builder(store.clone()).application("admin").build().unwrap();
    let plain = SessionManager::<shop::User, _>::builder(store).build().unwrap();
    let session = shop.open(None).await.unwrap();
    session.set_account(7);
    let token = commit(&session).await;

    for opened in
        [admin.open(token.as_str()).await.unwrap().outcome(), plain.open(token.as_str()).await.unwrap().outcome()]
    {
        assert_eq!(opened, Outcome::Unknown);
    }
    assert!(admin.get(session.id()).await.unwrap().is_none());
    assert!(admin.iterate().await.unwrap().is_empty());
    assert!(admin.find(admin::User::by_account(7)).await.unwrap().is_empty());
    assert_eq!(admin.revoke_all(admin::User::by_account(7)).await.unwrap(), 0);
    assert!(!admin.revoke(session.id()).await.unwrap());
    assert_eq!(shop.open(token.as_str()).await.unwrap().account(), Some(7));
    assert_eq!(shop.find(shop::User::by_account(7)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_name_that_applications_have_in_parts_is_not_the_same_name() {
    let store = MemoryStore::new();
    let one = SessionManager::<shop::User, _>::builder(store.clone()).application("shopU").build().unwrap();
    let other = SessionManager::<shop::User, _>::builder(store).application("shop").build().unwrap();
    let session = one.open(None).await.unwrap();
    session.set_account(7);
    let token = commit(&session).await;
    assert_eq!(other.open(token.as_str()).await.unwrap().outcome(), Outcome::Unknown);
}

#[test]
fn an_application_has_a_name() {
    let refused = SessionManager::<shop::User, _>::builder(MemoryStore::new()).application("").build().unwrap_err();
    assert!(refused.to_string().contains("the application's name is empty"), "{refused}");
}

#[tokio::test]
async fn of_two_types_with_one_schema_name_on_one_store_the_second_is_refused() {
    let store = MemoryStore::new();
    let shop = SessionManager::<shop::User, _>::new(store.clone());
    let session = shop.open(None).await.unwrap();
    session.set_account(7);
    let token = commit(&session).await;

    for store in [AnyStore::new(store.clone()), AnyStore::new(AnyStore::new(store.clone()))] {
        let refused = SessionManager::<admin::User, _>::builder(store).build().unwrap_err().to_string();
        for part in ["namesakes::shop::User", "namesakes::admin::User", "#[session(name", "`application`"] {
            assert!(refused.contains(part), "{refused}");
        }
    }
    // The same from a constructor that cannot fail: nothing is opened, listed, ended or stored.
    let admin = SessionManager::<admin::User, _>::new(store.clone());
    let is_refused = |error: SessionError| match error {
        SessionError::Store(error) => assert_eq!(error.kind(), StoreErrorKind::Configuration, "{error}"),
        error => panic!("{error}"),
    };
    is_refused(admin.open(token.as_str()).await.unwrap_err());
    is_refused(admin.get(session.id()).await.unwrap_err());
    is_refused(admin.iterate().await.unwrap_err());
    is_refused(admin.find(admin::User::by_account(7)).await.unwrap_err());
    is_refused(admin.revoke_all(admin::User::by_account(7)).await.unwrap_err());
    is_refused(admin.revoke(session.id()).await.unwrap_err());
    let new = admin.open(None).await.unwrap();
    new.set_account(7);
    is_refused(new.commit().await.unwrap_err());
    assert_eq!(shop.open(token.as_str()).await.unwrap().account(), Some(7));
}

#[tokio::test]
async fn a_name_is_free_again_when_the_last_manager_and_its_sessions_are_gone() {
    let store = MemoryStore::new();
    let managers: Vec<_> = (0..3).map(|_| SessionManager::<shop::User, _>::new(store.clone())).collect();
    let session = managers[0].open(None).await.unwrap();
    drop(managers);
    SessionManager::<admin::User, _>::builder(store.clone()).build().unwrap_err();
    drop(session);
    SessionManager::<admin::User, _>::builder(store).build().unwrap();
}

#[test]
fn a_name_is_free_again_however_many_managers_end_at_once() {
    for _ in 0..2_000 {
        let store = MemoryStore::new();
        let managers: Vec<_> = (0..4).map(|_| SessionManager::<shop::User, _>::new(store.clone())).collect();
        std::thread::scope(|scope| managers.into_iter().for_each(|manager| drop(scope.spawn(move || drop(manager)))));
        SessionManager::<admin::User, _>::builder(store).build().unwrap();
    }
}

#[test]
fn the_same_name_on_another_store_disturbs_nobody() {
    let _shop = SessionManager::<shop::User, _>::builder(MemoryStore::new()).build().unwrap();
    let _admin = SessionManager::<admin::User, _>::builder(MemoryStore::new()).build().unwrap();
}

#[tokio::test]
async fn a_type_that_chose_the_name_of_another_is_the_same_schema() {
    let store = MemoryStore::new();
    let _default = SessionManager::<shop::User, _>::builder(store.clone()).build().unwrap();
    let before = SessionManager::<versions::old::Before, _>::builder(store.clone()).build().unwrap();
    let after = SessionManager::<versions::new::After, _>::builder(store).build().unwrap();
    let session = before.open(None).await.unwrap();
    session.set_account(7);
    let token = commit(&session).await;
    assert_eq!(after.open(token.as_str()).await.unwrap().account(), Some(7));
}
