-- The history of a customer: all that happened, in one order of time, across channels and departments.

-- name: of_account(account_id, objects, kinds, departments, at, object, record_id, most)
-- The newest events before a time, an object and a key, each of the sources below read no further than it has to be: at, object, record_id, kind, title, detail, who,
-- channel, department, amount, currency. Empty lists mean all; kinds and departments are those of activities, and leave out the rest.
WITH wanted AS MATERIALIZED (
    SELECT object FROM unnest(ARRAY['activities', 'orders', 'opportunities', 'cases', 'campaigns', 'consents', 'changes']) AS object
    WHERE (cardinality(:objects::text[]) = 0 OR object = ANY(:objects))
        AND (object = 'activities' OR cardinality(:kinds::text[]) + cardinality(:departments::text[]) = 0)
)
SELECT * FROM (
    (
        SELECT
            v.happened_at AS at, 'activities' AS object, v.activity_id AS record_id, v.kind, v.subject AS title,
            CASE WHEN v.state = 'cancelled' THEN concat_ws(': ', 'cancelled', v.outcome) ELSE v.outcome END AS detail, coalesce(r.name, v.created_by) AS who,
            v.channel, v.department, NULL::numeric AS amount, NULL::text AS currency
        FROM gcrm.activities v
        LEFT JOIN gcrm.reps r USING (rep_id)
        WHERE v.account_id = :account_id AND v.happened_at <= :at AND (v.happened_at, 'activities', v.activity_id) < (:at, :object::text, :record_id::bigint)
            AND EXISTS (SELECT FROM wanted WHERE object = 'activities')
            AND (cardinality(:kinds::text[]) = 0 OR v.kind = ANY(:kinds))
            AND (cardinality(:departments::text[]) = 0 OR v.department = ANY(:departments))
        ORDER BY v.happened_at DESC, v.activity_id DESC
        LIMIT :most
    ) UNION ALL (
        SELECT
            o.ordered_at, 'orders', min(o.order_line_id), CASE WHEN sum(o.revenue) < 0 THEN 'return' ELSE 'order' END, o.order_key,
            string_agg(DISTINCT p.name, ', ' ORDER BY p.name), NULL, min(o.channel), NULL, sum(o.revenue), o.currency::text
        FROM gcrm.orders o
        LEFT JOIN gcrm.products p USING (product_id)
        WHERE o.account_id = :account_id AND o.ordered_at <= :at AND EXISTS (SELECT FROM wanted WHERE object = 'orders')
        GROUP BY o.ordered_at, o.source, o.order_key, o.currency
        HAVING (o.ordered_at, 'orders', min(o.order_line_id)) < (:at, :object::text, :record_id::bigint)
        ORDER BY o.ordered_at DESC, min(o.order_line_id) DESC
        LIMIT :most
    ) UNION ALL (
        SELECT e.at, 'opportunities', p.opportunity_id, e.kind, p.name, NULL, r.name, NULL, NULL, p.amount, p.currency::text
        FROM gcrm.opportunities p
        LEFT JOIN gcrm.reps r USING (rep_id)
        CROSS JOIN LATERAL (VALUES (nullif(p.opened_at, p.closed_at), 'opened'), (p.closed_at, p.stage)) AS e (at, kind)
        WHERE p.account_id = :account_id AND (e.at, 'opportunities', p.opportunity_id) < (:at, :object::text, :record_id::bigint)
            AND EXISTS (SELECT FROM wanted WHERE object = 'opportunities')
        ORDER BY e.at DESC, p.opportunity_id DESC
        LIMIT :most
    ) UNION ALL (
        SELECT e.at, 'cases', q.case_id, e.kind, q.subject, concat_ws(', ', q.kind, p.name), r.name, q.channel, NULL, NULL, NULL
        FROM gcrm.cases q
        LEFT JOIN gcrm.products p USING (product_id)
        LEFT JOIN gcrm.reps r USING (rep_id)
        CROSS JOIN LATERAL (VALUES (nullif(q.opened_at, q.solved_at), 'opened'), (q.solved_at, 'solved')) AS e (at, kind)
        WHERE q.account_id = :account_id AND (e.at, 'cases', q.case_id) < (:at, :object::text, :record_id::bigint)
            AND EXISTS (SELECT FROM wanted WHERE object = 'cases')
        ORDER BY e.at DESC, q.case_id DESC
        LIMIT :most
    ) UNION ALL (
        SELECT
            m.sent_at, 'campaigns', m.campaign_member_id, m.response, c.name, m.wave, NULL, c.channel, NULL, NULL, NULL
        FROM gcrm.campaign_members m
        JOIN gcrm.campaigns c USING (campaign_id)
        WHERE m.account_id = :account_id AND m.sent_at <= :at AND (m.sent_at, 'campaigns', m.campaign_member_id) < (:at, :object::text, :record_id::bigint)
            AND EXISTS (SELECT FROM wanted WHERE object = 'campaigns')
        ORDER BY m.sent_at DESC, m.campaign_member_id DESC
        LIMIT :most
    ) UNION ALL (
        SELECT
            c.recorded_at, 'consents', c.consent_id, CASE WHEN c.given THEN 'given' ELSE 'withdrawn' END, c.purpose,
            nullif(concat_ws(' ', k.given_name, k.family_name), ''), NULL, c.channel, NULL, NULL, NULL
        FROM gcrm.contacts k
        JOIN gcrm.consents c USING (contact_id)
        WHERE k.account_id = :account_id AND (c.recorded_at, 'consents', c.consent_id) < (:at, :object::text, :record_id::bigint)
            AND EXISTS (SELECT FROM wanted WHERE object = 'consents')
        ORDER BY c.recorded_at DESC, c.consent_id DESC
        LIMIT :most
    ) UNION ALL (
        SELECT
            c.changed_at, 'changes', c.change_id, r.object, NULL, (SELECT string_agg(key, ', ' ORDER BY key) FROM jsonb_object_keys(c.before) AS key), c.changed_by,
            c.through, NULL, NULL, NULL
        FROM (
            SELECT 'accounts' AS object, account_id AS record_id FROM gcrm.accounts WHERE account_id = :account_id
            UNION ALL SELECT 'contacts', contact_id FROM gcrm.contacts WHERE account_id = :account_id
            UNION ALL SELECT 'opportunities', opportunity_id FROM gcrm.opportunities WHERE account_id = :account_id
            UNION ALL SELECT 'cases', case_id FROM gcrm.cases WHERE account_id = :account_id
        ) r
        JOIN gcrm.changes c USING (object, record_id)
        WHERE c.undone_at IS NULL AND (c.changed_at, 'changes', c.change_id) < (:at, :object::text, :record_id::bigint)
            AND EXISTS (SELECT FROM wanted WHERE object = 'changes')
        ORDER BY c.changed_at DESC, c.change_id DESC
        LIMIT :most
    )
) AS event
ORDER BY at DESC, object DESC, record_id DESC
LIMIT :most;

-- name: departments(account_id)
-- The departments that were in touch with an account.
SELECT DISTINCT department FROM gcrm.activities WHERE account_id = :account_id AND department IS NOT NULL ORDER BY department;
