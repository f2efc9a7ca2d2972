-- Addresses that threads of contact ?1 show although they are outdated. An id is outdated if a number is known; ?2 is the best address.
SELECT DISTINCT peer_number FROM threads
WHERE contact_id = ?1 AND merged_into IS NULL AND peer_number <> ?2
  AND (?2 LIKE '+%' OR peer_number LIKE '+%' OR peer_number = '')
  AND peer_number NOT IN (
      SELECT value FROM addresses WHERE contact_id = ?1 AND kind = 'phone' AND former_at IS NULL)
