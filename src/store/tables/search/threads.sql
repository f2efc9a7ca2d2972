-- Materialized, since SQLite would otherwise read all documents of each kind and look for them in the list.
WITH hits AS MATERIALIZED (SELECT kind, ref_id FROM search_documents WHERE id IN (SELECT value FROM json_each(?1)))
SELECT t.id FROM hits JOIN threads t ON t.contact_id = ref_id WHERE kind = 'contact'
UNION SELECT m.thread_id FROM hits JOIN messages m ON m.id = ref_id WHERE kind = 'message'
UNION SELECT k.thread_id FROM hits JOIN call_turns u ON u.id = ref_id JOIN calls k ON k.id = u.call_id WHERE kind = 'turn'
UNION SELECT k.thread_id FROM hits JOIN calls k ON k.id = ref_id WHERE kind = 'call'
