-- What the database says of itself.

-- name: columns()
-- Every column of the schema gcrm: table, comment of the table, column, type, required, comment.
SELECT
    c.relname AS table_name,
    obj_description(c.oid) AS table_comment,
    a.attname AS column_name,
    format_type(a.atttypid, a.atttypmod) AS type,
    a.attnotnull AS required,
    col_description(c.oid, a.attnum) AS column_comment
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'gcrm'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p')
ORDER BY c.relname, a.attnum;
