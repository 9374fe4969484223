-- Leads: one row per lead.

-- name: create_stage()#
DROP TABLE IF EXISTS staged_leads;
CREATE TEMPORARY TABLE staged_leads (
    row_number bigint NOT NULL,
    source_key text NOT NULL,
    company text,
    given_name text,
    family_name text,
    role text,
    phone text,
    email text,
    website text,
    street text,
    house_number text,
    postcode text,
    city text,
    country_code char(2),
    longitude double precision,
    latitude double precision,
    cell bigint,
    segment text,
    interest text,
    amount numeric(14, 2),
    currency char(3) NOT NULL,
    origin text,
    rating text,
    status text NOT NULL,
    rejected_because text,
    received_at timestamptz,
    territory_key text,
    rep_key text,
    made_up boolean NOT NULL,
    custom jsonb NOT NULL DEFAULT '{}',
    raw jsonb
) ON COMMIT DROP;
DROP TABLE IF EXISTS staged_leads_assigned;
CREATE TEMPORARY TABLE staged_leads_assigned (
    row_number bigint PRIMARY KEY,
    territory_id int,
    rep_id int,
    because text
) ON COMMIT DROP;

-- name: inherit(source, mapped)!
-- Fields that the file does not give keep what the record has; a given position only where its address stays.
UPDATE staged_leads s
SET company = CASE WHEN 'company' = ANY(:mapped) THEN s.company ELSE t.company END,
    given_name = CASE WHEN 'given_name' = ANY(:mapped) THEN s.given_name ELSE t.given_name END,
    family_name = CASE WHEN 'family_name' = ANY(:mapped) THEN s.family_name ELSE t.family_name END,
    role = CASE WHEN 'role' = ANY(:mapped) THEN s.role ELSE t.role END,
    phone = CASE WHEN 'phone' = ANY(:mapped) THEN s.phone ELSE t.phone END,
    email = CASE WHEN 'email' = ANY(:mapped) THEN s.email ELSE t.email END,
    website = CASE WHEN 'website' = ANY(:mapped) THEN s.website ELSE t.website END,
    street = CASE WHEN 'street' = ANY(:mapped) THEN s.street ELSE t.street END,
    house_number = CASE WHEN 'house_number' = ANY(:mapped) THEN s.house_number ELSE t.house_number END,
    postcode = CASE WHEN 'postcode' = ANY(:mapped) THEN s.postcode ELSE t.postcode END,
    city = CASE WHEN 'city' = ANY(:mapped) THEN s.city ELSE t.city END,
    country_code = CASE WHEN 'country_code' = ANY(:mapped) THEN s.country_code ELSE t.country_code END,
    (longitude, latitude, cell) = (
        SELECT CASE WHEN stays THEN ST_X(t.position) ELSE s.longitude END, CASE WHEN stays THEN ST_Y(t.position) ELSE s.latitude END,
            CASE WHEN stays THEN t.cell ELSE s.cell END
        FROM (VALUES (
            NOT 'longitude' = ANY(:mapped) AND t.geocode_level = 'given'
            AND (NOT 'street' = ANY(:mapped) OR s.street IS NOT DISTINCT FROM t.street)
            AND (NOT 'house_number' = ANY(:mapped) OR s.house_number IS NOT DISTINCT FROM t.house_number)
            AND (NOT 'postcode' = ANY(:mapped) OR s.postcode IS NOT DISTINCT FROM t.postcode)
            AND (NOT 'city' = ANY(:mapped) OR s.city IS NOT DISTINCT FROM t.city)
            AND (NOT 'country_code' = ANY(:mapped) OR s.country_code IS NOT DISTINCT FROM t.country_code)
        )) AS same (stays)
    ),
    segment = CASE WHEN 'segment' = ANY(:mapped) THEN s.segment ELSE t.segment END,
    interest = CASE WHEN 'interest' = ANY(:mapped) THEN s.interest ELSE t.interest END,
    amount = CASE WHEN 'amount' = ANY(:mapped) THEN s.amount ELSE t.amount END,
    currency = CASE WHEN 'currency' = ANY(:mapped) THEN s.currency ELSE t.currency END,
    origin = CASE WHEN 'origin' = ANY(:mapped) THEN s.origin ELSE t.origin END,
    rating = CASE WHEN 'rating' = ANY(:mapped) THEN s.rating ELSE t.rating END,
    status = CASE WHEN 'status' = ANY(:mapped) THEN s.status ELSE t.status END,
    rejected_because = CASE WHEN 'rejected_because' = ANY(:mapped) THEN s.rejected_because
        WHEN NOT 'status' = ANY(:mapped) OR s.status = t.status THEN t.rejected_because END,
    received_at = CASE WHEN 'received_at' = ANY(:mapped) THEN s.received_at ELSE t.received_at END,
    territory_key = CASE WHEN 'territory_key' = ANY(:mapped) OR d.source IS DISTINCT FROM :source THEN s.territory_key ELSE d.source_key END,
    rep_key = CASE WHEN 'rep_key' = ANY(:mapped) OR r.source IS DISTINCT FROM :source THEN s.rep_key ELSE r.source_key END,
    made_up = CASE WHEN 'made_up' = ANY(:mapped) THEN s.made_up ELSE t.made_up END,
    custom = (t.custom - :mapped::text[]) || s.custom
FROM gcrm.leads t
LEFT JOIN gcrm.territories d ON d.territory_id = t.territory_id AND t.territory_given
LEFT JOIN gcrm.reps r ON r.rep_id = t.rep_id
WHERE t.source = :source AND t.source_key = s.source_key;

-- name: unresolved(source)
-- Rows whose reference finds no record: row_number, field, value.
SELECT s.row_number, 'territory_key' AS field, s.territory_key AS value
FROM staged_leads s
WHERE s.territory_key IS NOT NULL
    AND (SELECT r.source_key FROM gcrm.territories r WHERE r.source = :source AND r.source_key = s.territory_key) IS NULL
UNION ALL
SELECT s.row_number, 'rep_key' AS field, s.rep_key AS value
FROM staged_leads s
WHERE s.rep_key IS NOT NULL
    AND (SELECT r.source_key FROM gcrm.reps r WHERE r.source = :source AND r.source_key = s.rep_key) IS NULL;

-- name: refuse(row_numbers)!
-- Takes rows out of the stage.
DELETE FROM staged_leads s USING unnest(:row_numbers::bigint[]) AS refused (row_number) WHERE s.row_number = refused.row_number;

-- name: to_assign(source)
-- Rows of new leads that wait for a rep and whose territory can be known, in the order in which they came: columns as of waiting in leads.sql, lead_id is the row.
SELECT s.row_number AS lead_id, s.longitude, s.latitude, r.territory_id, r.territory_id IS NOT NULL AS territory_given, 0 AS assigned
FROM staged_leads s
LEFT JOIN gcrm.territories r ON r.source = :source AND r.source_key = s.territory_key
WHERE s.rep_key IS NULL AND s.status IN ('new', 'working') AND (s.cell IS NOT NULL OR r.territory_id IS NOT NULL)
    AND NOT EXISTS (SELECT FROM gcrm.leads t WHERE t.source = :source AND t.source_key = s.source_key)
ORDER BY s.received_at, s.row_number;

-- name: merge(source, import_id)^
-- Inserts what is new, updates what differs: created, updated (counts). A changed address forgets the position that was found for the old one, and the
-- territory that followed from it. Where the file names no rep, whoever has a lead keeps it. What was converted here stays so, whatever the file says.
WITH incoming AS MATERIALIZED (
    SELECT
        s.*,
        (SELECT t.lead_id FROM gcrm.leads t WHERE t.source = :source AND t.source_key = s.source_key) AS lead_id,
        CASE WHEN s.cell IS NOT NULL THEN ST_SetSRID(ST_MakePoint(s.longitude, s.latitude), 4326) END AS given_position,
        (SELECT r.territory_id FROM gcrm.territories r WHERE r.source = :source AND r.source_key = s.territory_key) AS given_territory_id,
        (SELECT r.rep_id FROM gcrm.reps r WHERE r.source = :source AND r.source_key = s.rep_key) AS given_rep_id,
        g.territory_id AS found_territory_id, g.rep_id AS found_rep_id, g.because
    FROM staged_leads s
    LEFT JOIN staged_leads_assigned g USING (row_number)
), compared AS MATERIALIZED (
    SELECT
        i.*,
        CASE WHEN t.converted_at IS NULL THEN i.status ELSE t.status END AS new_status,
        (t.street, t.house_number, t.postcode, t.city, t.country_code)
            IS DISTINCT FROM (i.street, i.house_number, i.postcode, i.city, i.country_code) AS moved,
        i.cell IS DISTINCT FROM (CASE WHEN t.geocode_level = 'given' THEN t.cell END)
            OR i.given_position IS DISTINCT FROM (CASE WHEN t.geocode_level = 'given' THEN t.position END) AS placed_anew,
        i.given_territory_id IS DISTINCT FROM (CASE WHEN t.territory_given THEN t.territory_id END) AS given_anew,
        coalesce(i.given_rep_id <> t.rep_id, i.given_rep_id IS NOT NULL) AS assigned_anew,
        (t.company, t.given_name, t.family_name, t.role, t.phone, t.email, t.website, t.segment, t.interest, t.amount, t.currency, t.origin, t.rating,
            CASE WHEN t.converted_at IS NULL THEN t.status END, t.rejected_because, t.received_at, t.made_up, t.custom)
            IS DISTINCT FROM (i.company, i.given_name, i.family_name, i.role, i.phone, i.email, i.website, i.segment, i.interest, i.amount, i.currency, i.origin,
                i.rating, CASE WHEN t.converted_at IS NULL THEN i.status END, CASE WHEN t.converted_at IS NULL AND i.status = 'rejected' THEN i.rejected_because END,
                coalesce(i.received_at, t.received_at), i.made_up, i.custom) AS described_anew
    FROM incoming i
    JOIN gcrm.leads t USING (lead_id)
), updated AS (
    UPDATE gcrm.leads t
    SET company = c.company, given_name = c.given_name, family_name = c.family_name, role = c.role, phone = c.phone, email = c.email, website = c.website,
        street = c.street, house_number = c.house_number, postcode = c.postcode, city = c.city, country_code = c.country_code,
        position = CASE WHEN c.moved OR c.placed_anew THEN c.given_position ELSE t.position END,
        cell = CASE WHEN c.moved OR c.placed_anew THEN c.cell ELSE t.cell END,
        geocode_level = CASE WHEN c.cell IS NOT NULL THEN 'given' WHEN c.moved OR c.placed_anew THEN NULL ELSE t.geocode_level END,
        geocode_score = CASE WHEN c.cell IS NOT NULL THEN 1 WHEN c.moved OR c.placed_anew THEN NULL ELSE t.geocode_score END,
        geocode_reason = CASE WHEN c.cell IS NOT NULL OR c.moved OR c.placed_anew THEN NULL ELSE t.geocode_reason END,
        segment = c.segment, interest = c.interest, amount = c.amount, currency = c.currency, origin = c.origin, rating = c.rating,
        status = c.new_status, rejected_because = CASE WHEN c.new_status = 'rejected' THEN c.rejected_because END,
        received_at = coalesce(c.received_at, t.received_at),
        territory_id = CASE WHEN c.given_territory_id IS NOT NULL THEN c.given_territory_id
            WHEN c.moved OR c.placed_anew OR c.given_anew THEN NULL ELSE t.territory_id END,
        territory_given = c.given_territory_id IS NOT NULL,
        rep_id = coalesce(c.given_rep_id, t.rep_id),
        assigned_at = CASE WHEN c.assigned_anew THEN now() ELSE t.assigned_at END,
        assigned_by = CASE WHEN c.assigned_anew THEN current_setting('gcrm.actor', true) ELSE t.assigned_by END,
        assigned_because = CASE WHEN c.assigned_anew THEN 'the file names the rep' ELSE t.assigned_because END,
        made_up = c.made_up, custom = c.custom, raw = c.raw, import_id = :import_id, updated_at = now()
    FROM compared c
    WHERE t.lead_id = c.lead_id AND (c.moved OR c.placed_anew OR c.given_anew OR c.assigned_anew OR c.described_anew)
    RETURNING 1
), created AS (
    INSERT INTO gcrm.leads (
        source, source_key, company, given_name, family_name, role, phone, email, website, street, house_number, postcode, city, country_code,
        position, cell, geocode_level, geocode_score, segment, interest, amount, currency, origin, rating, status, rejected_because, received_at,
        territory_id, territory_given, rep_id, assigned_at, assigned_by, assigned_because, made_up, custom, raw, import_id, created_import_id
    )
    SELECT
        :source, i.source_key, i.company, i.given_name, i.family_name, i.role, i.phone, i.email, i.website, i.street, i.house_number, i.postcode, i.city,
        i.country_code, i.given_position, i.cell, CASE WHEN i.cell IS NOT NULL THEN 'given' END, CASE WHEN i.cell IS NOT NULL THEN 1 END,
        i.segment, i.interest, i.amount, i.currency, i.origin, i.rating, i.status, CASE WHEN i.status = 'rejected' THEN i.rejected_because END,
        coalesce(i.received_at, now()), coalesce(i.given_territory_id, i.found_territory_id), i.given_territory_id IS NOT NULL,
        coalesce(i.given_rep_id, i.found_rep_id), CASE WHEN coalesce(i.given_rep_id, i.found_rep_id) IS NOT NULL THEN now() END,
        CASE WHEN coalesce(i.given_rep_id, i.found_rep_id) IS NOT NULL THEN current_setting('gcrm.actor', true) END,
        CASE WHEN i.given_rep_id IS NOT NULL THEN 'the file names the rep' ELSE i.because END, i.made_up, i.custom, i.raw, :import_id, :import_id
    FROM incoming i
    WHERE i.lead_id IS NULL
    RETURNING 1
)
SELECT (SELECT count(*) FROM created) AS created, (SELECT count(*) FROM updated) AS updated;
