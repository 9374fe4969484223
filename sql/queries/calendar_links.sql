-- Secret links to the calendars of reps.

-- name: end(user_name, rep_id)!
-- Revokes the link of a user to a rep, or all of the user's where no rep is named.
UPDATE gcrm.calendar_links SET ended_at = now()
WHERE user_name = :user_name AND ended_at IS NULL AND (:rep_id::int IS NULL OR rep_id = :rep_id);

-- name: make(token_sha256, user_name, rep_id)!
INSERT INTO gcrm.calendar_links (token_sha256, user_name, rep_id) VALUES (:token_sha256, :user_name, :rep_id);

-- name: in_force(user_name, rep_id)^
-- The link of a user to a rep, where there is one: made_at, read_at.
SELECT made_at, read_at FROM gcrm.calendar_links WHERE user_name = :user_name AND rep_id = :rep_id AND ended_at IS NULL;

-- name: follow(token_sha256)^
-- Whose link a token is, and to whom; nothing where it was revoked: user_name, rep_id, first_today. When it was read is kept to the quarter of an hour, so that reading seldom writes.
WITH alive AS (
    SELECT token_sha256, user_name, rep_id, read_at FROM gcrm.calendar_links WHERE token_sha256 = :token_sha256 AND ended_at IS NULL
), read AS (
    UPDATE gcrm.calendar_links l SET read_at = now()
    FROM alive a
    WHERE l.token_sha256 = a.token_sha256 AND (a.read_at IS NULL OR a.read_at < now() - interval '15 minutes')
)
SELECT user_name, rep_id, coalesce(read_at < date_trunc('day', now()), true) AS first_today FROM alive;
