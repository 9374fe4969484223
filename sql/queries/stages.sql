-- The stages of opportunities, as they are declared.

-- name: declared()
-- The stages in order: stage, label, kind, probability, commitment, overdue_days, moves.
SELECT stage, label, kind, probability::float8 AS probability, commitment, overdue_days, moves FROM gcrm.stages ORDER BY position;

-- name: loss_reasons()
-- The reasons for a loss in order: reason.
SELECT reason FROM gcrm.loss_reasons ORDER BY position;

-- name: used()
-- How many opportunities are in a stage: stage, opportunities.
SELECT stage, count(*) AS opportunities FROM gcrm.opportunities GROUP BY stage;

-- name: lock()#
-- One who declares stages at a time, and nobody moves an opportunity meanwhile.
LOCK TABLE gcrm.stages, gcrm.opportunities IN SHARE ROW EXCLUSIVE MODE;

-- name: put(stage, position, label, kind, probability, commitment, overdue_days, moves)!
-- Declares a stage, or declares it anew.
INSERT INTO gcrm.stages (stage, position, label, kind, probability, commitment, overdue_days, moves)
VALUES (:stage, :position, :label, :kind, :probability, :commitment, :overdue_days, :moves)
ON CONFLICT (stage) DO UPDATE
SET position = excluded.position, label = excluded.label, kind = excluded.kind, probability = excluded.probability, commitment = excluded.commitment,
    overdue_days = excluded.overdue_days, moves = excluded.moves;

-- name: keep_only(stages)!
-- Takes away the stages that are declared no more.
DELETE FROM gcrm.stages WHERE stage <> ALL(:stages::text[]);

-- name: put_loss_reasons(reasons)!
-- Puts other reasons in the place of those that there are.
WITH gone AS (
    DELETE FROM gcrm.loss_reasons WHERE reason <> ALL(:reasons::text[])
)
INSERT INTO gcrm.loss_reasons (reason, position)
SELECT reason, position FROM unnest(:reasons::text[]) WITH ORDINALITY AS r (reason, position)
ON CONFLICT (reason) DO UPDATE SET position = excluded.position;
