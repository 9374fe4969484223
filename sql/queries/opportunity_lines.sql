-- The lines of opportunities. A reader sees those of the opportunities in its scope.

-- name: of(opportunity_id)
-- The lines of an opportunity in order: line_number, product_id, product_key, product, quantity, price, discount, amount.
SELECT l.line_number, l.product_id, p.source_key AS product_key, p.name AS product, l.quantity, l.price, l.discount, l.amount
FROM gcrm.opportunity_lines l
JOIN gcrm.products p USING (product_id)
WHERE l.opportunity_id = :opportunity_id
ORDER BY l.line_number;

-- name: set(opportunity_id, lines)$
-- Puts lines in the place of those that an opportunity has; their sum is its amount then: change_id, empty where nothing differs.
SELECT gcrm.set_opportunity_lines(:opportunity_id, :lines);

-- name: count(opportunity_id)$
-- How many lines an opportunity has.
SELECT count(*) FROM gcrm.opportunity_lines WHERE opportunity_id = :opportunity_id;

-- name: products()
-- What is sold, by name: product_id, product_key, product, unit_price, currency.
SELECT product_id, source_key AS product_key, name AS product, unit_price, currency FROM gcrm.products ORDER BY name, product_id;
