-- Surroundings that are brought up to date part by part: what each row holds for, and more of what the layers tell.

ALTER TABLE gcrm.account_surroundings
    ADD COLUMN derived_position          geometry(Point, 4326),
    ADD COLUMN covering_territory_id     int REFERENCES gcrm.territories ON DELETE SET NULL,
    ADD COLUMN territories_stamp         bigint,
    ADD COLUMN built_share               real CHECK (built_share BETWEEN 0 AND 1),
    ADD COLUMN use_mix                   real CHECK (use_mix BETWEEN 0 AND 1),
    ADD COLUMN population_per_km2        real CHECK (population_per_km2 >= 0),
    ADD COLUMN households_per_km2        real CHECK (households_per_km2 >= 0),
    ADD COLUMN flats_share               real CHECK (flats_share BETWEEN 0 AND 1),
    ADD COLUMN tenant_share              real CHECK (tenant_share BETWEEN 0 AND 1),
    ADD COLUMN age_65_up_share           real CHECK (age_65_up_share BETWEEN 0 AND 1),
    ADD COLUMN vacancy_share             real CHECK (vacancy_share BETWEEN 0 AND 1),
    ADD COLUMN residence_quality         text CHECK (residence_quality IN ('measured', 'interpolated', 'modelled')),
    ADD COLUMN footfall_morning_per_hour real CHECK (footfall_morning_per_hour >= 0),
    ADD COLUMN footfall_midday_per_hour  real CHECK (footfall_midday_per_hour >= 0),
    ADD COLUMN footfall_evening_per_hour real CHECK (footfall_evening_per_hour >= 0),
    ADD COLUMN footfall_night_per_hour   real CHECK (footfall_night_per_hour >= 0);
-- Usage: deleting a territory.
CREATE INDEX account_surroundings_territory ON gcrm.account_surroundings (covering_territory_id);
COMMENT ON COLUMN gcrm.account_surroundings.derived_position IS 'The position that this row was derived for, EPSG:4326; where the account has moved, the row is to be renewed.';
COMMENT ON COLUMN gcrm.account_surroundings.covering_territory_id IS 'The territory whose boundary covers the position; the account''s own where no file named one.';
COMMENT ON COLUMN gcrm.account_surroundings.territories_stamp IS 'Checksum of the boundaries that it was compared with (no unit).';
COMMENT ON COLUMN gcrm.account_surroundings.built_share IS 'Built share of its H3 cell of level 10, 0 to 1 (no unit).';
COMMENT ON COLUMN gcrm.account_surroundings.use_mix IS 'How mixed the uses of the buildings of that cell are: 0 one use, 1 all alike (no unit).';
COMMENT ON COLUMN gcrm.account_surroundings.population_per_km2 IS 'Inhabitants per square kilometre of the finest H3 cell that a census tells of.';
COMMENT ON COLUMN gcrm.account_surroundings.households_per_km2 IS 'Households per square kilometre of that cell.';
COMMENT ON COLUMN gcrm.account_surroundings.flats_share IS 'Flats per dwelling of that cell, 0 to 1 (no unit).';
COMMENT ON COLUMN gcrm.account_surroundings.tenant_share IS 'Households that rent, per household of that cell, 0 to 1 (no unit).';
COMMENT ON COLUMN gcrm.account_surroundings.age_65_up_share IS 'Inhabitants of 65 years and more, per inhabitant of that cell, 0 to 1 (no unit).';
COMMENT ON COLUMN gcrm.account_surroundings.vacancy_share IS 'Vacant dwellings per dwelling of that cell, 0 to 1 (no unit).';
COMMENT ON COLUMN gcrm.account_surroundings.residence_quality IS 'How the figures of that cell came about: measured, interpolated or modelled.';
COMMENT ON COLUMN gcrm.account_surroundings.footfall_morning_per_hour IS 'Mean of people per hour from 6 to 10 in its H3 cell of level 10, the place''s own time; empty where nothing was measured.';
COMMENT ON COLUMN gcrm.account_surroundings.footfall_midday_per_hour IS 'The same from 10 to 16.';
COMMENT ON COLUMN gcrm.account_surroundings.footfall_evening_per_hour IS 'The same from 16 to 22.';
COMMENT ON COLUMN gcrm.account_surroundings.footfall_night_per_hour IS 'The same from 22 to 6.';
