-- The surroundings in which the made-up company is placed: one loaded extract.

-- name: address_points(dataset)
SELECT p.street, p.house_number, p.postcode, p.city, p.country_code, p.geom
FROM gcrm.address_points p
JOIN gcrm.layer_versions v USING (layer_version_id)
WHERE v.dataset = :dataset
ORDER BY p.osm_id, p.street, p.house_number;

-- name: roads(dataset)
SELECT r.class, r.name, r.length_m, r.oneway, r.geom
FROM gcrm.roads r
JOIN gcrm.layer_versions v USING (layer_version_id)
WHERE v.dataset = :dataset
ORDER BY r.osm_id, ST_AsBinary(r.geom);

-- name: buildings(dataset)
SELECT b.type, b.residence_type, b.levels, b.geom
FROM gcrm.buildings b
JOIN gcrm.layer_versions v USING (layer_version_id)
WHERE v.dataset = :dataset
ORDER BY b.osm_id;

-- name: shops(dataset)
SELECT s.type, s.name, s.geom
FROM gcrm.shops s
JOIN gcrm.layer_versions v USING (layer_version_id)
WHERE v.dataset = :dataset
ORDER BY s.osm_id, s.type;

-- name: changed_at()$
-- When anything that a cube is made of changed last, by a run that may have been cut off.
SELECT greatest(
    (SELECT max(greatest(started_at, finished_at)) FROM gcrm.imports),
    (SELECT max(loaded_at) FROM gcrm.layer_versions),
    (SELECT max(geocoded_at) FROM gcrm.accounts),
    (SELECT max(enriched_at) FROM gcrm.account_surroundings)
);
