-- What the start page says of the database; row-level security keeps what is outside a reader's scope.

-- name: accounts_by_status()
-- status, accounts, placed (with a position), made_up, the most frequent first.
SELECT status, count(*) AS accounts, count(position) AS placed, count(*) FILTER (WHERE made_up) AS made_up
FROM gcrm.accounts
GROUP BY status
ORDER BY accounts DESC, status;

-- name: order_lines()$
-- Order lines of the accounts in the scope.
SELECT count(*) FROM gcrm.orders;

-- name: quarantined()$
-- Records in quarantine.
SELECT coalesce(sum(records), 0)::bigint FROM gcrm.quarantine_counts;
