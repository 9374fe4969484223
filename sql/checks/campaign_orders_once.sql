-- An order line is the revenue of one campaign at most, so that campaigns add up to no more than was sold.
SELECT order_line_id FROM gcrm.campaign_orders GROUP BY order_line_id HAVING count(*) > 1;
