SELECT {one},
    {other},
    s.id, s.reason, s.address, s.created_at
FROM merge_suggestions s
JOIN contacts one ON one.id = s.first_contact
JOIN contacts other ON other.id = s.second_contact
WHERE s.decision IS NULL AND one.merged_into IS NULL AND other.merged_into IS NULL
