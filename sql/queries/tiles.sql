-- The basemap as vector tiles (Mapbox Vector Tile 2.1): what was loaded from extracts, in the tile z/x/y of Web Mercator. What appears from
-- which zoom on, and how far lines are simplified, keeps a tile of a dense city below some 100 kB; a pixel is one of 512 across a tile.

-- name: versions()$
-- The versions of the layers that are drawn, as text: it changes when one of them does.
SELECT coalesce(string_agg(layer_version_id::text, '-' ORDER BY layer_version_id), '')
FROM gcrm.layer_versions
WHERE retired_at IS NULL AND layer IN ('roads', 'buildings', 'land_cover', 'districts');

-- name: tile(z, x, y)$
-- Layers: land_cover (kind), boundaries (level: OSM admin_level), roads (kind, name), buildings (height: metres, storeys at 3.2 m where only they are
-- tagged), names (kind: district, water or green; name; size: pixels across). Empty where there is nothing.
WITH tile AS (
    SELECT
        ST_TileEnvelope(:z, :x, :y) AS edge,
        ST_Transform(ST_TileEnvelope(:z, :x, :y, margin => 0.02), 4326) AS area,
        ST_Transform(ST_TileEnvelope(:z, :x, :y), 4326) AS inside,
        360.0 / (512 * 2.0 ^ :z) AS pixel
), land_cover AS (
    SELECT l.kind, ST_AsMVTGeom(ST_Transform(ST_Simplify(l.geom, tile.pixel / 3, true), 3857), tile.edge, 4096, 80) AS geom
    FROM gcrm.land_cover l, tile
    WHERE l.geom && tile.area AND ST_Area(l.geom) > (2 * tile.pixel) ^ 2
    ORDER BY ST_Area(l.geom) DESC
), boundaries AS (
    SELECT d.admin_level AS level, ST_AsMVTGeom(ST_Transform(ST_Simplify(ST_Boundary(d.geom), tile.pixel / 2, true), 3857), tile.edge, 4096, 80) AS geom
    FROM gcrm.districts d, tile
    WHERE d.geom && tile.area AND ST_XMax(d.geom) - ST_XMin(d.geom) > 60 * tile.pixel
), classed AS (
    SELECT
        CASE
            WHEN r.class ~ '^(motorway|trunk)' THEN 'motorway'
            WHEN r.class ~ '^primary' THEN 'main'
            WHEN r.class ~ '^(secondary|tertiary)' THEN 'secondary'
            WHEN r.class IN ('residential', 'unclassified', 'living_street', 'pedestrian', 'road') THEN 'street'
            WHEN r.class IN ('service', 'busway', 'track') THEN 'service'
            ELSE 'path'
        END AS kind,
        -- Without their names streets join to longer and fewer lines.
        CASE WHEN :z >= 12 THEN r.name END AS name,
        r.geom
    FROM gcrm.roads r, tile
    WHERE r.geom && tile.area
      AND (:z >= 15 OR r.class ~ CASE
        WHEN :z >= 14 THEN '^(motorway|trunk|primary|secondary|tertiary|residential|unclassified|living_street|pedestrian|road|service|busway)'
        WHEN :z >= 12 THEN '^(motorway|trunk|primary|secondary|tertiary|residential|unclassified|living_street|pedestrian|road)'
        WHEN :z >= 11 THEN '^(motorway|trunk|primary|secondary|tertiary)'
        WHEN :z >= 9 THEN '^(motorway|trunk|primary|secondary)'
        WHEN :z >= 7 THEN '^(motorway|trunk|primary)'
        ELSE '^(motorway|trunk)'
      END)
), merged AS (
    SELECT kind, name, ST_LineMerge(ST_Collect(geom)) AS geom FROM classed GROUP BY kind, name
), roads AS (
    SELECT m.kind, m.name, ST_AsMVTGeom(ST_Transform(ST_Simplify(m.geom, tile.pixel / 3), 3857), tile.edge, 4096, 80) AS geom
    FROM merged m, tile
), buildings AS (
    SELECT round(coalesce(b.height_m, b.levels * 3.2))::int AS height, ST_AsMVTGeom(ST_Transform(b.geom, 3857), tile.edge, 4096, 80) AS geom
    FROM gcrm.buildings b, tile
    WHERE :z >= 13 AND b.geom && tile.area AND (:z >= 14 OR b.footprint_m2 > 300)
), named AS (
    SELECT 'district' AS kind, d.name, d.geom FROM gcrm.districts d, tile WHERE d.geom && tile.area
    UNION ALL
    SELECT l.kind, l.name, l.geom FROM gcrm.land_cover l, tile WHERE l.name IS NOT NULL AND l.geom && tile.area
), sized AS (
    SELECT named.kind, named.name, named.geom, ((ST_XMax(named.geom) - ST_XMin(named.geom)) / tile.pixel)::int AS size
    FROM named, tile
), middles AS (
    SELECT kind, name, size, ST_PointOnSurface(geom) AS middle
    FROM sized
    WHERE size BETWEEN 70 AND 1600
), names AS (
    SELECT middles.kind, middles.name, middles.size, ST_AsMVTGeom(ST_Transform(middles.middle, 3857), tile.edge, 4096, 0) AS geom
    FROM middles, tile
    -- Each name in one tile alone.
    WHERE middles.middle && tile.inside
)
SELECT
    (SELECT coalesce(ST_AsMVT(land_cover, 'land_cover'), '') FROM land_cover WHERE geom IS NOT NULL)
    || (SELECT coalesce(ST_AsMVT(boundaries, 'boundaries'), '') FROM boundaries WHERE geom IS NOT NULL)
    || (SELECT coalesce(ST_AsMVT(roads, 'roads'), '') FROM roads WHERE geom IS NOT NULL)
    || (SELECT coalesce(ST_AsMVT(buildings, 'buildings'), '') FROM buildings WHERE geom IS NOT NULL)
    || (SELECT coalesce(ST_AsMVT(names, 'names'), '') FROM names WHERE geom IS NOT NULL);
