//! The dialect of PostgreSQL, kept to what CockroachDB speaks too.

use crate::sql::Statements;

pub(super) const STATEMENTS: Statements = Statements {
    load: r#"
SELECT "revision", "payload", floor(extract(epoch FROM "expires" - now()) * 1000)::bigint
FROM "scs_sessions"
WHERE "id" = $1 AND "expires" > now()"#,

    insert: r#"
INSERT INTO "scs_sessions" ("id", "revision", "expires", "payload")
VALUES ($1, $2, now() + $3::float8 * interval '1 millisecond', $4)
ON CONFLICT ("id") DO NOTHING"#,

    replace: r#"
UPDATE "scs_sessions"
SET "revision" = $1, "payload" = $2, "expires" = now() + $3::float8 * interval '1 millisecond'
WHERE "id" = $4 AND "revision" = $5 AND "expires" > now()"#,

    touch: r#"
UPDATE "scs_sessions"
SET "expires" = now() + $1::float8 * interval '1 millisecond'
WHERE "id" = $2 AND "revision" = $3 AND "expires" > now()"#,

    delete: r#"
WITH "gone" AS (
    DELETE FROM "scs_sessions" WHERE "id" = $1 AND "expires" > now() RETURNING "id"
), "unposted" AS (
    DELETE FROM "scs_sessions_terms" WHERE "id" IN (SELECT "id" FROM "gone") RETURNING "id"
)
SELECT "id" FROM "gone""#,

    delete_at: r#"
WITH "gone" AS (
    DELETE FROM "scs_sessions" WHERE "id" = $1 AND "revision" = $2 AND "expires" > now() RETURNING "id"
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
    AND "session"."id" = "place"."id" AND "session"."expires" > now()"#,

    discard: r#"
DELETE FROM "scs_sessions" WHERE "id" = $1 AND "expires" <= now()"#,

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
VALUES ($1, $2, true, clock_timestamp(), now() + $3::float8 * interval '1 millisecond')
ON CONFLICT ("term", "id") DO UPDATE
SET "held" = true,
    "attached" = CASE WHEN "former"."expires" > now() THEN "former"."attached" ELSE excluded."attached" END,
    "expires" = excluded."expires""#,

    hold: r#"
UPDATE "scs_sessions_terms"
SET "held" = true, "expires" = now() + $1::float8 * interval '1 millisecond'
WHERE "term" = $2 AND "id" = $3 AND "expires" > now()"#,

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
WHERE "term" = $1 AND "id" <> $2 AND "id" <> '' AND "expires" > now()
ORDER BY "attached", "id""#,

    admit: r#"
INSERT INTO "scs_sessions_terms" AS "former" ("term", "id", "held", "attached", "expires")
VALUES ($1, $2, false, clock_timestamp(), now() + $3::float8 * interval '1 millisecond')
ON CONFLICT ("term", "id") DO UPDATE
SET "attached" = CASE WHEN "former"."expires" > now() THEN "former"."attached" ELSE excluded."attached" END,
    "expires" = greatest("former"."expires", excluded."expires")"#,

    purge: r#"
WITH "expired" AS MATERIALIZED (
    SELECT "id" FROM "scs_sessions" WHERE "expires" <= now() ORDER BY "expires" LIMIT $1 FOR UPDATE SKIP LOCKED
)
DELETE FROM "scs_sessions" AS "session" USING "expired" WHERE "session"."id" = "expired"."id""#,

    purge_terms: r#"
WITH "expired" AS MATERIALIZED (
    SELECT "term", "id" FROM "scs_sessions_terms" WHERE "expires" <= now() ORDER BY "expires" LIMIT $1 FOR UPDATE SKIP LOCKED
)
DELETE FROM "scs_sessions_terms" AS "place" USING "expired"
WHERE "place"."term" = "expired"."term" AND "place"."id" = "expired"."id""#,
};
