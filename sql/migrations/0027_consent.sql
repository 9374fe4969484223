-- Consent: statements that a person at the desk records, the list of those who are never contacted, and the key of the hashes that outlive a record.

ALTER TABLE gcrm.consents ALTER COLUMN import_id DROP NOT NULL;
COMMENT ON COLUMN gcrm.consents.import_id IS 'The import that wrote it; empty for a statement that somebody recorded by hand.';
COMMENT ON COLUMN gcrm.consents.source IS 'System the record comes from; of one by hand where it was said, such as a call.';

CREATE TABLE gcrm.privacy_keys (
    privacy_key_id int PRIMARY KEY DEFAULT 1 CHECK (privacy_key_id = 1),
    key            bytea NOT NULL CHECK (octet_length(key) = 32),
    made_at        timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE gcrm.privacy_keys IS 'One row: the key of the hashes by which persons are known again. Source: this migration, at random in each database.';
COMMENT ON COLUMN gcrm.privacy_keys.privacy_key_id IS 'Key of the row, always 1.';
COMMENT ON COLUMN gcrm.privacy_keys.key IS 'Key of HMAC-SHA-256, 32 bytes; readers have no right to it.';
COMMENT ON COLUMN gcrm.privacy_keys.made_at IS 'When it was made.';
-- 488 random bits out of four version 4 UUIDs, which PostgreSQL draws from its cryptographic source; no extension is needed for them.
INSERT INTO gcrm.privacy_keys (key)
SELECT sha256(convert_to(concat(gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid()), 'UTF8'));

CREATE TABLE gcrm.suppressions (
    kind          text NOT NULL CHECK (kind IN ('mail', 'phone')),
    hash          bytea NOT NULL CHECK (octet_length(hash) = 32),
    reason        text NOT NULL,
    suppressed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (kind, hash)
);
COMMENT ON TABLE gcrm.suppressions IS
    'One row per mail address or telephone number that is never contacted; it names nobody and outlives the record. Source: gcrm consent suppress.';
COMMENT ON COLUMN gcrm.suppressions.kind IS 'mail or phone.';
COMMENT ON COLUMN gcrm.suppressions.hash IS 'HMAC-SHA-256 of the normal form, with the key of gcrm.privacy_keys.';
COMMENT ON COLUMN gcrm.suppressions.reason IS 'Why it is on the list.';
COMMENT ON COLUMN gcrm.suppressions.suppressed_at IS 'Since when.';

GRANT SELECT ON gcrm.privacy_keys TO gcrm_writer;
GRANT SELECT, INSERT ON gcrm.suppressions TO gcrm_writer;
