-- Who passes by an account: recorded routes on the street beside it.

ALTER TABLE gcrm.account_surroundings ADD COLUMN passing_trips int CHECK (passing_trips >= 0);
COMMENT ON COLUMN gcrm.account_surroundings.passing_trips IS
    'Recorded trips, both directions together, on the nearest piece of road that any pass within 50 m (count); of flows of at least 10 people only; empty where none is.';
