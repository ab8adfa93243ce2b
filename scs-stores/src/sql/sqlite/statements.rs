//! The dialect of SQLite, in which the last parameter of a statement is the time: milliseconds since the Unix epoch.

use crate::sql::{PurgeStatement, Statements};

pub(super) const STATEMENTS: Statements = Statements {
    missing: r#"
SELECT 6 - count(*) FROM sqlite_schema
WHERE char(34) || name || char(34) IN (
    '"scs_sessions"', '"scs_sessions_expires"', '"scs_sessions_terms"', '"scs_sessions_terms_id"',
    '"scs_sessions_terms_expires"', '"scs_sessions_unpost"'
)"#,

    load: r#"
SELECT "revision", "payload", "expires" - ?2 FROM "scs_sessions" WHERE "id" = ?1 AND "expires" > ?2"#,

    insert: r#"
INSERT INTO "scs_sessions" ("id", "revision", "expires", "payload")
VALUES (?1, ?2, ?5 + ?3, ?4)
ON CONFLICT ("id") DO NOTHING"#,

    replace: r#"
UPDATE "scs_sessions"
SET "revision" = ?1, "payload" = ?2, "expires" = ?6 + ?3
WHERE "id" = ?4 AND "revision" = ?5 AND "expires" > ?6"#,

    touch: r#"
UPDATE "scs_sessions" SET "expires" = ?4 + ?1 WHERE "id" = ?2 AND "revision" = ?3 AND "expires" > ?4"#,

    // A trigger deletes what it was found under.
    delete: r#"
DELETE FROM "scs_sessions" WHERE "id" = ?1 AND "expires" > ?2"#,

    delete_at: r#"
DELETE FROM "scs_sessions" WHERE "id" = ?1 AND "revision" = ?2 AND "expires" > ?3"#,

    lock_record: None,

    delete_under: r#"
DELETE FROM "scs_sessions" WHERE "id" = ?2 AND "expires" > ?3 AND EXISTS (
    SELECT 1 FROM "scs_sessions_terms" AS "place" WHERE "place"."term" = ?1 AND "place"."id" = ?2 AND "place"."held"
)"#,

    discard: r#"
DELETE FROM "scs_sessions" WHERE "id" = ?1 AND "expires" <= ?2"#,

    unpost: r#"
DELETE FROM "scs_sessions_terms" WHERE "id" = ?1"#,

    page: r#"
SELECT "id", "revision", "payload", "expires" - ?3
FROM "scs_sessions"
WHERE "id" > ?1 AND "expires" > ?3
ORDER BY "id"
LIMIT ?2"#,

    // The age under a term counts from when it was attached, unless that had ended.
    post: r#"
INSERT INTO "scs_sessions_terms" AS "former" ("term", "id", "held", "attached", "expires")
VALUES (?1, ?2, 1, ?4, ?4 + ?3)
ON CONFLICT ("term", "id") DO UPDATE
SET "held" = 1,
    "attached" = iif("former"."expires" > ?4, "former"."attached", excluded."attached"),
    "expires" = excluded."expires""#,

    hold: r#"
UPDATE "scs_sessions_terms" SET "held" = 1, "expires" = ?4 + ?1 WHERE "term" = ?2 AND "id" = ?3 AND "expires" > ?4"#,

    extend: r#"
UPDATE "scs_sessions_terms" SET "expires" = max("expires", ?3 + ?1) WHERE "id" = ?2 AND "held" AND "expires" > ?3"#,

    drop: r#"
DELETE FROM "scs_sessions_terms" WHERE "term" = ?1 AND "id" = ?2"#,

    find: r#"
SELECT "id" FROM "scs_sessions_terms" WHERE "term" = ?1 AND "id" < ?2 AND "expires" > ?4 ORDER BY "id" DESC LIMIT ?3"#,

    lock_place: None,

    forget: r#"
DELETE FROM "scs_sessions_terms" AS "place"
WHERE "term" = ?1 AND "id" = ?2 AND NOT ("held" AND EXISTS (
    SELECT 1 FROM "scs_sessions" AS "session" WHERE "session"."id" = "place"."id" AND "session"."expires" > ?3
))"#,

    lock_term: None,

    others: r#"
SELECT "id", max(0, ?3 - "attached") FROM "scs_sessions_terms"
WHERE "term" = ?1 AND "id" <> ?2 AND "expires" > ?3
ORDER BY "attached", "id""#,

    admit: r#"
INSERT INTO "scs_sessions_terms" AS "former" ("term", "id", "held", "attached", "expires")
VALUES (?1, ?2, 0, ?4, ?4 + ?3)
ON CONFLICT ("term", "id") DO UPDATE
SET "attached" = iif("former"."expires" > ?4, "former"."attached", excluded."attached"),
    "expires" = max("former"."expires", excluded."expires")"#,

    purge: PurgeStatement::AtOnce(
        r#"
DELETE FROM "scs_sessions" WHERE "rowid" IN (
    SELECT "rowid" FROM "scs_sessions" WHERE "expires" <= ?2 ORDER BY "expires" LIMIT ?1
)"#,
    ),

    purge_terms: PurgeStatement::AtOnce(
        r#"
DELETE FROM "scs_sessions_terms" WHERE ("term", "id") IN (
    SELECT "term", "id" FROM "scs_sessions_terms" WHERE "expires" <= ?2 ORDER BY "expires" LIMIT ?1
)"#,
    ),
};
