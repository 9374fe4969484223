-- Custom fields of records of any object, and as members of accounts.

-- name: values_of(object, record_id)$
-- The custom fields of a record (JSON); nothing where there is none that the reader may see.
SELECT gcrm.custom_values(:object, :record_id);

-- name: change(object, record_id, replaced, values)$
-- Puts values (JSON) in the place of what a record has in some custom fields: whether anything differs then.
SELECT gcrm.change_custom_values(:object, :record_id, :replaced::text[], :values::jsonb);

-- name: members(fields)
-- The members of accounts in dimensions that are custom fields, of those that have one: account_id, field, member.
COPY (
    SELECT a.account_id, f.field, gcrm.custom_member(a.custom, f.field) AS member
    FROM gcrm.accounts a
    CROSS JOIN unnest(:fields::text[]) AS f (field)
    WHERE a.custom -> f.field IS NOT NULL
    ORDER BY a.account_id
) TO STDOUT (FORMAT csv);
