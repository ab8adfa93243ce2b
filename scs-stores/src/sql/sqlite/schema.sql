CREATE TABLE IF NOT EXISTS "scs_sessions" (
    "id" BLOB PRIMARY KEY NOT NULL,
    "revision" INTEGER NOT NULL,
    "expires" INTEGER NOT NULL, -- milliseconds since the Unix epoch
    "payload" BLOB NOT NULL
) STRICT;

CREATE INDEX IF NOT EXISTS "scs_sessions_expires" ON "scs_sessions" ("expires");

CREATE TABLE IF NOT EXISTS "scs_sessions_terms" (
    "term" BLOB NOT NULL,
    "id" BLOB NOT NULL,
    "held" INTEGER NOT NULL,
    "attached" INTEGER NOT NULL,
    "expires" INTEGER NOT NULL,
    PRIMARY KEY ("term", "id")
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS "scs_sessions_terms_id" ON "scs_sessions_terms" ("id");

CREATE INDEX IF NOT EXISTS "scs_sessions_terms_expires" ON "scs_sessions_terms" ("expires");

CREATE TRIGGER IF NOT EXISTS "scs_sessions_unpost" AFTER DELETE ON "scs_sessions" BEGIN
    DELETE FROM "scs_sessions_terms" WHERE "id" = OLD."id";
END;
