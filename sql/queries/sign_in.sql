-- Sessions of the people who signed in, and the audit.

-- name: begin_session(token_sha256, user_name, way, hours)!
INSERT INTO gcrm.sessions (token_sha256, user_name, way, ends_at)
VALUES (:token_sha256, :user_name, :way, now() + make_interval(hours => :hours));

-- name: session_user(token_sha256, idle_hours)$
-- Whose session it is; nothing where it has ended, or was not used for so long. When it was used last is kept to the minute, so that reading seldom writes.
WITH alive AS (
    SELECT token_sha256, user_name, seen_at
    FROM gcrm.sessions
    WHERE token_sha256 = :token_sha256 AND ended_at IS NULL AND ends_at > now() AND seen_at > now() - make_interval(hours => :idle_hours)
), used AS (
    UPDATE gcrm.sessions s SET seen_at = now()
    FROM alive a
    WHERE s.token_sha256 = a.token_sha256 AND a.seen_at < now() - interval '1 minute'
)
SELECT user_name FROM alive;

-- name: end_session(token_sha256)$
-- Ends a session; whose it was, nothing where it had ended.
UPDATE gcrm.sessions SET ended_at = now() WHERE token_sha256 = :token_sha256 AND ended_at IS NULL RETURNING user_name;

-- name: end_sessions(user_name)!
-- Ends all sessions of a user.
UPDATE gcrm.sessions SET ended_at = now() WHERE user_name = :user_name AND ended_at IS NULL AND ends_at > now();

-- name: sessions(user_name)
-- The sessions that have not ended, of a user or of all where it is empty: user_name, way, began_at, seen_at, ends_at.
SELECT user_name, way, began_at, seen_at, ends_at
FROM gcrm.sessions
WHERE ended_at IS NULL AND ends_at > now() AND (:user_name::text IS NULL OR user_name = :user_name)
ORDER BY began_at DESC;

-- name: forget_sessions(days)!
-- Removes what ended so long ago.
DELETE FROM gcrm.sessions WHERE coalesce(ended_at, ends_at) < now() - make_interval(days => :days);

-- name: refusals(user_name, address, minutes)$
-- How often somebody was refused from an address in the last minutes.
SELECT count(*)
FROM gcrm.audit
WHERE action = 'sign-in refused' AND happened_at > now() - make_interval(mins => :minutes) AND user_name = :user_name AND detail ->> 'address' = :address;

-- name: note(user_name, action, subject, detail)!
INSERT INTO gcrm.audit (user_name, action, subject, detail) VALUES (:user_name, :action, :subject, :detail);

-- name: audit(user_name, action, most)
-- The newest lines, of a user or of all, of an action or of all: happened_at, user_name, action, subject, detail.
SELECT happened_at, user_name, action, subject, detail
FROM gcrm.audit
WHERE (:user_name::text IS NULL OR user_name = :user_name) AND (:action::text IS NULL OR action = :action)
ORDER BY happened_at DESC, audit_id DESC
LIMIT :most;

-- name: territories_named(names)
-- The territories of these names, and those of the regions of these names: name, territory_id. A name that stands for none is not among them.
SELECT t.name, t.territory_id FROM gcrm.territories t WHERE t.name = ANY(:names::text[])
UNION
SELECT r.name, t.territory_id FROM gcrm.regions r JOIN gcrm.territories t USING (region_id) WHERE r.name = ANY(:names::text[]);

-- name: places_to_see()
-- The names of the regions that the reader sees, then those of the territories.
WITH seen AS (SELECT * FROM gcrm.territories WHERE gcrm.scope_is_all() OR territory_id IN (SELECT gcrm.scope_territories()))
SELECT name
FROM (
    SELECT 1 AS kind, name FROM gcrm.regions WHERE gcrm.scope_is_all() OR region_id IN (SELECT region_id FROM seen)
    UNION ALL
    SELECT 2, name FROM seen
) AS places
ORDER BY kind, name;
