-- What the release with the migrations 0001 and 0002 says to its database. See releases.rs.
-- One statement ends with a semicolon at the end of a line.

-- The gym.
INSERT INTO topics (name, epoch, top) VALUES ('checkins', 'e', 0) ON CONFLICT (name) DO UPDATE SET epoch = 'e';
INSERT INTO settings (name, value) VALUES ('gym', 'Harbour Gym');
INSERT INTO plans (id, name, months, visits, position) VALUES ('p1', 'Monthly', 1, NULL, 0);
INSERT INTO counters (name, value) VALUES ('member_number', 1000)
 ON CONFLICT (name) DO UPDATE SET value = counters.value + 1 RETURNING value;
INSERT INTO members (id, number, full_name, sort_name, phone, email, card_code, joined_at)
 VALUES ('m1', 'M-10008', 'Ana', 'ana', NULL, NULL, '04AB', 1) ON CONFLICT DO NOTHING;
INSERT INTO member_words (word, member_id, rank) VALUES ('ana', 'm1', 1), ('10008', 'm1', 0);
INSERT INTO subscriptions (id, member_id, plan_id, starts_on, ends_on, visits_left, created_at)
 VALUES ('s1', 'm1', 'p1', '2026-11-22', '2026-12-21', 3, 1);
INSERT INTO commands (scope, id, kind, hash, at, created_at)
 VALUES ('gym', 'c1', 'check_in', 'h', 1, 1) ON CONFLICT (scope, id) DO NOTHING;
SELECT m.id, m.number, m.full_name, m.barred_at, v.id AS visit_id, v.location, v.check_in_at,
 s.id AS subscription_id, s.starts_on, s.ends_on, s.visits_left, s.frozen_from, s.frozen_until,
 p.name AS plan, (SELECT COUNT(*) FROM visits c WHERE c.member_id = m.id AND c.check_in_at >= 0
 AND c.undone_at IS NULL) AS month_visits
 FROM members m LEFT JOIN visits v ON v.member_id = m.id AND v.check_out_at IS NULL
 AND v.undone_at IS NULL LEFT JOIN subscriptions s ON s.member_id = m.id
 LEFT JOIN plans p ON p.id = s.plan_id WHERE m.id = 'm1' OR m.number = 'M-10008' OR m.card_code = 'X';
INSERT INTO visits (id, member_id, location, notes, check_in_at, subscription_id, recorded_at)
 VALUES ('v1', 'm1', 'Desk', NULL, 10, 's1', 10) ON CONFLICT DO NOTHING;
UPDATE subscriptions SET visits_left = visits_left + -1 WHERE id = 's1';
SELECT top FROM topics WHERE name = 'checkins';
INSERT INTO events (topic, place, kind, version, subject_id, member_id, facts, at, recorded_at)
 VALUES ('checkins', 1, 'member_checked_in', 1, 'v1', 'm1', '{}', 10, 10);
UPDATE commands SET answer = '{}', member_id = 'm1' WHERE scope = 'gym' AND id = 'c1';
UPDATE topics SET top = 1 WHERE name = 'checkins' AND top = 0;
SELECT answer FROM commands WHERE member_id = 'm1' AND at >= 0 AND at <= 9 ORDER BY at DESC LIMIT 1;
SELECT (SELECT COUNT(*) FROM visits WHERE check_out_at IS NULL AND undone_at IS NULL
 AND closed_automatically = 0), (SELECT COUNT(*) FROM visits WHERE check_in_at >= 0
 AND check_in_at < 99 AND undone_at IS NULL), COUNT(*) FROM visits WHERE check_out_at >= 0
 AND check_out_at < 99 AND undone_at IS NULL AND closed_automatically = 0;
SELECT e.place, e.kind, e.version, e.subject_id, e.member_id, e.facts, e.at, e.recorded_at,
 m.number, m.full_name FROM events e LEFT JOIN members m ON m.id = e.member_id
 WHERE e.topic = 'checkins' AND e.place > 0 ORDER BY e.place LIMIT 9;
SELECT v.id, v.location, v.check_in_at, v.check_out_at, v.closed_automatically, v.undone_at,
 v.recorded_at, v.subscription_id, m.id AS member_id, m.number, m.full_name
 FROM visits v JOIN members m ON m.id = v.member_id WHERE v.id = 'v1';
UPDATE visits SET check_out_at = 20, closed_automatically = 0 WHERE id = 'v1' AND check_out_at IS NULL;
UPDATE visits SET undone_at = 21 WHERE id = 'v1' AND undone_at IS NULL;
INSERT INTO audit (id, at, actor_id, actor_name, action, subject_id, reason, before, after)
 VALUES ('a1', 21, 'u1', 'Dana', 'check_in_undone', 'v1', NULL, NULL, NULL);
SELECT w.member_id FROM member_words w JOIN members m ON m.id = w.member_id WHERE (w.word >= 'an'
 AND w.word < 'ao') GROUP BY w.member_id, m.sort_name ORDER BY MIN(w.rank), m.sort_name, w.member_id;
SELECT plan_id, ends_on, visits_left, created_at FROM subscriptions WHERE member_id = 'm1'
 ORDER BY ends_on DESC, starts_on DESC, created_at DESC LIMIT 1;
SELECT id FROM members ORDER BY sort_name, id LIMIT 25 OFFSET 0;

-- Accounts.
INSERT INTO users (id, email, email_key, name, role, password_hash, created_at)
 VALUES ('u1', 'A@b', 'a@b', 'Ann', 'admin', 'h', 1) ON CONFLICT (email_key) DO NOTHING;
SELECT id, password_hash, disabled_at IS NOT NULL FROM users WHERE email_key = 'a@b';
UPDATE users SET password_hash = 'i' WHERE id = 'u1';
INSERT INTO sign_ins (id, user_id, created_at, last_used_at, expires_at) VALUES ('i1', 'u1', 1, 1, 99);
INSERT INTO refresh_tokens (hash, sign_in, issued_at) VALUES ('t1', 'i1', 1);
UPDATE sign_ins SET last_used_at = 2, expires_at = 100 WHERE id = 'i1';
SELECT u.id, u.name, u.role FROM sign_ins s JOIN users u ON u.id = s.user_id WHERE s.id = 'i1'
 AND s.revoked_at IS NULL AND s.expires_at > 5 AND u.disabled_at IS NULL;
SELECT sign_in, rotated_at FROM refresh_tokens WHERE hash = 't1';
UPDATE refresh_tokens SET rotated_at = 3 WHERE hash = 't1';
INSERT INTO tickets (hash, sign_in, origin, access_ends_at, expires_at) VALUES ('k1', 'i1', NULL, 9, 9);
DELETE FROM tickets WHERE hash = 'k1' RETURNING hash, sign_in, origin, access_ends_at, expires_at;
UPDATE sign_ins SET revoked_at = 4 WHERE id = 'i1' AND revoked_at IS NULL;

-- Guitar.
INSERT INTO guests (id, token_hash, created_at) VALUES ('g1', 'h1', 1);
INSERT INTO guitar_sessions (id, host_hash, rotation, secret_hash, owner_guest, owner_user,
 created_at, last_used_at) VALUES ('s1', 'h1', 0, 'h2', 'g1', NULL, 1, 1);
UPDATE guitar_sessions SET rotation = 1, secret_hash = 'h3' WHERE id = 's1';
UPDATE guitar_sessions SET last_used_at = 2, owner_guest = 'g1', owner_user = NULL WHERE id = 's1';
INSERT INTO guitar_codes (code, session, made_at, expires_at) VALUES ('ABCDEF', 's1', 1, 9)
 ON CONFLICT (code) DO NOTHING;
SELECT c.session, c.expires_at FROM guitar_codes c JOIN guitar_sessions s ON s.id = c.session
 WHERE c.code = 'ABCDEF' AND s.ended_at IS NULL;
UPDATE guitar_codes SET expires_at = 10, used_at = CASE WHEN 1 = 1 THEN 5 ELSE used_at END
 WHERE code = 'ABCDEF';
INSERT INTO guitar_participants (id, session, role, token_hash, device, joined_at)
 VALUES ('h1', 's1', 'waiting', 'h4', 'phone', 1);
UPDATE guitar_participants SET role = 'performer' WHERE session = 's1' AND id = 'h1' AND removed_at IS NULL;
SELECT p.session, p.id, p.role, p.device FROM guitar_participants p JOIN guitar_sessions s
 ON s.id = p.session WHERE p.token_hash = 'h4' AND p.removed_at IS NULL AND s.ended_at IS NULL;
UPDATE guitar_participants SET removed_at = 6 WHERE session = 's1' AND id = 'h1' AND removed_at IS NULL;
INSERT INTO practices (id, session, owner_guest, owner_user, status, started_at, elapsed_ms, as_of,
 alive_at) VALUES ('r1', 's1', 'g1', NULL, 'started', 1, 0, 1, 1);
INSERT INTO practice_events (practice, number, kind, at, recorded_at)
 SELECT 'r1', 1 + count(*), 'start', 1, 1 FROM practice_events WHERE practice = 'r1';
UPDATE practices SET status = 'paused', elapsed_ms = 5, as_of = 6, ended_at = NULL WHERE id = 'r1';
UPDATE practices SET chords = '["G"]', changes = changes + 1 WHERE id = 'r1';
SELECT id, session, status, elapsed_ms, as_of, alive_at FROM practices WHERE session = 's1'
 ORDER BY status = 'ended', started_at DESC, id DESC LIMIT 1;

-- What is forgotten.
DELETE FROM commands WHERE created_at < 99;
DELETE FROM guitar_sessions WHERE last_used_at < 99;
DELETE FROM sign_ins WHERE expires_at < 5 OR revoked_at < 5;
