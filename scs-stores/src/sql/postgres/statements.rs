//! The dialect of PostgreSQL, kept to what CockroachDB speaks too.
//!
//! `now()` is when the transaction began. A statement that may have waited for a lock asks for the time of the moment, and
//! what it decides by is read once the lock is there: a row that nobody changed meanwhile is not looked at again.

use crate::sql::{PurgeStatement, Statements};

pub(super) const STATEMENTS: Statements = Statements {
    missing: r#"
SELECT 5 - count(*) FROM pg_class AS "object"
WHERE "object".oid IN (to_regclass('"scs_sessions"'), to_regclass('"scs_sessions_terms"'))
OR "object".oid IN (
    SELECT indexrelid FROM pg_index
    WHERE indrelid IN (to_regclass('"scs_sessions"'), to_regclass('"scs_sessions_terms"'))
) AND chr(34) || "object".relname || chr(34)
    IN ('"scs_sessions_expires"', '"scs_sessions_terms_id"', '"scs_sessions_terms_expires"')"#,

    load: r#"
SELECT "revision", "payload", floor(extract(epoch FROM "expires" - now()) * 1000)::bigint
FROM "scs_sessions"
WHERE "id" = $1 AND "expires" > now()"#,

    insert: r#"
INSERT INTO "scs_sessions" ("id", "revision", "expires", "payload")
VALUES ($1, $2, now() + $3::float8 * interval '1 millisecond', $4)
ON CONFLICT ("id") DO NOTHING"#,

    replace: r#"
WITH "held" AS MATERIALIZED (
    SELECT "id", "expires" FROM "scs_sessions" WHERE "id" = $4 AND "revision" = $5 FOR UPDATE
)
UPDATE "scs_sessions" AS "session"
SET "revision" = $1, "payload" = $2, "expires" = clock_timestamp() + $3::float8 * interval '1 millisecond'
FROM "held"
WHERE "session"."id" = "held"."id" AND "held"."expires" > clock_timestamp()"#,

    touch: r#"
WITH "held" AS MATERIALIZED (
    SELECT "id", "expires" FROM "scs_sessions" WHERE "id" = $2 AND "revision" = $3 FOR UPDATE
)
UPDATE "scs_sessions" AS "session"
SET "expires" = clock_timestamp() + $1::float8 * interval '1 millisecond'
FROM "held"
WHERE "session"."id" = "held"."id" AND "held"."expires" > clock_timestamp()"#,

    delete: r#"
WITH "gone" AS (
    DELETE FROM "scs_sessions" WHERE "id" = $1 AND "expires" > clock_timestamp() RETURNING "id"
), "unposted" AS (
    DELETE FROM "scs_sessions_terms" WHERE "id" IN (SELECT "id" FROM "gone") RETURNING "id"
)
SELECT "id" FROM "gone""#,

    delete_at: r#"
WITH "gone" AS (
    DELETE FROM "scs_sessions" WHERE "id" = $1 AND "revision" = $2 AND "expires" > clock_timestamp() RETURNING "id"
), "unposted" AS (
    DELETE FROM "scs_sessions_terms" WHERE "id" IN (SELECT "id" FROM "gone") RETURNING "id"
)
SELECT "id" FROM "gone""#,

    lock_record: Some(
        r#"
SELECT "id" FROM "scs_sessions" WHERE "id" = $1 FOR UPDATE"#,
    ),

    delete_under: r#"
DELETE FROM "scs_sessions" AS "session" USING "scs_sessions_terms" AS "place"
WHERE "place"."term" = $1 AND "place"."id" = $2 AND "place"."held"
    AND "session"."id" = "place"."id" AND "session"."expires" > clock_timestamp()"#,

    discard: r#"
DELETE FROM "scs_sessions" WHERE "id" = $1 AND "expires" <= clock_timestamp()"#,

    unpost: r#"
DELETE FROM "scs_sessions_terms" WHERE "id" = $1"#,

    page: r#"
SELECT "id", "revision", "payload", floor(extract(epoch FROM "expires" - now()) * 1000)::bigint
FROM "scs_sessions"
WHERE "id" > $1 AND "expires" > now()
ORDER BY "id"
LIMIT $2"#,

    // The age under a term counts from when it was attached, unless that had ended.
    post: r#"
INSERT INTO "scs_sessions_terms" AS "former" ("term", "id", "held", "attached", "expires")
VALUES ($1, $2, true, clock_timestamp(), clock_timestamp() + $3::float8 * interval '1 millisecond')
ON CONFLICT ("term", "id") DO UPDATE
SET "held" = true,
    "attached" = CASE WHEN "former"."expires" > clock_timestamp() THEN "former"."attached" ELSE excluded."attached" END,
    "expires" = excluded."expires""#,

    hold: r#"
UPDATE "scs_sessions_terms"
SET "held" = true, "expires" = clock_timestamp() + $1::float8 * interval '1 millisecond'
WHERE "term" = $2 AND "id" = $3 AND "expires" > clock_timestamp()"#,

    extend: r#"
UPDATE "scs_sessions_terms"
SET "expires" = greatest("expires", clock_timestamp() + $1::float8 * interval '1 millisecond')
WHERE "id" = $2 AND "held" AND "expires" > clock_timestamp()"#,

    drop: r#"
DELETE FROM "scs_sessions_terms" WHERE "term" = $1 AND "id" = $2"#,

    // A place that no session holds has an empty id, and is not a session.
    find: r#"
SELECT "id" FROM "scs_sessions_terms"
WHERE "term" = $1 AND "id" > '' AND "id" < $2 AND "expires" > now()
ORDER BY "id" DESC
LIMIT $3"#,

    lock_place: Some(
        r#"
SELECT "id" FROM "scs_sessions_terms" WHERE "term" = $1 AND "id" = $2 FOR UPDATE"#,
    ),

    forget: r#"
DELETE FROM "scs_sessions_terms" AS "place"
WHERE "term" = $1 AND "id" = $2 AND NOT ("held" AND EXISTS (
    SELECT 1 FROM "scs_sessions" AS "session" WHERE "session"."id" = "place"."id" AND "session"."expires" > now()
))"#,

    // The place of no id is what those who want one wait for.
    lock_term: Some(
        r#"
INSERT INTO "scs_sessions_terms" AS "former" ("term", "id", "held", "attached", "expires")
VALUES ($1, '', false, now(), now() + $2::float8 * interval '1 millisecond')
ON CONFLICT ("term", "id") DO UPDATE SET "expires" = greatest("former"."expires", excluded."expires")"#,
    ),

    // The transaction may have begun long before it had the lock.
    others: r#"
SELECT "id", greatest(0, extract(epoch FROM clock_timestamp() - "attached") * 1000)::bigint
FROM "scs_sessions_terms"
WHERE "term" = $1 AND "id" <> $2 AND "id" <> '' AND "expires" > clock_timestamp()
ORDER BY "attached", "id""#,

    admit: r#"
INSERT INTO "scs_sessions_terms" AS "former" ("term", "id", "held", "attached", "expires")
VALUES ($1, $2, false, clock_timestamp(), clock_timestamp() + $3::float8 * interval '1 millisecond')
ON CONFLICT ("term", "id") DO UPDATE
SET "attached" = CASE WHEN "former"."expires" > clock_timestamp() THEN "former"."attached" ELSE excluded."attached" END,
    "expires" = greatest("former"."expires", excluded."expires")"#,

    purge: PurgeStatement::AtOnce(
        r#"
WITH "expired" AS MATERIALIZED (
    SELECT "id" FROM "scs_sessions" WHERE "expires" <= now() ORDER BY "expires" LIMIT $1 FOR UPDATE SKIP LOCKED
)
DELETE FROM "scs_sessions" AS "session" USING "expired" WHERE "session"."id" = "expired"."id""#,
    ),

    purge_terms: PurgeStatement::AtOnce(
        r#"
WITH "expired" AS MATERIALIZED (
    SELECT "term", "id" FROM "scs_sessions_terms" WHERE "expires" <= now() ORDER BY "expires" LIMIT $1 FOR UPDATE SKIP LOCKED
)
DELETE FROM "scs_sessions_terms" AS "place" USING "expired"
WHERE "place"."term" = "expired"."term" AND "place"."id" = "expired"."id""#,
    ),
};
