-- Sites that minutes are told to: of one's own and of competitors.

-- name: create_stage()#
CREATE TEMPORARY TABLE staged_sites (site_key text NOT NULL, name text NOT NULL, account_id bigint, position text NOT NULL) ON COMMIT DROP;

-- name: store(version)!
INSERT INTO gcrm.sites (layer_version_id, site_key, name, account_id, position)
SELECT :version, site_key, name, account_id, position::geometry FROM staged_sites;

-- name: chosen(layer)^
-- The version in force of one of the two layers: layer_version_id, parameters.
SELECT layer_version_id, parameters FROM gcrm.layer_versions WHERE layer = :layer AND retired_at IS NULL;

-- name: are_chosen()$
-- Whether one of the two layers is in force.
SELECT EXISTS (SELECT FROM gcrm.layer_versions WHERE layer IN ('sites', 'competitors') AND retired_at IS NULL);

-- name: of_version(version)
SELECT site_key, name, account_id, position AS geom FROM gcrm.sites WHERE layer_version_id = :version ORDER BY site_key;

-- name: shops(types)
-- Shops of OpenStreetMap of some types as sites: site_key, site_name, site_account_id, geom. One that several extracts hold counts once.
SELECT DISTINCT ON (osm_id, type) 'osm/' || osm_id || '/' || type AS site_key, coalesce(name, type) AS site_name, NULL::bigint AS site_account_id, geom
FROM gcrm.shops WHERE type = ANY(:types::text[])
ORDER BY osm_id, type, layer_version_id DESC;
