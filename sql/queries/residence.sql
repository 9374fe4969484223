-- Types of residence.

-- name: homes()
-- Buildings: residence_type, levels, footprint_m2, floor_area_m2, geom.
SELECT residence_type, levels, footprint_m2, floor_area_m2, geom FROM gcrm.buildings ORDER BY osm_id;

-- name: homes_within(west, south, east, north)
-- Buildings that touch a window: residence_type, levels, footprint_m2, floor_area_m2, geom.
SELECT residence_type, levels, footprint_m2, floor_area_m2, geom
FROM gcrm.buildings
WHERE geom && ST_MakeEnvelope(:west, :south, :east, :north, 4326)
ORDER BY osm_id;

-- name: told_cells()
-- Cells of which a census tells: cell, level.
SELECT DISTINCT cell, level FROM gcrm.cell_residence WHERE quality <> 'modelled' ORDER BY cell;
