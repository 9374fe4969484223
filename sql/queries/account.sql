-- One account, and what is around it.

-- name: record(account_id)
-- The account with its surroundings: of gcrm.accounts name, source, source_key, kind, status, segment, address, territory, longitude, latitude, geocode_level, made_up and custom (JSON); `holds`
-- (whether the surroundings were derived for this position); and the columns of gcrm.account_surroundings.
SELECT
    a.account_id, a.name, a.source, a.source_key, a.kind, a.status, a.segment, t.name AS territory, a.geocode_level, a.made_up, a.custom,
    concat_ws(', ', nullif(concat_ws(' ', a.street, a.house_number), ''), nullif(concat_ws(' ', a.postcode, a.city), '')) AS address,
    ST_X(a.position) AS longitude, ST_Y(a.position) AS latitude, coalesce(s.derived_position = a.position, false) AS holds,
    s.district, s.road_class, s.road_name, s.road_distance_m, s.building_type, s.residence_type, s.building_distance_m, s.built_share, s.use_mix,
    s.population_per_km2, s.households_per_km2, s.flats_share, s.tenant_share, s.age_65_up_share, s.vacancy_share, s.residence_quality,
    s.footfall_per_hour, s.footfall_morning_per_hour, s.footfall_midday_per_hour, s.footfall_evening_per_hour, s.footfall_night_per_hour,
    s.site_drive_key, s.site_drive_minutes, s.site_walk_key, s.site_walk_minutes, s.competitors_near, s.passing_trips, s.layer_version_ids,
    s.conditions_stamp, s.enriched_at
FROM gcrm.accounts a
LEFT JOIN gcrm.territories t USING (territory_id)
LEFT JOIN gcrm.account_surroundings s USING (account_id)
WHERE a.account_id = :account_id;

-- name: sources(versions)
-- Versions of layers: layer_version_id, layer, dataset, source_date, attribution, made_up, loaded_at, parameters, in_force. Layers that hold nothing are left out.
SELECT layer_version_id, layer, dataset, source_date, attribution, made_up, loaded_at, parameters, retired_at IS NULL AS in_force
FROM gcrm.layer_versions
WHERE layer_version_id = ANY(:versions::int[]) AND feature_count > 0
ORDER BY layer, dataset;

-- name: trade_areas(account_id)
-- The trading areas that it was found to lie in: dataset, kind, name, site_name, band, band_unit, most_likely, probability.
SELECT v.dataset, t.kind, t.name, t.site_name, t.band, t.band_unit, m.most_likely, m.probability
FROM gcrm.account_trade_areas m
JOIN gcrm.trade_areas t USING (trade_area_id)
JOIN gcrm.layer_versions v USING (layer_version_id)
WHERE m.account_id = :account_id AND v.retired_at IS NULL
ORDER BY v.dataset, m.most_likely DESC, t.band NULLS LAST, t.area_km2;

-- name: themes(account_id)
-- What the layers of one's own tell of it: dataset, kind, unit, number, category, made_up.
SELECT v.dataset, v.parameters ->> 'kind' AS kind, v.parameters ->> 'unit' AS unit, h.number, h.category, v.made_up
FROM gcrm.account_thematic h JOIN gcrm.layer_versions v USING (layer_version_id)
WHERE h.account_id = :account_id AND v.retired_at IS NULL AND (h.number IS NOT NULL OR h.category IS NOT NULL)
ORDER BY v.dataset;

-- name: territories(account_id)
-- From when on which territory serves it: since, name; of a territory that the reader may not see the name too.
SELECT h.since, t.name
FROM gcrm.account_territories h
LEFT JOIN gcrm.territories t USING (territory_id)
WHERE h.account_id = :account_id
ORDER BY h.since;

-- name: campaigns(account_id, most)
-- The campaigns that were sent to it, the newest first: sent_at, campaign, channel, wave, response, responded_at, revenue (of the orders that are attributed to it)
-- with its currency, contact_id and contact (empty where it was sent to the account).
SELECT
    m.sent_at, c.name AS campaign, c.channel, m.wave, m.response, m.responded_at, o.revenue, c.currency, m.contact_id,
    CASE WHEN m.contact_id IS NOT NULL THEN coalesce(nullif(concat_ws(' ', k.given_name, k.family_name), ''), '(unknown)') END AS contact
FROM gcrm.campaign_members m
JOIN gcrm.campaigns c USING (campaign_id)
LEFT JOIN gcrm.contacts k USING (contact_id)
LEFT JOIN (
    SELECT campaign_member_id, sum(revenue) AS revenue FROM gcrm.campaign_orders WHERE account_id = :account_id GROUP BY campaign_member_id
) o USING (campaign_member_id)
WHERE m.account_id = :account_id
ORDER BY m.sent_at DESC, m.campaign_member_id
LIMIT :most;

-- name: sites(versions, keys)
-- Some of the sites of some versions: site_key, name.
SELECT site_key, name FROM gcrm.sites WHERE layer_version_id = ANY(:versions::int[]) AND site_key = ANY(:keys::text[]);
