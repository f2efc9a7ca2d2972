-- Undecided suggestions, of contacts that were not merged otherwise.
SELECT one.id, one.business_id, one.display_name, one.created_at,
    other.id, other.business_id, other.display_name, other.created_at,
    s.id, s.reason, s.address, s.created_at
FROM merge_suggestions s
JOIN contacts one ON one.id = s.first_contact
JOIN contacts other ON other.id = s.second_contact
WHERE s.decision IS NULL AND one.merged_into IS NULL AND other.merged_into IS NULL
