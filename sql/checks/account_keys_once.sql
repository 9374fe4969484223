-- A key under which files know an account is its own or that of what was merged into it, never both.
SELECT k.source, k.source_key
FROM gcrm.account_keys k
JOIN gcrm.accounts a ON a.source = k.source AND a.source_key = k.source_key;
