{c}.id, {c}.business_id, {c}.display_name, {c}.created_at, {c}.language, {c}.last_activity_at,
{number},
{c}.opted_out_at IS NOT NULL OR EXISTS (
    SELECT 1 FROM threads WHERE contact_id = {c}.id AND merged_into IS NULL AND opted_out_at IS NOT NULL),
{c}.blocked_at IS NOT NULL, coalesce({c}.relation, 'customer'),
(SELECT coalesce(sum(unread_count), 0) FROM threads WHERE contact_id = {c}.id AND merged_into IS NULL),
(SELECT json_group_array(json_object('id', tags.id, 'name', tags.name) ORDER BY tags.name) FROM contact_tags JOIN tags ON tags.id = tag_id
    WHERE contact_id = {c}.id)
