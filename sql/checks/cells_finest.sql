-- An account is indexed at H3 level 10: mode 1 in bits 59 to 62, the level in bits 52 to 55, the digits below it all ones.
SELECT account_id, cell FROM gcrm.accounts
WHERE cell IS NOT NULL
    AND ((cell >> 59) & 15 <> 1 OR (cell >> 52) & 15 <> 10 OR cell & 32767 <> 32767);
