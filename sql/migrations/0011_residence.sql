-- What is built, and who lives in it: building formations by cell, types of residence by area and by cell.

ALTER TABLE gcrm.layer_versions
    ADD COLUMN derived_with int[] NOT NULL DEFAULT '{}',
    ADD COLUMN parameters jsonb NOT NULL DEFAULT '{}';
COMMENT ON COLUMN gcrm.layer_versions.parameters IS 'How its file was read, or how it was worked out, where that is a choice.';
COMMENT ON COLUMN gcrm.layer_versions.derived_with IS 'Versions of other layers that it was worked out with, ascending.';

ALTER TABLE gcrm.buildings
    ADD COLUMN use text CHECK (use IN ('residential', 'commercial', 'industrial', 'public', 'other')),
    ADD COLUMN year_built smallint,
    ADD COLUMN floor_area_m2 double precision CHECK (floor_area_m2 >= 0);
COMMENT ON COLUMN gcrm.buildings.use IS 'residential, commercial, industrial, public or other, from type; empty where the type does not tell.';
COMMENT ON COLUMN gcrm.buildings.year_built IS 'Year in which it was built; empty where it is not tagged.';
COMMENT ON COLUMN gcrm.buildings.floor_area_m2 IS
    'Footprint times storeys, square metres; storeys from the height at 3 m each where only that is tagged; empty where neither is.';

CREATE TABLE gcrm.cell_buildings (
    layer_version_id int NOT NULL REFERENCES gcrm.layer_versions,
    cell             bigint NOT NULL,
    buildings        int NOT NULL CHECK (buildings >= 0),
    footprint_m2     double precision NOT NULL CHECK (footprint_m2 >= 0),
    footprint_share  real NOT NULL CHECK (footprint_share BETWEEN 0 AND 1),
    floor_area_m2    double precision CHECK (floor_area_m2 >= 0),
    floor_area_known int NOT NULL,
    mean_height_m    real CHECK (mean_height_m >= 0),
    height_known     int NOT NULL,
    mean_levels      real CHECK (mean_levels >= 0),
    levels_known     int NOT NULL,
    residential_m2   double precision,
    commercial_m2    double precision,
    industrial_m2    double precision,
    public_m2        double precision,
    other_m2         double precision,
    use_mix          real CHECK (use_mix BETWEEN 0 AND 1),
    use_known        int NOT NULL,
    detached         int NOT NULL,
    terraced         int NOT NULL,
    flats            int NOT NULL,
    other_residence  int NOT NULL,
    mean_year_built  real,
    year_known       int NOT NULL,
    quality          text NOT NULL CHECK (quality IN ('measured', 'interpolated', 'modelled')),
    PRIMARY KEY (layer_version_id, cell)
);
-- Usage: what is built in a cell (enrich, place card).
CREATE INDEX cell_buildings_cell ON gcrm.cell_buildings (cell);
COMMENT ON TABLE gcrm.cell_buildings IS 'One row per H3 cell that has a building. Source: derived from gcrm.buildings when they are loaded.';
COMMENT ON COLUMN gcrm.cell_buildings.layer_version_id IS 'Version of the buildings.';
COMMENT ON COLUMN gcrm.cell_buildings.cell IS 'H3 cell of level 10, as a signed 64-bit integer.';
COMMENT ON COLUMN gcrm.cell_buildings.buildings IS 'Buildings whose middle is in the cell (count).';
COMMENT ON COLUMN gcrm.cell_buildings.footprint_m2 IS 'Built area in the cell, footprints cut at its edge, square metres.';
COMMENT ON COLUMN gcrm.cell_buildings.footprint_share IS 'Built share of the cell, 0 to 1 (no unit).';
COMMENT ON COLUMN gcrm.cell_buildings.floor_area_m2 IS 'Floor area of the buildings whose storeys or height are known, square metres.';
COMMENT ON COLUMN gcrm.cell_buildings.floor_area_known IS 'Buildings of which the floor area is known (count).';
COMMENT ON COLUMN gcrm.cell_buildings.mean_height_m IS 'Mean height of the buildings whose height is tagged, metres.';
COMMENT ON COLUMN gcrm.cell_buildings.height_known IS 'Buildings whose height is tagged (count).';
COMMENT ON COLUMN gcrm.cell_buildings.mean_levels IS 'Mean of the storeys of the buildings whose storeys are tagged (count).';
COMMENT ON COLUMN gcrm.cell_buildings.levels_known IS 'Buildings whose storeys are tagged (count).';
COMMENT ON COLUMN gcrm.cell_buildings.residential_m2 IS 'Footprint of buildings of residence, square metres.';
COMMENT ON COLUMN gcrm.cell_buildings.commercial_m2 IS 'Footprint of shops, offices, hotels, square metres.';
COMMENT ON COLUMN gcrm.cell_buildings.industrial_m2 IS 'Footprint of works and warehouses, square metres.';
COMMENT ON COLUMN gcrm.cell_buildings.public_m2 IS 'Footprint of public buildings, square metres.';
COMMENT ON COLUMN gcrm.cell_buildings.other_m2 IS 'Footprint of garages, sheds, barns, square metres.';
COMMENT ON COLUMN gcrm.cell_buildings.use_mix IS 'How mixed the known uses are: 0 one use, 1 all alike; normalised entropy of the footprints (no unit).';
COMMENT ON COLUMN gcrm.cell_buildings.use_known IS 'Buildings whose use is known (count).';
COMMENT ON COLUMN gcrm.cell_buildings.detached IS 'Detached houses (count).';
COMMENT ON COLUMN gcrm.cell_buildings.terraced IS 'Terraced and semi-detached houses (count).';
COMMENT ON COLUMN gcrm.cell_buildings.flats IS 'Buildings of flats (count).';
COMMENT ON COLUMN gcrm.cell_buildings.other_residence IS 'Other residential buildings (count).';
COMMENT ON COLUMN gcrm.cell_buildings.mean_year_built IS 'Mean of the years of building that are tagged.';
COMMENT ON COLUMN gcrm.cell_buildings.year_known IS 'Buildings whose year is tagged (count).';
COMMENT ON COLUMN gcrm.cell_buildings.quality IS 'measured, interpolated or modelled.';

CREATE TABLE gcrm.residence (
    layer_version_id         int NOT NULL REFERENCES gcrm.layer_versions,
    row_number               bigint NOT NULL,
    name                     text,
    population               double precision CHECK (population >= 0),
    households               double precision CHECK (households >= 0),
    dwellings                double precision CHECK (dwellings >= 0),
    dwellings_detached       double precision CHECK (dwellings_detached >= 0),
    dwellings_terraced       double precision CHECK (dwellings_terraced >= 0),
    dwellings_flats_low      double precision CHECK (dwellings_flats_low >= 0),
    dwellings_flats_high     double precision CHECK (dwellings_flats_high >= 0),
    dwellings_other          double precision CHECK (dwellings_other >= 0),
    dwellings_vacant         double precision CHECK (dwellings_vacant >= 0),
    households_owner         double precision CHECK (households_owner >= 0),
    households_tenant        double precision CHECK (households_tenant >= 0),
    age_0_17                 double precision CHECK (age_0_17 >= 0),
    age_18_64                double precision CHECK (age_18_64 >= 0),
    age_65_up                double precision CHECK (age_65_up >= 0),
    jobs                     double precision CHECK (jobs >= 0),
    vacancy_share            double precision CHECK (vacancy_share BETWEEN 0 AND 1),
    living_area_m2_per_person double precision CHECK (living_area_m2_per_person >= 0),
    geom                     geometry(MultiPolygon, 4326) NOT NULL,
    PRIMARY KEY (layer_version_id, row_number)
);
-- Usage: the area of a census that covers a point (place card).
CREATE INDEX residence_geom ON gcrm.residence USING gist (geom);
COMMENT ON TABLE gcrm.residence IS 'One row per area of a census: a grid cell or a polygon. Source: gcrm load residence.';
COMMENT ON COLUMN gcrm.residence.layer_version_id IS 'Version of the layer.';
COMMENT ON COLUMN gcrm.residence.row_number IS 'Number of the record in its file.';
COMMENT ON COLUMN gcrm.residence.name IS 'Name or code of the area; empty where the file has none.';
COMMENT ON COLUMN gcrm.residence.population IS 'Inhabitants (count); empty where it is not known.';
COMMENT ON COLUMN gcrm.residence.households IS 'Households (count); empty where it is not known.';
COMMENT ON COLUMN gcrm.residence.dwellings IS 'Dwellings (count); empty where it is not known.';
COMMENT ON COLUMN gcrm.residence.dwellings_detached IS 'Dwellings in detached houses (count); empty where it is not known.';
COMMENT ON COLUMN gcrm.residence.dwellings_terraced IS 'Dwellings in terraced and semi-detached houses (count); empty where it is not known.';
COMMENT ON COLUMN gcrm.residence.dwellings_flats_low IS 'Flats in buildings of up to 3 storeys (count); empty where it is not known.';
COMMENT ON COLUMN gcrm.residence.dwellings_flats_high IS 'Flats in buildings of 4 storeys and more (count); empty where it is not known.';
COMMENT ON COLUMN gcrm.residence.dwellings_other IS 'Dwellings elsewhere (count); empty where it is not known.';
COMMENT ON COLUMN gcrm.residence.dwellings_vacant IS 'Vacant dwellings (count); empty where it is not known.';
COMMENT ON COLUMN gcrm.residence.households_owner IS 'Households that own their dwelling (count); empty where it is not known.';
COMMENT ON COLUMN gcrm.residence.households_tenant IS 'Households that rent their dwelling (count); empty where it is not known.';
COMMENT ON COLUMN gcrm.residence.age_0_17 IS 'Inhabitants of 0 to 17 years (count); empty where it is not known.';
COMMENT ON COLUMN gcrm.residence.age_18_64 IS 'Inhabitants of 18 to 64 years (count); empty where it is not known.';
COMMENT ON COLUMN gcrm.residence.age_65_up IS 'Inhabitants of 65 years and more (count); empty where it is not known.';
COMMENT ON COLUMN gcrm.residence.jobs IS 'Places of work (count); empty where it is not known.';
COMMENT ON COLUMN gcrm.residence.vacancy_share IS 'Vacant dwellings per dwelling, 0 to 1 (no unit); empty where it is not known.';
COMMENT ON COLUMN gcrm.residence.living_area_m2_per_person IS 'Living area per inhabitant, square metres; empty where it is not known.';
COMMENT ON COLUMN gcrm.residence.geom IS 'Area, EPSG:4326.';

CREATE TABLE gcrm.cell_residence (
    layer_version_id         int NOT NULL REFERENCES gcrm.layer_versions,
    cell                     bigint NOT NULL,
    level                    smallint NOT NULL CHECK (level BETWEEN 5 AND 10),
    population               double precision CHECK (population >= 0),
    households               double precision CHECK (households >= 0),
    dwellings                double precision CHECK (dwellings >= 0),
    dwellings_detached       double precision CHECK (dwellings_detached >= 0),
    dwellings_terraced       double precision CHECK (dwellings_terraced >= 0),
    dwellings_flats_low      double precision CHECK (dwellings_flats_low >= 0),
    dwellings_flats_high     double precision CHECK (dwellings_flats_high >= 0),
    dwellings_other          double precision CHECK (dwellings_other >= 0),
    dwellings_vacant         double precision CHECK (dwellings_vacant >= 0),
    households_owner         double precision CHECK (households_owner >= 0),
    households_tenant        double precision CHECK (households_tenant >= 0),
    age_0_17                 double precision CHECK (age_0_17 >= 0),
    age_18_64                double precision CHECK (age_18_64 >= 0),
    age_65_up                double precision CHECK (age_65_up >= 0),
    jobs                     double precision CHECK (jobs >= 0),
    vacancy_share            double precision CHECK (vacancy_share BETWEEN 0 AND 1),
    living_area_m2_per_person double precision CHECK (living_area_m2_per_person >= 0),
    quality                  text NOT NULL CHECK (quality IN ('measured', 'interpolated', 'modelled')),
    PRIMARY KEY (layer_version_id, cell)
);
-- Usage: who lives in a cell (enrich, place card, trade areas).
CREATE INDEX cell_residence_cell ON gcrm.cell_residence (cell);
COMMENT ON TABLE gcrm.cell_residence IS
    'One row per H3 cell that a census or the buildings tell of; the counts of a version add up to those of its areas. Source: gcrm load residence.';
COMMENT ON COLUMN gcrm.cell_residence.layer_version_id IS 'Version of the layer.';
COMMENT ON COLUMN gcrm.cell_residence.cell IS 'H3 cell, as a signed 64-bit integer.';
COMMENT ON COLUMN gcrm.cell_residence.level IS 'H3 level of the cell: no finer than the areas of the source allow.';
COMMENT ON COLUMN gcrm.cell_residence.population IS 'Inhabitants (count); empty where it is not known.';
COMMENT ON COLUMN gcrm.cell_residence.households IS 'Households (count); empty where it is not known.';
COMMENT ON COLUMN gcrm.cell_residence.dwellings IS 'Dwellings (count); empty where it is not known.';
COMMENT ON COLUMN gcrm.cell_residence.dwellings_detached IS 'Dwellings in detached houses (count); empty where it is not known.';
COMMENT ON COLUMN gcrm.cell_residence.dwellings_terraced IS 'Dwellings in terraced and semi-detached houses (count); empty where it is not known.';
COMMENT ON COLUMN gcrm.cell_residence.dwellings_flats_low IS 'Flats in buildings of up to 3 storeys (count); empty where it is not known.';
COMMENT ON COLUMN gcrm.cell_residence.dwellings_flats_high IS 'Flats in buildings of 4 storeys and more (count); empty where it is not known.';
COMMENT ON COLUMN gcrm.cell_residence.dwellings_other IS 'Dwellings elsewhere (count); empty where it is not known.';
COMMENT ON COLUMN gcrm.cell_residence.dwellings_vacant IS 'Vacant dwellings (count); empty where it is not known.';
COMMENT ON COLUMN gcrm.cell_residence.households_owner IS 'Households that own their dwelling (count); empty where it is not known.';
COMMENT ON COLUMN gcrm.cell_residence.households_tenant IS 'Households that rent their dwelling (count); empty where it is not known.';
COMMENT ON COLUMN gcrm.cell_residence.age_0_17 IS 'Inhabitants of 0 to 17 years (count); empty where it is not known.';
COMMENT ON COLUMN gcrm.cell_residence.age_18_64 IS 'Inhabitants of 18 to 64 years (count); empty where it is not known.';
COMMENT ON COLUMN gcrm.cell_residence.age_65_up IS 'Inhabitants of 65 years and more (count); empty where it is not known.';
COMMENT ON COLUMN gcrm.cell_residence.jobs IS 'Places of work (count); empty where it is not known.';
COMMENT ON COLUMN gcrm.cell_residence.vacancy_share IS 'Vacant dwellings per dwelling, 0 to 1 (no unit); empty where it is not known.';
COMMENT ON COLUMN gcrm.cell_residence.living_area_m2_per_person IS 'Living area per inhabitant, square metres; empty where it is not known.';
COMMENT ON COLUMN gcrm.cell_residence.quality IS 'measured: the area of the source is the cell; interpolated: spread by floor area or area; modelled: from buildings.';

COMMENT ON COLUMN gcrm.layer_versions.layer IS
    'roads, buildings, address_points, address_areas, shops, land_cover, districts, residence, footfall, tracks or movement.';

GRANT SELECT, INSERT, UPDATE, DELETE ON gcrm.cell_buildings, gcrm.residence, gcrm.cell_residence TO gcrm_writer;
GRANT SELECT ON gcrm.cell_buildings, gcrm.residence, gcrm.cell_residence TO gcrm_reader;
