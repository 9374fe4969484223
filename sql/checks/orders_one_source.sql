-- An order and its product come from one system, and its account is known there, by a key of its own or of what was merged into it.
SELECT o.order_line_id FROM gcrm.orders o
JOIN gcrm.accounts a USING (account_id)
LEFT JOIN gcrm.products p USING (product_id)
WHERE p.source <> o.source
    OR a.source <> o.source AND NOT EXISTS (SELECT FROM gcrm.account_keys k WHERE k.account_id = o.account_id AND k.source = o.source);
