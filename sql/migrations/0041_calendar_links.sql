-- Links by which a calendar program reads what a rep has planned: it cannot sign in, so the link is the secret, and is kept as a checksum only.

CREATE TABLE gcrm.calendar_links (
    token_sha256 bytea PRIMARY KEY CHECK (octet_length(token_sha256) = 32),
    user_name    text NOT NULL,
    rep_id       int NOT NULL REFERENCES gcrm.reps ON DELETE CASCADE,
    made_at      timestamptz NOT NULL DEFAULT now(),
    read_at      timestamptz,
    ended_at     timestamptz
);
-- Usage: the link of a user to a rep (the page My day); one at a time.
CREATE UNIQUE INDEX calendar_links_in_force ON gcrm.calendar_links (user_name, rep_id) WHERE ended_at IS NULL;
-- Usage: a rep that goes takes the links along.
CREATE INDEX calendar_links_rep ON gcrm.calendar_links (rep_id);
COMMENT ON TABLE gcrm.calendar_links IS 'One row per secret link to the calendar of a rep; it shows what its user may see at the time it is read. Source: the page My day.';
COMMENT ON COLUMN gcrm.calendar_links.token_sha256 IS 'SHA-256 of the token in the link; the token itself is kept nowhere.';
COMMENT ON COLUMN gcrm.calendar_links.user_name IS 'The user whose link it is: the name of a user, or of whoever runs the server while no users are kept.';
COMMENT ON COLUMN gcrm.calendar_links.rep_id IS 'The rep whose planned activities it leads to.';
COMMENT ON COLUMN gcrm.calendar_links.made_at IS 'When it was made.';
COMMENT ON COLUMN gcrm.calendar_links.read_at IS 'When a calendar program read it last, to the quarter of an hour; empty before the first time.';
COMMENT ON COLUMN gcrm.calendar_links.ended_at IS 'When it was revoked, or replaced by another one; empty while it works.';
GRANT SELECT, INSERT, UPDATE, DELETE ON gcrm.calendar_links TO gcrm_writer;
