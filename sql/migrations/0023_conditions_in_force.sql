-- Minutes by road hold until a condition with a first or a last day begins or ends.

ALTER TABLE gcrm.account_surroundings ADD COLUMN conditions_stamp bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN gcrm.account_surroundings.conditions_stamp IS
    'Checksum of the road conditions with a first or a last day that its minutes were derived under (no unit); 0 where none held.';
