-- Materialized, since SQLite would otherwise read all documents of each kind and look for them in the list.
WITH hits AS MATERIALIZED (SELECT kind, ref_id FROM search_documents WHERE id IN (SELECT value FROM json_each(?1)))
SELECT k.id FROM hits JOIN calls k ON k.contact_id = ref_id WHERE kind = 'contact'
UNION SELECT u.call_id FROM hits JOIN call_turns u ON u.id = ref_id WHERE kind = 'turn'
UNION SELECT ref_id FROM hits WHERE kind = 'call'
