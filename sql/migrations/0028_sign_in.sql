-- Who is signed in, and who did what: sessions live here, so that they end when somebody ends them; the audit is only ever added to.

CREATE TABLE gcrm.sessions (
    token_sha256 bytea PRIMARY KEY CHECK (octet_length(token_sha256) = 32),
    user_name    text NOT NULL,
    way          text NOT NULL CHECK (way IN ('password', 'oidc')),
    began_at     timestamptz NOT NULL DEFAULT now(),
    seen_at      timestamptz NOT NULL DEFAULT now(),
    ends_at      timestamptz NOT NULL,
    ended_at     timestamptz,
    CHECK (ends_at > began_at)
);
-- Usage: the sessions of a user (users sessions, users end).
CREATE INDEX sessions_user ON gcrm.sessions (user_name, began_at DESC);
COMMENT ON TABLE gcrm.sessions IS 'One row per session of somebody who signed in to the pages. Source: the pages.';
COMMENT ON COLUMN gcrm.sessions.token_sha256 IS 'SHA-256 of the token in the cookie of the browser; the token itself is kept nowhere.';
COMMENT ON COLUMN gcrm.sessions.user_name IS 'Name of the user.';
COMMENT ON COLUMN gcrm.sessions.way IS 'How the person signed in: password, or oidc (the organisation''s own sign-in).';
COMMENT ON COLUMN gcrm.sessions.began_at IS 'When the person signed in.';
COMMENT ON COLUMN gcrm.sessions.seen_at IS 'When the session was used last, to the minute.';
COMMENT ON COLUMN gcrm.sessions.ends_at IS 'When it ends at the latest.';
COMMENT ON COLUMN gcrm.sessions.ended_at IS 'When the person signed out, or the session was ended by somebody else; empty while neither happened.';
GRANT SELECT, INSERT, UPDATE, DELETE ON gcrm.sessions TO gcrm_writer;

CREATE TABLE gcrm.audit (
    audit_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    happened_at timestamptz NOT NULL DEFAULT now(),
    user_name   text NOT NULL,
    action      text NOT NULL,
    subject     text NOT NULL DEFAULT '',
    detail      jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(detail) = 'object')
);
-- Usage: the newest lines, all or of a user (audit).
CREATE INDEX audit_user ON gcrm.audit (user_name, happened_at DESC);
-- Usage: refused attempts to sign in of the last minutes; lines of a time (sign_in, audit).
CREATE INDEX audit_action ON gcrm.audit (action, happened_at DESC);
COMMENT ON TABLE gcrm.audit IS 'One row per sign-in, reading of personal data, export and change of rights; rows are added, never changed, and name records by their key. Source: the pages and commands.';
COMMENT ON COLUMN gcrm.audit.audit_id IS 'Key.';
COMMENT ON COLUMN gcrm.audit.happened_at IS 'When it happened.';
COMMENT ON COLUMN gcrm.audit.user_name IS 'Who did it: the name of a user, or os: and a name of the operating system.';
COMMENT ON COLUMN gcrm.audit.action IS 'What was done, such as sign in, sign-in refused, read, export, change rights.';
COMMENT ON COLUMN gcrm.audit.subject IS 'With what, such as account 17 or the name of a file.';
COMMENT ON COLUMN gcrm.audit.detail IS 'What more is known, as JSON: filter, rows, SHA-256 of a file, address of a browser; never what stands in a record.';
GRANT SELECT, INSERT ON gcrm.audit TO gcrm_writer;
