-- The floating population.

-- name: create_stage()#
-- COPY does not write to tables with row-level security.
CREATE TEMPORARY TABLE staged_footfall (LIKE gcrm.footfall) ON COMMIT DROP;

-- name: store()!
-- Figures out of their stage.
INSERT INTO gcrm.footfall TABLE staged_footfall;
