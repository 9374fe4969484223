-- name: set_scope(territories)$
-- Sets whose accounts are visible to the end of this transaction: 'all', or ids with commas.
SELECT set_config('gcrm.territories', :territories, true);

-- name: act(actor, through)$
-- Says who writes to the end of this transaction, and through what: page, import or command.
SELECT set_config('gcrm.actor', :actor, true), set_config('gcrm.through', :through, true);
