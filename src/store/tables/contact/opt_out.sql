-- Why the contact ?1 gets no messages.
SELECT c.opted_out_at, c.opted_out_by, c.opted_out_word, coalesce(u.name, t.name),
    (SELECT max(opted_out_at) FROM threads WHERE contact_id = c.id AND merged_into IS NULL)
FROM contacts c
LEFT JOIN users u ON c.opted_out_by LIKE 'user:%' AND u.id = CAST(substr(c.opted_out_by, 6) AS INTEGER)
LEFT JOIN api_tokens t ON c.opted_out_by LIKE 'token:%' AND t.id = CAST(substr(c.opted_out_by, 7) AS INTEGER)
WHERE c.id = ?1
