-- Movement between cells.

-- name: create_stage()#
-- COPY does not write to tables with row-level security.
CREATE TEMPORARY TABLE staged_movement (LIKE gcrm.movement) ON COMMIT DROP;

-- name: store()!
-- Flows out of their stage.
INSERT INTO gcrm.movement TABLE staged_movement;
