//! Older and newer binaries beside each other.

use scs::{MemoryStore, Outcome, Session, SessionError, SessionManager, Status};

use crate::support::commit;

mod old {
    use super::Session;

    #[derive(Session)]
    #[session(name = "Visitor")]
    pub(super) struct Visitor {
        pub(super) visits: u32,
    }
}

mod new {
    use super::Session;

    #[derive(Session)]
    #[session(name = "Visitor")]
    pub(super) struct Visitor {
        pub(super) visits: u64,
        pub(super) theme: Option<String>,
    }
}

#[tokio::test]
async fn an_older_binary_keeps_the_fields_it_does_not_know() {
    let store = MemoryStore::new();
    let older = SessionManager::<old::Visitor, _>::new(store.clone());
    let newer = SessionManager::<new::Visitor, _>::new(store);
    let session = newer.open(None).await.unwrap();
    session.set_theme("dark");
    let token = commit(&session).await;
    for round in 1..=100_u32 {
        let session = older.open(token.as_str()).await.unwrap();
        session.update_visits(|visits| *visits += 1);
        session.commit().await.unwrap();
        let session = newer.open(token.as_str()).await.unwrap();
        assert_eq!((session.visits(), session.theme().as_deref()), (u64::from(round), Some("dark")));
    }
}

#[tokio::test]
async fn an_older_binary_that_meets_a_conflict_keeps_them_too() {
    let store = MemoryStore::new();
    let older = SessionManager::<old::Visitor, _>::new(store.clone());
    let newer = SessionManager::<new::Visitor, _>::new(store);
    let session = newer.open(None).await.unwrap();
    session.set_visits(1);
    let token = commit(&session).await;
    let slow = older.open(token.as_str()).await.unwrap();
    slow.update_visits(|visits| *visits += 1);
    let session = newer.open(token.as_str()).await.unwrap();
    session.set_theme("dark");
    session.commit().await.unwrap();
    slow.commit().await.unwrap();
    let session = newer.open(token.as_str()).await.unwrap();
    assert_eq!((session.visits(), session.theme().as_deref()), (2, Some("dark")));
}

#[tokio::test]
async fn clearing_drops_the_fields_of_newer_binaries_too() {
    let store = MemoryStore::new();
    let older = SessionManager::<old::Visitor, _>::new(store.clone());
    let newer = SessionManager::<new::Visitor, _>::new(store);
    let session = newer.open(None).await.unwrap();
    session.set_theme("dark");
    let token = commit(&session).await;
    let session = older.open(token.as_str()).await.unwrap();
    session.clear();
    session.commit().await.unwrap();
    assert_eq!(newer.open(token.as_str()).await.unwrap().theme(), None);

    session.set_visits(1);
    session.commit().await.unwrap();
    let newer_request = newer.open(token.as_str()).await.unwrap();
    newer_request.set_theme("light");
    newer_request.commit().await.unwrap();
    session.clear();
    session.commit().await.unwrap();
    assert_eq!(newer.open(token.as_str()).await.unwrap().theme(), None, "also those that it stored meanwhile");
}

mod text {
    use super::Session;

    #[derive(Session)]
    #[session(name = "Visitor")]
    pub(super) struct Visitor {
        pub(super) visits: String,
        pub(super) theme: Option<String>,
    }
}

#[tokio::test]
async fn a_value_that_no_longer_decodes_reads_as_the_default_and_hides_no_other_field() {
    let store = MemoryStore::new();
    let newer = SessionManager::<new::Visitor, _>::new(store.clone());
    let session = newer.open(None).await.unwrap();
    session.set_visits(3);
    session.set_theme("dark");
    let token = commit(&session).await;
    let changed = SessionManager::<text::Visitor, _>::new(store);
    let session = changed.open(token.as_str()).await.unwrap();
    assert_eq!((session.visits().as_str(), session.theme().as_deref()), ("", Some("dark")));
    session.set_theme("light");
    session.commit().await.unwrap();
    assert_eq!(newer.open(token.as_str()).await.unwrap().visits(), 3, "the bytes are kept until they are replaced");
}

mod renamed {
    use super::Session;

    #[derive(Session)]
    #[session(name = "Visitor")]
    pub(super) struct Visitor {
        #[session(rename = "visits", alias = "visit_count", alias = "hits")]
        pub(super) total: u64,
        #[session(index, alias = "user")]
        pub(super) account: Option<u64>,
    }
}

mod before {
    use super::Session;

    #[derive(Session)]
    #[session(name = "Visitor")]
    pub(super) struct Visitor {
        pub(super) hits: u64,
        #[session(index, alias = "account")]
        pub(super) user: Option<u64>,
    }
}

#[tokio::test]
async fn a_field_is_stored_under_its_name_and_read_under_its_aliases() {
    let store = MemoryStore::new();
    let plain = SessionManager::<old::Visitor, _>::new(store.clone());
    let renamed = SessionManager::<renamed::Visitor, _>::new(store.clone());
    let earlier = SessionManager::<before::Visitor, _>::new(store);

    let session = earlier.open(None).await.unwrap();
    session.set_hits(3);
    let token = commit(&session).await;
    let session = renamed.open(token.as_str()).await.unwrap();
    assert_eq!(session.total(), 3, "read under an alias");
    session.set_total(4);
    session.commit().await.unwrap();
    assert_eq!(plain.open(token.as_str()).await.unwrap().visits(), 4, "written under its own name");
    assert_eq!(earlier.open(token.as_str()).await.unwrap().hits(), 0, "and under no other");
}

#[tokio::test]
async fn a_fields_own_name_wins_over_an_alias() {
    let store = MemoryStore::new();
    let plain = SessionManager::<old::Visitor, _>::new(store.clone());
    let earlier = SessionManager::<before::Visitor, _>::new(store.clone());
    let session = earlier.open(None).await.unwrap();
    session.set_hits(3);
    let token = commit(&session).await;
    let session = plain.open(token.as_str()).await.unwrap();
    session.set_visits(5);
    session.commit().await.unwrap();
    let renamed = SessionManager::<renamed::Visitor, _>::new(store);
    assert_eq!(renamed.open(token.as_str()).await.unwrap().total(), 5);
}

#[tokio::test]
async fn an_indexed_field_is_found_under_every_name_and_only_once() {
    let store = MemoryStore::new();
    let earlier = SessionManager::<before::Visitor, _>::new(store.clone());
    let renamed = SessionManager::<renamed::Visitor, _>::new(store);
    let session = earlier.open(None).await.unwrap();
    session.set_user(7);
    let token = commit(&session).await;
    let by = || renamed::Visitor::by_account(7);
    assert_eq!(renamed.find(by()).await.unwrap().len(), 1, "indexed under the old name");

    let session = renamed.open(token.as_str()).await.unwrap();
    session.set_total(1);
    session.commit().await.unwrap();
    assert_eq!(renamed.find(by()).await.unwrap().len(), 1, "indexed under the new name");
    assert_eq!(earlier.find(before::Visitor::by_user(7)).await.unwrap().len(), 1, "found by the older binary too");

    let session = earlier.open(None).await.unwrap();
    session.set_user(7);
    commit(&session).await;
    assert_eq!(renamed.find(by()).await.unwrap().len(), 2);
    assert_eq!(renamed.revoke_all(by()).await.unwrap(), 2, "logging out everywhere knows every name");
    assert_eq!(renamed.find(by()).await.unwrap().len(), 0);
}

mod first {
    use super::Session;

    #[derive(Session)]
    #[session(name = "Person")]
    pub(super) struct Person {
        pub(super) name: String,
        #[session(index)]
        pub(super) account: Option<u64>,
    }
}

mod third {
    use scs::{CodecError, RawFields};

    use super::Session;

    #[derive(Session)]
    #[session(name = "Person", version = 3, migrate(from = 1, with = split), migrate(from = 2, with = count))]
    pub(super) struct Person {
        pub(super) first_name: String,
        pub(super) last_name: String,
        pub(super) letters: usize,
        #[session(index)]
        pub(super) account: Option<u64>,
    }

    fn split(fields: &mut RawFields) -> Result<(), CodecError> {
        assert_eq!(format!("{fields:?}"), r#"["name", "account"]"#, "names are printed, and no value");
        let name: String = fields.get("name")?.unwrap_or_default();
        let (first, last) = name.split_once(' ').unwrap_or((&name, ""));
        fields.set("first_name", &first.to_owned())?;
        fields.set("last_name", &last.to_owned())?;
        fields.remove("name");
        Ok(())
    }

    fn count(fields: &mut RawFields) -> Result<(), String> {
        let last: Option<String> = fields.get("last_name").map_err(|error| error.to_string())?;
        match last {
            Some(last) if last == "Nobody" => Err("nobody is refused".to_owned()),
            last => fields.set("letters", &last.unwrap_or_default().len()).map_err(|error| error.to_string()),
        }
    }
}

mod grown {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use scs::{CodecError, RawFields};

    use super::Session;

    /// How many fields a migration adds.
    pub(super) static MORE: AtomicUsize = AtomicUsize::new(0);

    #[derive(Session)]
    #[session(name = "Person", version = 2, migrate(from = 1, with = grow))]
    pub(super) struct Person {
        pub(super) name: String,
    }

    fn grow(fields: &mut RawFields) -> Result<(), CodecError> {
        (0..MORE.load(Ordering::SeqCst)).try_for_each(|number| fields.set(&format!("field_{number}"), &number))
    }
}

mod full {
    use scs::{CodecError, RawFields};

    use super::Session;

    #[derive(Session)]
    #[session(name = "Person", version = 2, migrate(from = 1, with = fill))]
    pub(super) struct Person {
        pub(super) name: String,
        pub(super) theme: Option<String>,
    }

    /// It has two fields already.
    fn fill(fields: &mut RawFields) -> Result<(), CodecError> {
        (2..4096).try_for_each(|number| fields.set(&format!("field_{number}"), &number))
    }
}

async fn person(store: &MemoryStore, name: &str) -> String {
    let session = SessionManager::<first::Person, _>::new(store.clone()).open(None).await.unwrap();
    session.set_name(name);
    session.set_account(7);
    commit(&session).await
}

#[tokio::test]
async fn a_record_has_4096_fields_at_most() {
    let store = MemoryStore::new();
    let token = person(&store, "Ada Lovelace").await;
    let sessions = SessionManager::<grown::Person, _>::new(store);
    for (fields, is_read) in [(4096, true), (4097, false)] {
        // It has two already.
        grown::MORE.store(fields - 2, std::sync::atomic::Ordering::SeqCst);
        let opened = sessions.open(token.as_str()).await;
        assert_eq!(opened.is_ok_and(|session| session.name() == "Ada Lovelace"), is_read, "{fields} fields");
    }
}

#[tokio::test]
async fn no_record_is_written_that_has_more_fields_than_can_be_read() {
    let store = MemoryStore::new();
    let token = person(&store, "Ada Lovelace").await;
    let sessions = SessionManager::<full::Person, _>::builder(store).max_record_size(1 << 20).build().unwrap();
    let session = sessions.open(token.as_str()).await.unwrap();
    session.set_name("Ada King");
    session.commit().await.unwrap();
    session.set_theme("dark");
    assert!(matches!(session.commit().await, Err(SessionError::TooManyFields { count: 4097, limit: 4096 })));
    assert_eq!(sessions.open(token.as_str()).await.unwrap().name(), "Ada King");
}

#[tokio::test]
async fn a_record_of_an_older_version_is_migrated_step_by_step() {
    let store = MemoryStore::new();
    let token = person(&store, "Ada Lovelace").await;
    let sessions = SessionManager::<third::Person, _>::new(store.clone());
    for _ in 0..2 {
        let session = sessions.open(token.as_str()).await.unwrap();
        let read = (session.first_name(), session.last_name(), session.letters());
        assert_eq!(read, ("Ada".to_owned(), "Lovelace".to_owned(), 8));
        assert_eq!(session.status(), Status::Unmodified, "reading writes nothing");
    }
    let session = sessions.open(token.as_str()).await.unwrap();
    session.set_letters(9);
    session.commit().await.unwrap();
    let session = sessions.open(token.as_str()).await.unwrap();
    assert_eq!(
        (session.first_name().as_str(), session.letters()),
        ("Ada", 9),
        "a written record is not migrated again"
    );
}

#[tokio::test]
async fn a_change_that_meets_an_unmigrated_record_is_repeated_on_its_migration() {
    let store = MemoryStore::new();
    let token = person(&store, "Ada Lovelace").await;
    let older = SessionManager::<first::Person, _>::new(store.clone());
    let newer = SessionManager::<third::Person, _>::new(store);
    let slow = newer.open(token.as_str()).await.unwrap();
    slow.update_letters(|letters| *letters += 100);
    let session = older.open(token.as_str()).await.unwrap();
    session.set_name("Ada King");
    session.commit().await.unwrap();
    slow.commit().await.unwrap();
    let session = newer.open(token.as_str()).await.unwrap();
    assert_eq!((session.last_name().as_str(), session.letters()), ("King", 104));
}

#[tokio::test]
async fn an_older_binary_keeps_the_higher_version_it_found() {
    let store = MemoryStore::new();
    let token = person(&store, "Ada Lovelace").await;
    let older = SessionManager::<first::Person, _>::new(store.clone());
    let newer = SessionManager::<third::Person, _>::new(store);
    let session = newer.open(token.as_str()).await.unwrap();
    session.set_letters(99);
    session.commit().await.unwrap();
    let session = older.open(token.as_str()).await.unwrap();
    session.set_account(8);
    session.commit().await.unwrap();
    let session = newer.open(token.as_str()).await.unwrap();
    assert_eq!((session.letters(), session.first_name().as_str()), (99, "Ada"), "nothing is migrated a second time");
}

#[tokio::test]
async fn a_migration_that_refuses_a_record_is_an_error_and_keeps_it() {
    let store = MemoryStore::new();
    let token = person(&store, "Emil Nobody").await;
    let newer = SessionManager::<third::Person, _>::new(store.clone());
    let error = newer.open(token.as_str()).await.unwrap_err();
    assert!(matches!(error, SessionError::Migration { from: 2, .. }), "{error:?}");
    let older = SessionManager::<first::Person, _>::new(store);
    assert_eq!(older.open(token.as_str()).await.unwrap().name(), "Emil Nobody");
    let other = newer.find(third::Person::by_account(7)).await.unwrap();
    assert_eq!(other.len(), 0, "a list goes on without it");
    assert_eq!(newer.revoke_all(third::Person::by_account(7)).await.unwrap(), 1, "and logging out still ends it");
}

mod strict {
    use super::Session;

    #[derive(Session)]
    #[session(name = "Visitor")]
    pub(super) struct Ends {
        #[session(on_invalid = "destroy")]
        pub(super) visits: String,
    }

    #[derive(Session)]
    #[session(name = "Visitor")]
    pub(super) struct Fails {
        #[session(on_invalid = "error")]
        pub(super) visits: String,
        pub(super) theme: Option<String>,
    }
}

async fn visitor(store: &MemoryStore) -> String {
    let session = SessionManager::<new::Visitor, _>::new(store.clone()).open(None).await.unwrap();
    session.set_visits(3);
    commit(&session).await
}

#[tokio::test]
async fn a_value_that_no_longer_decodes_ends_the_session_where_the_field_says_so() {
    let store = MemoryStore::new();
    let token = visitor(&store).await;
    let sessions = SessionManager::<strict::Ends, _>::new(store.clone());
    assert_eq!(sessions.iterate().await.unwrap().len(), 0, "a list goes on without it");
    let session = sessions.open(token.as_str()).await.unwrap();
    assert_eq!((session.outcome(), session.is_new(), session.visits().as_str()), (Outcome::Invalid, true, ""));
    assert!(session.commit().await.unwrap().is_removed(), "the client forgets its token");
    let newer = SessionManager::<new::Visitor, _>::new(store);
    assert_eq!(newer.open(token.as_str()).await.unwrap().outcome(), Outcome::Unknown);
}

#[tokio::test]
async fn a_value_that_no_longer_decodes_is_an_error_where_the_field_says_so() {
    let store = MemoryStore::new();
    let token = visitor(&store).await;
    let sessions = SessionManager::<strict::Fails, _>::new(store.clone());
    let error = sessions.open(token.as_str()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the stored value of session field `visits` does not decode as `String`; raise the schema's `version` and write a migration"
    );
    let newer = SessionManager::<new::Visitor, _>::new(store);
    assert_eq!(newer.open(token.as_str()).await.unwrap().visits(), 3, "nothing is lost");
}

#[tokio::test]
async fn a_reload_that_finds_a_value_that_no_longer_decodes_says_so_too() {
    let store = MemoryStore::new();
    let ends = SessionManager::<strict::Ends, _>::new(store.clone());
    let fails = SessionManager::<strict::Fails, _>::new(store.clone());
    let session = ends.open(None).await.unwrap();
    session.set_visits("three");
    let token = commit(&session).await;
    let failing = fails.open(token.as_str()).await.unwrap();
    let newer = SessionManager::<new::Visitor, _>::new(store).open(token.as_str()).await.unwrap();
    newer.set_visits(3);
    newer.commit().await.unwrap();
    assert!(matches!(session.reload().await, Err(SessionError::Gone)));
    session.set_visits("four");
    assert!(matches!(session.commit().await, Err(SessionError::Gone)), "what has ended is not written to");
    assert!(matches!(failing.reload().await, Err(SessionError::Invalid { field: "visits", .. })));
}

/// A rolling deploy: two binaries that know different fields take turns on one session.
#[tokio::test]
async fn ten_thousand_alternating_requests_of_two_binaries_lose_no_field_of_either() {
    mod left {
        use super::Session;

        #[derive(Session)]
        #[session(name = "Shop")]
        pub(super) struct Shop {
            pub(super) shared: u64,
            pub(super) left: u64,
            #[session(alias = "renamed")]
            pub(super) name: String,
        }
    }
    mod right {
        use super::Session;

        #[derive(Session)]
        #[session(name = "Shop", version = 2)]
        pub(super) struct Shop {
            pub(super) shared: u64,
            pub(super) right: Vec<u64>,
            #[session(alias = "name")]
            pub(super) renamed: String,
        }
    }
    let store = MemoryStore::new();
    let older = SessionManager::<left::Shop, _>::new(store.clone());
    let newer = SessionManager::<right::Shop, _>::new(store);
    let session = older.open(None).await.unwrap();
    session.set_name("round 0");
    let token = commit(&session).await;
    for round in 1..=5_000_u64 {
        let session = older.open(token.as_str()).await.unwrap();
        assert_eq!(session.name(), format!("round {}", round - 1));
        session.update_shared(|shared| *shared += 1);
        session.set_left(round);
        session.set_name(format!("half {round}"));
        session.commit().await.unwrap();

        let session = newer.open(token.as_str()).await.unwrap();
        assert_eq!(session.renamed(), format!("half {round}"));
        session.update_shared(|shared| *shared += 1);
        session.update_right(move |right| right.push(round));
        session.update_right(|right| right.truncate(3));
        session.set_renamed(format!("round {round}"));
        session.commit().await.unwrap();
    }
    let (older, newer) = (older.open(token.as_str()).await.unwrap(), newer.open(token.as_str()).await.unwrap());
    assert_eq!((older.shared(), older.left()), (10_000, 5_000));
    assert_eq!((newer.shared(), newer.right()), (10_000, vec![1, 2, 3]));
}

mod unindexed {
    use super::Session;

    #[derive(Session)]
    #[session(name = "Visitor")]
    pub(super) struct Visitor {
        pub(super) hits: u64,
    }
}

#[tokio::test]
async fn an_older_binary_that_writes_a_record_leaves_it_in_the_indexes_of_a_newer_one() {
    let store = MemoryStore::new();
    let older = SessionManager::<unindexed::Visitor, _>::new(store.clone());
    let newer = SessionManager::<before::Visitor, _>::new(store);
    let session = newer.open(None).await.unwrap();
    session.set_user(7);
    let token = commit(&session).await;
    let session = older.open(token.as_str()).await.unwrap();
    session.set_hits(1);
    session.commit().await.unwrap();
    assert_eq!(newer.revoke_all(before::Visitor::by_user(7)).await.unwrap(), 1);
}
