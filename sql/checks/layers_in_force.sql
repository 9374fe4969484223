-- Features belong to a version that is in force.
SELECT layer_version_id FROM (
    SELECT DISTINCT layer_version_id FROM gcrm.roads
    UNION SELECT DISTINCT layer_version_id FROM gcrm.buildings
    UNION SELECT DISTINCT layer_version_id FROM gcrm.address_points
    UNION SELECT DISTINCT layer_version_id FROM gcrm.address_areas
    UNION SELECT DISTINCT layer_version_id FROM gcrm.shops
    UNION SELECT DISTINCT layer_version_id FROM gcrm.land_cover
    UNION SELECT DISTINCT layer_version_id FROM gcrm.districts
    UNION SELECT DISTINCT layer_version_id FROM gcrm.footfall
    UNION SELECT DISTINCT layer_version_id FROM gcrm.stations
    UNION SELECT DISTINCT layer_version_id FROM gcrm.station_days
    UNION SELECT DISTINCT layer_version_id FROM gcrm.footfall_models
    UNION SELECT DISTINCT layer_version_id FROM gcrm.tracks
    UNION SELECT DISTINCT layer_version_id FROM gcrm.track_stops
    UNION SELECT DISTINCT layer_version_id FROM gcrm.movement
    UNION SELECT DISTINCT layer_version_id FROM gcrm.cell_stops
    UNION SELECT DISTINCT layer_version_id FROM gcrm.transit_stops
    UNION SELECT DISTINCT layer_version_id FROM gcrm.transit_routes
    UNION SELECT DISTINCT layer_version_id FROM gcrm.transit_departures
    UNION SELECT DISTINCT layer_version_id FROM gcrm.transit_edges
    UNION SELECT DISTINCT layer_version_id FROM gcrm.road_flow_edges
    UNION SELECT DISTINCT layer_version_id FROM gcrm.road_network
    UNION SELECT DISTINCT layer_version_id FROM gcrm.road_conditions
    UNION SELECT DISTINCT layer_version_id FROM gcrm.speed_sensors
    UNION SELECT DISTINCT layer_version_id FROM gcrm.sites
    UNION SELECT DISTINCT layer_version_id FROM gcrm.trade_area_cells
    UNION SELECT DISTINCT layer_version_id FROM gcrm.thematic_areas
    UNION SELECT DISTINCT layer_version_id FROM gcrm.cell_thematic
    UNION SELECT DISTINCT layer_version_id FROM gcrm.account_thematic
) AS used
JOIN gcrm.layer_versions USING (layer_version_id)
WHERE retired_at IS NOT NULL;
