-- Accounts and their sign-ins, guitar sessions and the practice played in them.
-- Times are UTC milliseconds. Of every token only its SHA-256 is kept.

CREATE TABLE users (
    id            TEXT PRIMARY KEY,
    -- As it was typed, for showing.
    email         TEXT    NOT NULL,
    -- In lower case: the same address twice is the same person.
    email_key     TEXT    NOT NULL UNIQUE,
    name          TEXT    NOT NULL,
    role          TEXT    NOT NULL
                  CHECK (role IN ('admin', 'manager', 'staff', 'trainer', 'front_desk', 'player')),
    password_hash TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    disabled_at   INTEGER
) STRICT;

-- One row per sign-in: a family of refresh tokens, and what every access token names.
CREATE TABLE sign_ins (
    id           TEXT PRIMARY KEY,
    user_id      TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    revoked_at   INTEGER
) STRICT;
CREATE INDEX sign_ins_user ON sign_ins (user_id);

-- Rotated tokens stay until their family ends: using one again is how a theft shows.
CREATE TABLE refresh_tokens (
    hash       TEXT PRIMARY KEY,
    sign_in    TEXT    NOT NULL REFERENCES sign_ins (id) ON DELETE CASCADE,
    issued_at  INTEGER NOT NULL,
    rotated_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_tokens_sign_in ON refresh_tokens (sign_in);

CREATE TABLE tickets (
    hash           TEXT PRIMARY KEY,
    sign_in        TEXT    NOT NULL REFERENCES sign_ins (id) ON DELETE CASCADE,
    -- The page that asked for it; NULL for a program.
    origin         TEXT,
    -- When the access ends with which it was asked for.
    access_ends_at INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX tickets_sign_in ON tickets (sign_in);

-- A browser without an account, named by its device cookie.
CREATE TABLE guests (
    id         TEXT PRIMARY KEY,
    token_hash TEXT    NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE guitar_sessions (
    id           TEXT PRIMARY KEY,
    host_hash    TEXT    NOT NULL UNIQUE,
    -- The secret itself is derived from the id and this number, so that it can be shown again.
    rotation     INTEGER NOT NULL,
    secret_hash  TEXT    NOT NULL UNIQUE,
    -- Whose practice is counted from now on.
    owner_guest  TEXT REFERENCES guests (id) ON DELETE SET NULL,
    owner_user   TEXT REFERENCES users (id) ON DELETE SET NULL,
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    ended_at     INTEGER
) STRICT;

-- The newest code of a session is the one that it shows. Old ones stay for an hour, so that a
-- late phone hears "expired" and not "wrong", and cannot land in somebody else's session.
CREATE TABLE guitar_codes (
    code       TEXT PRIMARY KEY,
    session    TEXT    NOT NULL REFERENCES guitar_sessions (id) ON DELETE CASCADE,
    made_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX guitar_codes_session ON guitar_codes (session, made_at);

CREATE TABLE guitar_participants (
    id         TEXT PRIMARY KEY,
    session    TEXT    NOT NULL REFERENCES guitar_sessions (id) ON DELETE CASCADE,
    role       TEXT    NOT NULL CHECK (role IN ('performer', 'spectator', 'waiting')),
    token_hash TEXT    NOT NULL UNIQUE,
    device     TEXT    NOT NULL,
    joined_at  INTEGER NOT NULL,
    removed_at INTEGER
) STRICT;
CREATE INDEX guitar_participants_session ON guitar_participants (session);

-- No foreign key to the session: practice outlives it.
CREATE TABLE practices (
    id          TEXT PRIMARY KEY,
    session     TEXT    NOT NULL,
    owner_guest TEXT REFERENCES guests (id) ON DELETE SET NULL,
    owner_user  TEXT REFERENCES users (id) ON DELETE SET NULL,
    status      TEXT    NOT NULL CHECK (status IN ('started', 'paused', 'ended')),
    started_at  INTEGER NOT NULL,
    ended_at    INTEGER,
    -- Practised up to `as_of`, summed from the events in the transaction of the last one.
    elapsed_ms  INTEGER NOT NULL,
    as_of       INTEGER NOT NULL,
    -- The last moment at which a device is known to have been there.
    alive_at    INTEGER NOT NULL,
    -- A JSON list, in order of first use.
    chords      TEXT    NOT NULL DEFAULT '[]',
    changes     INTEGER NOT NULL DEFAULT 0
) STRICT;
-- At most one practice of a session goes on.
CREATE UNIQUE INDEX practices_open ON practices (session) WHERE status <> 'ended';
CREATE INDEX practices_session ON practices (session, started_at);
CREATE INDEX practices_guest ON practices (owner_guest, started_at);
CREATE INDEX practices_user ON practices (owner_user, started_at);

CREATE TABLE practice_events (
    practice    TEXT    NOT NULL REFERENCES practices (id) ON DELETE CASCADE,
    number      INTEGER NOT NULL,
    kind        TEXT    NOT NULL CHECK (kind IN ('start', 'pause', 'end')),
    -- When it was made, and when it was stored.
    at          INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (practice, number)
) STRICT, WITHOUT ROWID;
