-- ?3 is the number, ?4 its digits. WhatsApp spells some numbers differently (addresses of the kind ?5): all spellings belong to one phone line.
UPDATE addresses SET contact_id = ?2, former_at = NULL, main_at = NULL
WHERE contact_id = ?1
  AND (kind = 'phone' AND (value = ?3
           OR value IN (SELECT number FROM addresses WHERE kind = ?5 AND value = ?4 AND contact_id = ?1))
       OR kind = ?5 AND (value = ?4 OR number = ?3))
