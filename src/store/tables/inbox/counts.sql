SELECT (SELECT count(DISTINCT contact_id) FROM threads
        WHERE business_id = ?1 AND waiting_since IS NOT NULL AND archived_at IS NULL AND merged_into IS NULL),
       (SELECT count(*) FROM (
            SELECT contact_id FROM threads
            WHERE business_id = ?1 AND agent_since IS NOT NULL AND archived_at IS NULL AND merged_into IS NULL
            EXCEPT SELECT contact_id FROM threads
            WHERE business_id = ?1 AND waiting_since IS NOT NULL AND archived_at IS NULL AND merged_into IS NULL)),
       (SELECT count(DISTINCT contact_id) FROM threads
        WHERE business_id = ?1 AND unread_count > 0 AND archived_at IS NULL AND merged_into IS NULL)
