-- An order and its product come from one system, and so do an order and its account.
SELECT o.order_line_id FROM gcrm.orders o
JOIN gcrm.accounts a USING (account_id)
LEFT JOIN gcrm.products p USING (product_id)
WHERE a.source <> o.source OR p.source <> o.source;
