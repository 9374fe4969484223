-- Data quality: how complete, valid, fresh and well placed the accounts are. Row-level security keeps what is outside a reader's scope.

-- name: version()$
-- A text that changes with every change of what is counted, at most seconds later (pgstat_report_stat), and with the day, on which ages depend.
SELECT current_date || ':' || string_agg(relname || ' ' || n_tup_ins || ' ' || n_tup_upd || ' ' || n_tup_del, ', ' ORDER BY relname)
FROM pg_stat_user_tables
WHERE schemaname = 'gcrm' AND relname IN ('accounts', 'warnings', 'quarantine', 'imports', 'jobs');

-- name: accounts()
-- Accounts in one scan, everything a sum: source, month (of creation), geocode_level, age (class), accounts, and of each field how many have it.
SELECT
    source, date_trunc('month', created_at)::date AS month, coalesce(geocode_level, 'not tried') AS geocode_level, gcrm.age_class(updated_at) AS age,
    count(*) AS accounts, count(nullif(btrim(name), '')) AS name, count(segment) AS segment, count(street) AS street,
    count(house_number) AS house_number, count(postcode) AS postcode, count(city) AS city, count(country_code) AS country_code,
    count(phone) AS phone, count(email) AS email, count(website) AS website, count(tax_number) AS tax_number, count(cell) AS position
FROM gcrm.accounts
GROUP BY 1, 2, 3, 4;

-- name: warnings()
-- Warnings of stored records: object, source, field, records.
SELECT object, source, field, count(*) AS records FROM gcrm.warnings GROUP BY object, source, field;

-- name: warned_accounts()
-- Accounts with at least one warning: source, accounts.
SELECT source, count(DISTINCT source_key) AS accounts FROM gcrm.warnings WHERE object = 'accounts' GROUP BY source;

-- name: refused()
-- Refused records that wait: object, source, column_name, records.
SELECT object, source, column_name, records FROM gcrm.refused_columns;

-- name: imports(most)
-- The last imports of files, the oldest first: import_id, source, object, file_name, finished_at, rows_read, rows_refused, rows_warned.
SELECT import_id, source, object, file_name, finished_at, rows_read, rows_refused, rows_warned
FROM (SELECT * FROM gcrm.import_counts WHERE rows_read > 0 ORDER BY import_id DESC LIMIT :most) AS newest
ORDER BY import_id;

-- name: flawed_cells(source, flaw, member, level)
-- Accounts with a position by H3 cell: cell, accounts, flawed. A flaw is missing (a field), warned (a field), placed (a level) or age (a class).
SELECT
    gcrm.cell_parent(a.cell, :level) AS cell, count(*) AS accounts,
    count(*) FILTER (WHERE
        :flaw = 'missing' AND gcrm.lacks(a, :member)
        OR :flaw = 'warned' AND (a.source, a.source_key) IN (
            SELECT w.source, w.source_key FROM gcrm.warnings w WHERE w.object = 'accounts' AND w.field = :member)
        OR :flaw = 'placed' AND coalesce(a.geocode_level, 'not tried') = :member
        OR :flaw = 'age' AND gcrm.age_class(a.updated_at) = :member
    ) AS flawed
FROM gcrm.accounts a
WHERE a.cell IS NOT NULL AND (:source::text IS NULL OR a.source = :source)
GROUP BY 1;

-- name: flawed_accounts(source, flaw, member, low, high, most)
-- The first accounts with a flaw, within a range of cells where one is given: account_id, source, source_key, name, kind, segment, address, phone,
-- email, geocode_level, updated_at, value and reason (of the warning).
SELECT
    a.account_id, a.source, a.source_key, a.name, a.kind, a.segment,
    concat_ws(', ', nullif(concat_ws(' ', a.street, a.house_number), ''), nullif(concat_ws(' ', a.postcode, a.city), ''), a.country_code) AS address,
    a.phone, a.email, coalesce(a.geocode_level, 'not tried') AS geocode_level, a.updated_at, w.value, w.reason
FROM gcrm.accounts a
LEFT JOIN gcrm.warnings w
    ON :flaw = 'warned' AND w.object = 'accounts' AND w.source = a.source AND w.source_key = a.source_key AND w.field = :member
WHERE (:source::text IS NULL OR a.source = :source)
    AND (:low::bigint IS NULL OR a.cell BETWEEN :low AND :high)
    AND (
        :flaw = 'missing' AND gcrm.lacks(a, :member)
        OR :flaw = 'warned' AND w.field IS NOT NULL
        OR :flaw = 'placed' AND coalesce(a.geocode_level, 'not tried') = :member
        OR :flaw = 'age' AND gcrm.age_class(a.updated_at) = :member
    )
ORDER BY a.account_id
LIMIT :most;
