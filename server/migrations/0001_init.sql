-- The gym: members, plans, visits, the log of durable topics, commands and the audit log.
--
-- Ids are UUIDs as text, moments are UTC milliseconds, dates are `YYYY-MM-DD` in the gym's zone.

-- Settings that the database holds; the rest stands in Leptos.toml.
CREATE TABLE settings (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE plans (
    id       TEXT   NOT NULL PRIMARY KEY,
    name     TEXT   NOT NULL UNIQUE,
    -- The length of one subscription: months or days.
    months   BIGINT,
    days     BIGINT,
    -- Visits of a pass; absent when visits are not counted.
    visits   BIGINT CHECK (visits > 0),
    -- The order in which plans are offered.
    position BIGINT NOT NULL,
    CHECK ((months IS NULL) <> (days IS NULL))
);

CREATE TABLE members (
    id          TEXT   NOT NULL PRIMARY KEY,
    number      TEXT   NOT NULL UNIQUE,
    full_name   TEXT   NOT NULL,
    -- The name without accents and case, for sorting.
    sort_name   TEXT   NOT NULL,
    phone       TEXT,
    email       TEXT,
    card_code   TEXT UNIQUE,
    barred_at   BIGINT,
    joined_at   BIGINT NOT NULL
);
CREATE INDEX members_by_name ON members (sort_name, id);

-- What the search finds a member by: the words of the name, the digits of number and phone.
-- A range over `word` is a prefix search in every database.
CREATE TABLE member_words (
    word      TEXT   NOT NULL,
    member_id TEXT   NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    -- Lower is better: 0 number, 1 first word of the name, 2 its other words, 3 phone.
    rank      BIGINT NOT NULL,
    PRIMARY KEY (word, member_id, rank)
);
CREATE INDEX member_words_by_member ON member_words (member_id, word);

CREATE TABLE subscriptions (
    id           TEXT   NOT NULL PRIMARY KEY,
    member_id    TEXT   NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    plan_id      TEXT   NOT NULL REFERENCES plans (id),
    starts_on    TEXT   NOT NULL,
    -- The last day.
    ends_on      TEXT   NOT NULL,
    -- A pass cannot be overdrawn, whatever the code does.
    visits_left  BIGINT CHECK (visits_left >= 0),
    -- The first frozen day, and the first day after the freeze.
    frozen_from  TEXT,
    frozen_until TEXT,
    created_at   BIGINT NOT NULL
);
CREATE INDEX subscriptions_by_member ON subscriptions (member_id);

CREATE TABLE visits (
    id                   TEXT   NOT NULL PRIMARY KEY,
    member_id            TEXT   NOT NULL REFERENCES members (id),
    location             TEXT   NOT NULL,
    notes                TEXT,
    check_in_at          BIGINT NOT NULL,
    check_out_at         BIGINT,
    closed_automatically BIGINT NOT NULL DEFAULT 0,
    -- Taken back: the visit counts nowhere.
    undone_at            BIGINT,
    -- The pass that the visit was taken from, to give it back.
    subscription_id      TEXT REFERENCES subscriptions (id) ON DELETE SET NULL,
    recorded_at          BIGINT NOT NULL
);
-- The fact that no race can break: one open visit per member.
CREATE UNIQUE INDEX visits_one_open ON visits (member_id)
    WHERE check_out_at IS NULL AND undone_at IS NULL;
CREATE INDEX visits_by_member ON visits (member_id, check_in_at);
-- Both cover what the figures need, down to the columns of their own conditions: without those
-- SQLite would look into the table for every row.
CREATE INDEX visits_by_begin ON visits (check_in_at, undone_at) WHERE undone_at IS NULL;
CREATE INDEX visits_by_end ON visits (check_out_at, check_in_at, undone_at, closed_automatically)
    WHERE undone_at IS NULL AND closed_automatically = 0;

-- Numbers that are given out once.
CREATE TABLE counters (
    name  TEXT   NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);

-- One counter per durable topic. The epoch names one life of the log.
CREATE TABLE topics (
    name  TEXT   NOT NULL PRIMARY KEY,
    epoch TEXT   NOT NULL,
    top   BIGINT NOT NULL
);

CREATE TABLE events (
    topic       TEXT   NOT NULL REFERENCES topics (name),
    -- The offset; that word is reserved in PostgreSQL.
    place       BIGINT NOT NULL,
    kind        TEXT   NOT NULL,
    version     BIGINT NOT NULL,
    -- What it is about: the visit, or the refusal itself.
    subject_id  TEXT   NOT NULL,
    -- No foreign key: an event outlives a member who asks to be forgotten.
    member_id   TEXT,
    -- JSON, without names.
    facts       TEXT   NOT NULL,
    at          BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (topic, place)
);

CREATE TABLE commands (
    scope      TEXT   NOT NULL,
    id         TEXT   NOT NULL,
    kind       TEXT   NOT NULL,
    -- Of the content: the same id with other content is a mistake of the client.
    hash       TEXT   NOT NULL,
    -- The first answer, as JSON.
    answer     TEXT,
    -- Whom it was about; set when a card was shown, so that a second scan repeats the card.
    member_id  TEXT,
    -- When it was made, and when it was recorded.
    at         BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (scope, id)
);
CREATE INDEX commands_by_member ON commands (member_id, at) WHERE member_id IS NOT NULL;
CREATE INDEX commands_by_age ON commands (created_at);

CREATE TABLE audit (
    id         TEXT   NOT NULL PRIMARY KEY,
    at         BIGINT NOT NULL,
    actor_id   TEXT   NOT NULL,
    actor_name TEXT   NOT NULL,
    action     TEXT   NOT NULL,
    subject_id TEXT   NOT NULL,
    -- What a person gave as the reason.
    reason     TEXT,
    -- JSON.
    before     TEXT,
    after      TEXT
);
CREATE INDEX audit_by_age ON audit (at);
CREATE INDEX audit_by_subject ON audit (subject_id, at);
