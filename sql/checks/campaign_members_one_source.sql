-- A member, its campaign and its contact come from one system, and its account is known there, by a key of its own or of what was merged into it.
SELECT m.campaign_member_id FROM gcrm.campaign_members m
JOIN gcrm.campaigns c USING (campaign_id)
JOIN gcrm.accounts a USING (account_id)
LEFT JOIN gcrm.contacts k USING (contact_id)
WHERE c.source <> m.source OR k.source <> m.source
    OR a.source <> m.source AND NOT EXISTS (SELECT FROM gcrm.account_keys n WHERE n.account_id = m.account_id AND n.source = m.source);
