-- Geocoding: how a position was found, what a person has to look at, what persons said, what providers answered, and where accounts were before.

CREATE TABLE gcrm.geocode_references (
    reference_id      int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    matcher           text NOT NULL,
    layer_version_ids int[] NOT NULL,
    made_at           timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE gcrm.geocode_references IS 'One row per state of the reference that addresses were matched with: layers and program. Source: gcrm geocode.';
COMMENT ON COLUMN gcrm.geocode_references.reference_id IS 'Key; the largest is the newest.';
COMMENT ON COLUMN gcrm.geocode_references.matcher IS 'Version of the matcher.';
COMMENT ON COLUMN gcrm.geocode_references.layer_version_ids IS 'Versions of the layers with addresses, roads and areas, ascending.';
COMMENT ON COLUMN gcrm.geocode_references.made_at IS 'When it was used first.';

ALTER TABLE gcrm.accounts DROP CONSTRAINT accounts_geocode_level_check;
ALTER TABLE gcrm.accounts
    ADD CONSTRAINT accounts_geocode_level_check
        CHECK (geocode_level IN ('given', 'confirmed', 'rooftop', 'interpolated', 'street', 'postcode', 'place', 'none')),
    ADD COLUMN geocode_margin real CHECK (geocode_margin BETWEEN 0 AND 1),
    ADD COLUMN geocode_reason text,
    ADD COLUMN geocode_reference_id int REFERENCES gcrm.geocode_references,
    ADD COLUMN geocode_stale boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN gcrm.accounts.geocode_level IS
    'How the position was found: given in the file, confirmed by a person, rooftop, interpolated, street, postcode, place, none; empty where nobody tried yet.';
COMMENT ON COLUMN gcrm.accounts.geocode_score IS 'How likely the position is right at its level, 0 to 1 (no unit).';
COMMENT ON COLUMN gcrm.accounts.geocode_margin IS 'By how much the best candidate is better than the best one elsewhere, 0 to 1 (no unit).';
COMMENT ON COLUMN gcrm.accounts.geocode_reason IS 'Why: what of the address agrees with the reference.';
COMMENT ON COLUMN gcrm.accounts.geocode_reference_id IS 'The reference and the version of the matcher it was found with; empty where the position was given.';
COMMENT ON COLUMN gcrm.accounts.geocode_stale IS 'True where a newer reference may know better; gcrm geocode tries it again.';
COMMENT ON COLUMN gcrm.account_places.geocode_level IS 'How the position was found: given, confirmed, rooftop, interpolated, street, postcode, place, none.';
DROP INDEX gcrm.accounts_not_geocoded;
-- Usage: what still has to be geocoded, or again (geocode).
CREATE INDEX accounts_to_geocode ON gcrm.accounts (account_id) WHERE geocode_level IS NULL OR geocode_stale;

CREATE TABLE gcrm.account_positions (
    account_position_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id          bigint NOT NULL REFERENCES gcrm.accounts ON DELETE CASCADE,
    address             text NOT NULL,
    position            geometry(Point, 4326) NOT NULL,
    geocode_level       text NOT NULL,
    geocode_score       real,
    geocode_reason      text,
    geocoded_at         timestamptz,
    replaced_at         timestamptz NOT NULL DEFAULT now()
);
-- Usage: where an account was before, newest first; the end of an account (ON DELETE CASCADE).
CREATE INDEX account_positions_account ON gcrm.account_positions (account_id, replaced_at DESC);
COMMENT ON TABLE gcrm.account_positions IS 'One row per position that an account had and has no more. Source: the trigger of gcrm.accounts.';
COMMENT ON COLUMN gcrm.account_positions.account_position_id IS 'Key.';
COMMENT ON COLUMN gcrm.account_positions.account_id IS 'The account.';
COMMENT ON COLUMN gcrm.account_positions.address IS 'The address it was found for.';
COMMENT ON COLUMN gcrm.account_positions.position IS 'The position, EPSG:4326.';
COMMENT ON COLUMN gcrm.account_positions.geocode_level IS 'How it was found.';
COMMENT ON COLUMN gcrm.account_positions.geocode_score IS 'How likely it was right, 0 to 1 (no unit).';
COMMENT ON COLUMN gcrm.account_positions.geocode_reason IS 'Why.';
COMMENT ON COLUMN gcrm.account_positions.geocoded_at IS 'When it was found.';
COMMENT ON COLUMN gcrm.account_positions.replaced_at IS 'When the account left it: a new address, a newer reference, a person.';

CREATE TABLE gcrm.geocode_corrections (
    address_key text PRIMARY KEY,
    account_id  bigint NOT NULL REFERENCES gcrm.accounts ON DELETE CASCADE,
    position    geometry(Point, 4326) NOT NULL,
    cell        bigint NOT NULL,
    made_by     text NOT NULL,
    made_at     timestamptz NOT NULL DEFAULT now()
);
-- Usage: the end of an account (ON DELETE CASCADE).
CREATE INDEX geocode_corrections_account ON gcrm.geocode_corrections (account_id);
COMMENT ON TABLE gcrm.geocode_corrections IS 'One row per address of which a person said where it always is. Source: gcrm geocode review.';
COMMENT ON COLUMN gcrm.geocode_corrections.address_key IS 'Street, number, postcode, city and country in lower case without marks, with | between them.';
COMMENT ON COLUMN gcrm.geocode_corrections.account_id IS 'The account it was said of; with its erasure the correction goes too.';
COMMENT ON COLUMN gcrm.geocode_corrections.position IS 'The position, EPSG:4326.';
COMMENT ON COLUMN gcrm.geocode_corrections.cell IS 'H3 cell of level 10, as a signed 64-bit integer.';
COMMENT ON COLUMN gcrm.geocode_corrections.made_by IS 'Who said so.';
COMMENT ON COLUMN gcrm.geocode_corrections.made_at IS 'When.';

CREATE TABLE gcrm.geocode_reviews (
    account_id  bigint PRIMARY KEY REFERENCES gcrm.accounts ON DELETE CASCADE,
    address_key text NOT NULL,
    candidates  jsonb NOT NULL,
    status      text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'accepted', 'moved', 'dismissed')),
    opened_at   timestamptz NOT NULL DEFAULT now(),
    decided_at  timestamptz,
    decided_by  text,
    before      jsonb,
    CHECK ((status = 'open') = (decided_at IS NULL))
);
-- Usage: the open reviews, the least certain first are sorted from these (geocode review).
CREATE INDEX geocode_reviews_open ON gcrm.geocode_reviews (account_id) WHERE status = 'open';
-- Usage: other accounts of the same address (always for this address).
CREATE INDEX geocode_reviews_address ON gcrm.geocode_reviews (address_key);
COMMENT ON TABLE gcrm.geocode_reviews IS 'One row per account whose position a person has to look at, or has. Source: gcrm geocode.';
COMMENT ON COLUMN gcrm.geocode_reviews.account_id IS 'The account.';
COMMENT ON COLUMN gcrm.geocode_reviews.address_key IS 'Its address as corrections are found by.';
COMMENT ON COLUMN gcrm.geocode_reviews.candidates IS 'What there is to choose from, best first: label, level, worth (0 to 1), longitude, latitude (EPSG:4326).';
COMMENT ON COLUMN gcrm.geocode_reviews.status IS 'open; accepted: a candidate was taken; moved: a person set the point; dismissed: left as it is.';
COMMENT ON COLUMN gcrm.geocode_reviews.opened_at IS 'When it came into the queue.';
COMMENT ON COLUMN gcrm.geocode_reviews.decided_at IS 'When a person decided; empty while it is open.';
COMMENT ON COLUMN gcrm.geocode_reviews.decided_by IS 'Who decided.';
COMMENT ON COLUMN gcrm.geocode_reviews.before IS 'The position before the decision, for its undoing: longitude, latitude, cell, level, score, margin, reason, reference_id.';

CREATE TABLE gcrm.geocode_answers (
    provider    text NOT NULL,
    address_key text NOT NULL,
    position    geometry(Point, 4326),
    level       text NOT NULL CHECK (level IN ('rooftop', 'interpolated', 'street', 'postcode', 'place', 'none')),
    label       text,
    failure     text,
    asked_at    timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL,
    PRIMARY KEY (provider, address_key)
);
-- Usage: what the retention rule has to forget (geocode).
CREATE INDEX geocode_answers_expiry ON gcrm.geocode_answers (expires_at);
COMMENT ON TABLE gcrm.geocode_answers IS 'One row per address that a provider was asked for, failures included. Source: gcrm geocode.';
COMMENT ON COLUMN gcrm.geocode_answers.provider IS 'Name of the provider.';
COMMENT ON COLUMN gcrm.geocode_answers.address_key IS 'The address, as in gcrm.geocode_corrections.';
COMMENT ON COLUMN gcrm.geocode_answers.position IS 'What it answered, EPSG:4326; empty where it found nothing or failed.';
COMMENT ON COLUMN gcrm.geocode_answers.level IS 'What the position is of.';
COMMENT ON COLUMN gcrm.geocode_answers.label IS 'The provider''s words for it.';
COMMENT ON COLUMN gcrm.geocode_answers.failure IS 'Why there is no answer; empty where there is one, or where it is not found.';
COMMENT ON COLUMN gcrm.geocode_answers.asked_at IS 'When it was asked.';
COMMENT ON COLUMN gcrm.geocode_answers.expires_at IS 'When the answer has to be forgotten.';

ALTER TABLE gcrm.address_points ALTER COLUMN osm_id DROP NOT NULL;
COMMENT ON TABLE gcrm.address_points IS 'One row per known address. Source: gcrm load osm, gcrm load addresses.';
COMMENT ON COLUMN gcrm.address_points.osm_id IS 'OSM node, way or relation; empty for addresses of other files.';

CREATE TABLE gcrm.address_areas (
    layer_version_id int NOT NULL REFERENCES gcrm.layer_versions,
    postcode         text,
    city             text,
    country_code     char(2),
    geom             geometry(Point, 4326) NOT NULL,
    CHECK (postcode IS NOT NULL OR city IS NOT NULL)
);
-- Usage: replacing a version.
CREATE INDEX address_areas_version ON gcrm.address_areas (layer_version_id);
-- Usage: postcode and place near a point (reverse geocoding).
CREATE INDEX address_areas_geom ON gcrm.address_areas USING gist (geom);
COMMENT ON TABLE gcrm.address_areas IS 'One row per postcode or place, or both together, with its middle. Source: gcrm load addresses.';
COMMENT ON COLUMN gcrm.address_areas.layer_version_id IS 'Version of the layer.';
COMMENT ON COLUMN gcrm.address_areas.postcode IS 'Postcode.';
COMMENT ON COLUMN gcrm.address_areas.city IS 'City or place.';
COMMENT ON COLUMN gcrm.address_areas.country_code IS 'ISO 3166-1 alpha-2 code.';
COMMENT ON COLUMN gcrm.address_areas.geom IS 'Its middle, EPSG:4326.';
COMMENT ON COLUMN gcrm.layer_versions.layer IS 'roads, buildings, address_points, address_areas, shops, land_cover, districts, footfall, tracks or movement.';

-- Whoever moves an account, an import, the geocoder or a person: the old point is kept.
CREATE FUNCTION gcrm.keep_position() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO gcrm.account_positions (account_id, address, position, geocode_level, geocode_score, geocode_reason, geocoded_at)
    VALUES (
        OLD.account_id, concat_ws(', ', nullif(concat_ws(' ', OLD.street, OLD.house_number), ''), nullif(concat_ws(' ', OLD.postcode, OLD.city), ''), OLD.country_code),
        OLD.position, coalesce(OLD.geocode_level, 'none'), OLD.geocode_score, OLD.geocode_reason, OLD.geocoded_at);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION gcrm.keep_position() IS 'Keeps the position that an account leaves.';
CREATE TRIGGER keep_position AFTER UPDATE ON gcrm.accounts
    FOR EACH ROW WHEN (OLD.position IS NOT NULL AND OLD.position IS DISTINCT FROM NEW.position)
    EXECUTE FUNCTION gcrm.keep_position();

-- A changed address, or a position of its own: what was found before says nothing any more, and neither does a question about it.
CREATE FUNCTION gcrm.forget_geocode() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    NEW.geocode_margin := NULL;
    NEW.geocode_reason := NULL;
    NEW.geocode_reference_id := NULL;
    NEW.geocode_stale := false;
    DELETE FROM gcrm.geocode_reviews WHERE account_id = NEW.account_id;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION gcrm.forget_geocode() IS 'Forgets how a position was found, where that no longer holds.';
CREATE TRIGGER forget_geocode BEFORE UPDATE ON gcrm.accounts
    FOR EACH ROW WHEN (OLD.geocode_level IS NOT NULL AND (NEW.geocode_level IS NULL OR NEW.geocode_level = 'given' AND OLD.geocode_level <> 'given'))
    EXECUTE FUNCTION gcrm.forget_geocode();

GRANT SELECT, INSERT, UPDATE, DELETE ON gcrm.geocode_references, gcrm.account_positions, gcrm.geocode_corrections, gcrm.geocode_reviews,
    gcrm.geocode_answers, gcrm.address_areas TO gcrm_writer;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA gcrm TO gcrm_writer;
GRANT SELECT ON gcrm.geocode_references, gcrm.account_positions, gcrm.geocode_reviews, gcrm.address_areas TO gcrm_reader;

DO $$
DECLARE
    child text;
BEGIN
    FOREACH child IN ARRAY ARRAY['account_positions', 'geocode_reviews', 'geocode_corrections'] LOOP
        EXECUTE format('ALTER TABLE gcrm.%I ENABLE ROW LEVEL SECURITY', child);
        EXECUTE format('ALTER TABLE gcrm.%I FORCE ROW LEVEL SECURITY', child);
        EXECUTE format('CREATE POLICY staff ON gcrm.%I TO gcrm_owner, gcrm_writer USING (true) WITH CHECK (true)', child);
        EXECUTE format(
            'CREATE POLICY scope ON gcrm.%I FOR SELECT TO gcrm_reader '
            'USING ((SELECT gcrm.scope_is_all()) OR account_id IN (SELECT account_id FROM gcrm.accounts))', child);
    END LOOP;
END $$;
