-- What of the facts changed since they were taken out, by key. Keys stand in temporary tables of the transaction that takes facts out.

-- name: begin()#
-- Makes the temporary tables: changed, the records that changed since a state of the database (without a record_id, any of them may have); changed_members, the accounts,
-- products, reps and territories whose members changed; served, the accounts whose territory at some time is another or is called otherwise; touched, the keys of facts.
CREATE TEMPORARY TABLE changed (object text NOT NULL, record_id bigint) ON COMMIT DROP;
CREATE TEMPORARY TABLE changed_members (object text NOT NULL, record_id bigint NOT NULL) ON COMMIT DROP;
CREATE TEMPORARY TABLE served (account_id bigint) ON COMMIT DROP;
CREATE TEMPORARY TABLE touched (record_id bigint) ON COMMIT DROP;

-- name: snapshot()$
-- The state of the database that this transaction sees.
SELECT pg_current_snapshot()::text;

-- name: known(facts, basis)$
-- The state of the database in which facts had this content, of this same cluster, where they come out of the tables in the same way; or nothing. A state that lies
-- ahead is none of this database: it was brought back to an earlier one.
SELECT snapshot::text
FROM gcrm.extractions
WHERE facts = :facts AND basis = :basis AND system_identifier = (SELECT system_identifier FROM pg_control_system())
    AND pg_snapshot_xmax(snapshot) <= pg_snapshot_xmax(pg_current_snapshot());

-- name: find_changed(since)!
-- Fills the table changed with what transactions changed that were not seen in a state of the database.
INSERT INTO pg_temp.changed
SELECT DISTINCT c.object, r.record_id
FROM gcrm.fact_changes c
LEFT JOIN LATERAL unnest(c.record_ids) AS r (record_id) ON true
WHERE c.transaction_id >= pg_snapshot_xmin(:since::pg_snapshot) AND NOT pg_visible_in_snapshot(c.transaction_id, :since::pg_snapshot)
UNION
SELECT 'account_territories', h.account_id
FROM gcrm.account_territories h
WHERE h.transaction_id >= pg_snapshot_xmin(:since::pg_snapshot) AND NOT pg_visible_in_snapshot(h.transaction_id, :since::pg_snapshot);

-- name: add_members(object, record_ids)!
-- Adds to the table changed_members.
INSERT INTO pg_temp.changed_members SELECT :object, unnest(:record_ids::bigint[]);

-- name: analyze()#
-- Tells the planner how many there are.
ANALYZE pg_temp.changed;
ANALYZE pg_temp.changed_members;

-- name: forget_touched()#
-- Empties the table touched.
TRUNCATE pg_temp.touched;

-- name: find_served()!
-- Fills the table served, behind changed_members; without an account_id, any may be meant: a territory is gone, and its accounts are not known any more.
INSERT INTO pg_temp.served
SELECT record_id FROM pg_temp.changed WHERE object = 'account_territories'
UNION
SELECT h.account_id FROM pg_temp.changed_members m JOIN gcrm.account_territories h ON h.territory_id = m.record_id WHERE m.object = 'territories'
UNION
SELECT NULL FROM pg_temp.changed_members m
WHERE m.object = 'territories' AND NOT EXISTS (SELECT FROM gcrm.territories t WHERE t.territory_id = m.record_id);

-- name: products_members()
-- What facts take over from products.
COPY (SELECT product_id, category, product FROM gcrm.product_members ORDER BY product_id) TO STDOUT (FORMAT csv);

-- name: reps_members()
-- What facts take over from reps.
COPY (SELECT rep_id, name FROM gcrm.reps ORDER BY rep_id) TO STDOUT (FORMAT csv);

-- name: territories_members()
-- What facts take over from territories.
COPY (SELECT territory_id, t.name, r.name FROM gcrm.territories t LEFT JOIN gcrm.regions r USING (region_id) ORDER BY territory_id) TO STDOUT (FORMAT csv);

-- name: touch_sales()!
-- Fills the table touched with the keys of the sales that are other than they were, or may be.
INSERT INTO pg_temp.touched
SELECT record_id FROM pg_temp.changed WHERE object = 'orders'
UNION
SELECT o.order_line_id FROM pg_temp.changed_members m JOIN gcrm.orders o ON o.account_id = m.record_id WHERE m.object = 'accounts'
UNION
SELECT o.order_line_id FROM pg_temp.changed_members m JOIN gcrm.orders o ON o.product_id = m.record_id WHERE m.object = 'products'
UNION
SELECT o.order_line_id FROM pg_temp.served s JOIN gcrm.orders o USING (account_id)
UNION
SELECT account_id FROM pg_temp.served WHERE account_id IS NULL;

-- name: touch_activities()!
-- The same of activities.
INSERT INTO pg_temp.touched
SELECT record_id FROM pg_temp.changed WHERE object = 'activities'
UNION
SELECT v.activity_id FROM pg_temp.changed_members m JOIN gcrm.activities v ON v.account_id = m.record_id WHERE m.object = 'accounts'
UNION
SELECT v.activity_id FROM pg_temp.changed_members m JOIN gcrm.activities v ON v.rep_id = m.record_id WHERE m.object = 'reps'
UNION
SELECT v.activity_id FROM pg_temp.served s JOIN gcrm.activities v USING (account_id)
UNION
SELECT account_id FROM pg_temp.served WHERE account_id IS NULL;

-- name: touched()
-- The keys in the table touched: record_id, missing where any fact may be meant.
SELECT record_id FROM pg_temp.touched;

-- name: remember(facts, basis, snapshot)!
-- Keeps the state of the database in which facts had this content.
INSERT INTO gcrm.extractions (facts, basis, snapshot, system_identifier)
SELECT :facts, :basis, :snapshot::pg_snapshot, system_identifier FROM pg_control_system()
ON CONFLICT (facts) DO UPDATE
SET basis = excluded.basis, snapshot = excluded.snapshot, system_identifier = excluded.system_identifier, taken_at = now();

-- name: forget_old(kept)!
-- Forgets all but the newest states.
DELETE FROM gcrm.extractions WHERE facts NOT IN (SELECT facts FROM gcrm.extractions ORDER BY taken_at DESC LIMIT :kept);

-- name: forget_changes()!
-- Forgets the changes that were seen in every state that is kept.
DELETE FROM gcrm.fact_changes
WHERE transaction_id < (SELECT pg_snapshot_xmin(snapshot) FROM gcrm.extractions ORDER BY pg_snapshot_xmin(snapshot) LIMIT 1);
