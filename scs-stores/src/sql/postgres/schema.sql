CREATE TABLE IF NOT EXISTS "scs_sessions" (
    "id" bytea PRIMARY KEY,
    "revision" bigint NOT NULL,
    "expires" timestamptz NOT NULL,
    "payload" bytea NOT NULL
);

CREATE INDEX IF NOT EXISTS "scs_sessions_expires" ON "scs_sessions" ("expires");

CREATE TABLE IF NOT EXISTS "scs_sessions_terms" (
    "term" bytea NOT NULL,
    "id" bytea NOT NULL,
    "held" boolean NOT NULL,
    "attached" timestamptz NOT NULL,
    "expires" timestamptz NOT NULL,
    PRIMARY KEY ("term", "id")
);

CREATE INDEX IF NOT EXISTS "scs_sessions_terms_id" ON "scs_sessions_terms" ("id");

CREATE INDEX IF NOT EXISTS "scs_sessions_terms_expires" ON "scs_sessions_terms" ("expires");
