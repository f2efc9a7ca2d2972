-- A page of the log before the row :before, newest first, with the names of actors and of what they changed. Ids can be used again after a
-- deletion, so a row that was created after the entry is not what the entry is about.
WITH RECURSIVE family(id) AS (
    -- The contact, and those that were merged into it.
    SELECT :contact UNION SELECT c.id FROM contacts c JOIN family ON c.merged_into = family.id
), subjects(subject, since) AS MATERIALIZED (
    SELECT 'contact:' || id, '' FROM family
    UNION ALL SELECT 'inbox:' || id, '' FROM family
    UNION ALL SELECT 'thread:' || id, '' FROM threads WHERE contact_id IN (SELECT id FROM family)
    UNION ALL SELECT 'call:' || id, '' FROM calls WHERE contact_id IN (SELECT id FROM family)
    UNION ALL SELECT 'note:' || id, created_at FROM contact_notes WHERE contact_id IN (SELECT id FROM family)
    UNION ALL SELECT 'task:' || id, created_at FROM tasks WHERE contact_id IN (SELECT id FROM family)
    UNION ALL SELECT 'lead:' || id, created_at FROM leads WHERE contact_id IN (SELECT id FROM family)
    UNION ALL SELECT 'appointment:' || id, created_at FROM appointments WHERE contact_id IN (SELECT id FROM family)
    UNION ALL SELECT 'waiting-list:' || id, created_at FROM waiting_list WHERE contact_id IN (SELECT id FROM family)
    UNION ALL SELECT 'message:' || m.id, '' FROM threads t JOIN messages m ON m.thread_id = t.id
        WHERE t.contact_id IN (SELECT id FROM family) AND m.direction = 'out'
    UNION ALL SELECT 'scheduled-message:' || s.id, s.created_at FROM threads t JOIN scheduled_messages s ON s.thread_id = t.id
        WHERE t.contact_id IN (SELECT id FROM family)
    UNION ALL SELECT 'outbound-call:' || id, created_at FROM outbound_calls WHERE contact_id IN (SELECT id FROM family)
    UNION ALL SELECT 'merge:' || id, '' FROM contact_merges WHERE kept_contact_id IN (SELECT id FROM family)
), entries AS (
    SELECT id, at, actor, action, subject, substr(subject, 1, instr(subject, ':') - 1) AS noun,
        CAST(substr(subject, instr(subject, ':') + 1) AS INTEGER) AS of
    FROM audit_log AS a
    WHERE id < :before AND (:actor IS NULL OR actor = :actor) AND (:action IS NULL OR action = :action)
        -- The subject of a new note is its contact, so its action names the kind.
        AND (:noun IS NULL OR substr(subject, 1, length(:noun) + 1) = :noun || ':'
            OR substr(action, -length(:noun) - 1) = '_' || replace(:noun, '-', '_'))
        AND (:from IS NULL OR at >= :from) AND (:to IS NULL OR at < :to) AND {of_contact}
    ORDER BY id DESC LIMIT :limit
), about AS (
    SELECT e.*, CASE noun
        WHEN 'contact' THEN of
        WHEN 'inbox' THEN of
        WHEN 'thread' THEN (SELECT contact_id FROM threads WHERE id = of)
        WHEN 'call' THEN (SELECT contact_id FROM calls WHERE id = of)
        WHEN 'note' THEN (SELECT contact_id FROM contact_notes WHERE id = of AND created_at <= e.at)
        WHEN 'task' THEN (SELECT contact_id FROM tasks WHERE id = of AND created_at <= e.at)
        WHEN 'lead' THEN (SELECT contact_id FROM leads WHERE id = of AND created_at <= e.at)
        WHEN 'appointment' THEN (SELECT contact_id FROM appointments WHERE id = of AND created_at <= e.at)
        WHEN 'waiting-list' THEN (SELECT contact_id FROM waiting_list WHERE id = of AND created_at <= e.at)
        WHEN 'message' THEN (SELECT t.contact_id FROM messages m JOIN threads t ON t.id = m.thread_id WHERE m.id = of)
        WHEN 'scheduled-message' THEN
            (SELECT t.contact_id FROM scheduled_messages s JOIN threads t ON t.id = s.thread_id
             WHERE s.id = of AND s.created_at <= e.at)
        WHEN 'outbound-call' THEN (SELECT contact_id FROM outbound_calls WHERE id = of AND created_at <= e.at)
        WHEN 'merge' THEN (SELECT kept_contact_id FROM contact_merges WHERE id = of)
    END AS contact
    FROM entries e
)
SELECT a.id, a.at, a.actor, a.action, a.subject, coalesce(u.name, t.name) AS actor_name, t.created_by, c.id AS contact_id,
    CASE noun
        WHEN 'user' THEN (SELECT name FROM users WHERE id = of AND created_at <= a.at)
        WHEN 'token' THEN (SELECT name FROM api_tokens WHERE id = of AND created_at <= a.at)
        WHEN 'tag' THEN (SELECT name FROM tags WHERE id = of AND created_at <= a.at)
        WHEN 'custom-field' THEN (SELECT name FROM custom_fields WHERE id = of AND created_at <= a.at)
        WHEN 'saved-reply' THEN (SELECT shortcut FROM saved_replies WHERE id = of AND created_at <= a.at)
        WHEN 'service' THEN (SELECT name FROM services WHERE id = of AND created_at <= a.at)
        WHEN 'resource' THEN (SELECT name FROM resources WHERE id = of)
        WHEN 'fact' THEN (SELECT topic FROM facts WHERE id = of AND created_at <= a.at)
        WHEN 'agent-tool' THEN (SELECT name FROM agent_tools WHERE id = of AND created_at <= a.at)
        WHEN 'task' THEN (SELECT title FROM tasks WHERE id = of AND created_at <= a.at)
        WHEN 'lead' THEN (SELECT title FROM leads WHERE id = of AND created_at <= a.at)
        ELSE iif(c.display_name <> '', c.display_name, {number})
    END AS subject_name
FROM about a
LEFT JOIN users u ON a.actor LIKE 'user:%' AND u.id = CAST(substr(a.actor, 6) AS INTEGER)
LEFT JOIN api_tokens t ON a.actor LIKE 'token:%' AND t.id = CAST(substr(a.actor, 7) AS INTEGER)
LEFT JOIN contacts c ON c.id = a.contact AND c.created_at <= a.at
ORDER BY a.id DESC
