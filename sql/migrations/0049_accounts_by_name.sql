-- While a long transaction fills the table, its statistics may say that it is empty; then PostgreSQL takes any index for a look-up by key that has the key in it, also behind a
-- name, and reads the whole of it: a COPY of a million accounts had not ended after an hour. Names alone are sorted as well, and the few that are alike by their keys.
DROP INDEX gcrm.accounts_by_name;
-- Usage: the accounts by their names, page by page (list).
CREATE INDEX accounts_by_name ON gcrm.accounts (left(lower(name), 200));
