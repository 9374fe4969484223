-- name: set_scope(territories)$
-- Sets whose accounts are visible to the end of this transaction: 'all', or ids with commas.
SELECT set_config('gcrm.territories', :territories, true);
