-- Accounts as readers see them; row-level security keeps what is outside their scope.

-- name: export(statuses, segments, territories, area, custom)
-- Accounts with their surroundings, without phones and mail addresses; those that have some values in custom fields (JSON, {} for all). themes: by thematic layer in
-- force what it tells (JSON); custom: their custom fields (JSON).
SELECT
    a.source, a.source_key, a.kind, a.status, a.name, a.segment, a.street, a.house_number, a.postcode, a.city, a.country_code,
    t.name AS territory, r.name AS region, s.district, s.residence_type, s.building_type, s.road_class, s.road_name,
    s.road_distance_m, s.footfall_per_hour, s.site_drive_key, s.site_drive_minutes, s.site_walk_key, s.site_walk_minutes, s.competitors_near,
    s.passing_trips, a.geocode_level, a.geocode_score, a.made_up, ST_X(a.position) AS longitude, ST_Y(a.position) AS latitude, h.themes, a.custom
FROM gcrm.accounts a
LEFT JOIN gcrm.territories t USING (territory_id)
LEFT JOIN gcrm.regions r USING (region_id)
LEFT JOIN gcrm.account_surroundings s USING (account_id)
LEFT JOIN LATERAL (
    SELECT jsonb_object_agg(v.dataset, coalesce(to_jsonb(told.number), to_jsonb(told.category))) AS themes
    FROM gcrm.account_thematic told JOIN gcrm.layer_versions v USING (layer_version_id)
    WHERE told.account_id = a.account_id AND v.retired_at IS NULL
) h ON true
WHERE (cardinality(:statuses::text[]) = 0 OR a.status = ANY(:statuses))
    AND (cardinality(:segments::text[]) = 0 OR a.segment = ANY(:segments))
    AND (cardinality(:territories::text[]) = 0 OR t.name = ANY(:territories))
    AND (:area::bytea IS NULL
        OR a.position && ST_GeomFromWKB(:area, 4326) AND ST_Intersects(a.position, ST_GeomFromWKB(:area, 4326)))
    AND (:custom::jsonb = '{}' OR a.custom @> :custom::jsonb)
ORDER BY a.source, a.source_key;

-- name: named(account_ids)
-- What accounts are called: account_id, source, source_key, name.
SELECT account_id, source, source_key, name FROM gcrm.accounts WHERE account_id = ANY(:account_ids::bigint[]);

-- name: by_key(source, source_key)$
-- The account of a key in a system: account_id.
SELECT account_id FROM gcrm.accounts WHERE source = :source AND source_key = :source_key;

-- name: in_cells(lows, highs, polygons, statuses, segments, territories, residence_types, districts, road_classes, regions, municipalities, trade_areas, companies, territories_then, regions_then, first_days, last_days, weekdays, hours, categories, products, channels, currencies, custom, time_zone, most)
-- The accounts of some ranges of cells, those with the highest revenue first: account_id, name, kind, status, segment, address, territory,
-- residence_type, geocode_level, orders, revenue, currency, and found (how many there are without the limit). Orders and revenue are those of the times
-- (spans of days, weekdays, hours, in the time zone), categories, products, channels and currencies; empty means all.
-- custom: members by custom field (JSON). polygons: WKT in EPSG:4326; an account lies in one of them, its edge counted in.
WITH found AS (
    SELECT a.*, t.name AS territory, r.name AS region, s.residence_type
    FROM gcrm.accounts a
    LEFT JOIN gcrm.territories t USING (territory_id)
    LEFT JOIN gcrm.regions r USING (region_id)
    LEFT JOIN gcrm.account_surroundings s USING (account_id)
    WHERE EXISTS (SELECT FROM unnest(:lows::bigint[], :highs::bigint[]) AS span (low, high) WHERE a.cell BETWEEN span.low AND span.high)
        AND a.cell BETWEEN (SELECT min(low) FROM unnest(:lows::bigint[]) AS low) AND (SELECT max(high) FROM unnest(:highs::bigint[]) AS high)
        AND (cardinality(:polygons::text[]) = 0 OR EXISTS (
            SELECT FROM unnest(:polygons::text[]) AS wkt WHERE ST_Intersects(a.position, ST_GeomFromText(wkt, 4326))))
        AND (cardinality(:statuses::text[]) = 0 OR a.status = ANY(:statuses))
        AND (cardinality(:segments::text[]) = 0 OR coalesce(a.segment, '(unknown)') = ANY(:segments))
        AND (cardinality(:territories::text[]) = 0 OR coalesce(t.name, '(unknown)') = ANY(:territories))
        AND (cardinality(:residence_types::text[]) = 0 OR coalesce(s.residence_type, '(unknown)') = ANY(:residence_types))
        AND (cardinality(:districts::text[]) = 0 OR coalesce(s.district, '(unknown)') = ANY(:districts))
        AND (cardinality(:road_classes::text[]) = 0 OR coalesce(s.road_class, '(unknown)') = ANY(:road_classes))
        AND (cardinality(:regions::text[]) = 0 OR coalesce(r.name, '(unknown)') = ANY(:regions))
        AND (cardinality(:municipalities::text[]) = 0 OR coalesce(s.municipality, '(unknown)') = ANY(:municipalities))
        AND NOT EXISTS (SELECT FROM jsonb_each(:custom::jsonb) AS asked (field, members) WHERE NOT asked.members ? gcrm.custom_member(a.custom, asked.field))
        -- These are known of all accounts together, and looked up only where they are asked for.
        AND (cardinality(:trade_areas::text[]) = 0 OR a.account_id IN (SELECT account_id FROM gcrm.account_members WHERE trade_area = ANY(:trade_areas)))
        AND (cardinality(:companies::text[]) = 0 OR a.account_id IN (SELECT account_id FROM gcrm.account_members WHERE company = ANY(:companies)))
), baskets AS (
    SELECT o.account_id, sum(o.revenue) AS revenue, min(o.currency) AS currency
    FROM gcrm.orders o
    LEFT JOIN gcrm.product_members p USING (product_id)
    WHERE o.account_id IN (SELECT account_id FROM found)
        AND (cardinality(:first_days::date[]) = 0 OR EXISTS (
            SELECT FROM unnest(:first_days::date[], :last_days::date[]) AS span (first_day, last_day)
            WHERE (o.ordered_at AT TIME ZONE :time_zone)::date BETWEEN span.first_day AND span.last_day))
        AND (cardinality(:weekdays::text[]) = 0 OR to_char(o.ordered_at AT TIME ZONE :time_zone, 'ID') = ANY(:weekdays))
        AND (cardinality(:hours::text[]) = 0 OR to_char(o.ordered_at AT TIME ZONE :time_zone, 'HH24') = ANY(:hours))
        AND (cardinality(:products::text[]) = 0 OR coalesce(p.product, '(unknown)') = ANY(:products))
        AND (cardinality(:categories::text[]) = 0 OR coalesce(p.category, '(unknown)') = ANY(:categories))
        AND (cardinality(:channels::text[]) = 0 OR coalesce(o.channel, '(unknown)') = ANY(:channels))
        AND (cardinality(:currencies::text[]) = 0 OR o.currency = ANY(:currencies))
        -- Where no span is kept, the territory has always been that of today.
        AND (cardinality(:territories_then::text[]) = 0 OR coalesce((
            SELECT h.territory FROM gcrm.account_territory_spans h WHERE h.account_id = o.account_id AND h.since <= o.ordered_at AND o.ordered_at < h.until
        ), (SELECT coalesce(f.territory, '(unknown)') FROM found f WHERE f.account_id = o.account_id)) = ANY(:territories_then))
        AND (cardinality(:regions_then::text[]) = 0 OR coalesce((
            SELECT h.region FROM gcrm.account_territory_spans h WHERE h.account_id = o.account_id AND h.since <= o.ordered_at AND o.ordered_at < h.until
        ), (SELECT coalesce(f.region, '(unknown)') FROM found f WHERE f.account_id = o.account_id)) = ANY(:regions_then))
    GROUP BY o.account_id, o.source, o.order_key
), sales AS (
    SELECT account_id, count(*) AS orders, sum(revenue) AS revenue, min(currency) AS currency
    FROM baskets
    GROUP BY account_id
)
SELECT
    f.account_id, f.name, f.kind, f.status, f.segment,
    concat_ws(', ', nullif(concat_ws(' ', f.street, f.house_number), ''), nullif(concat_ws(' ', f.postcode, f.city), '')) AS address,
    f.territory, f.residence_type, f.geocode_level, coalesce(s.orders, 0) AS orders, s.revenue, s.currency, count(*) OVER () AS found
FROM found f
LEFT JOIN sales s USING (account_id)
ORDER BY s.revenue DESC NULLS LAST, f.account_id
LIMIT :most;
