//! Pages of lists. A query reads one row more than the page shows, to determine whether a next page exists.

/// The number of rows that the query for a page reads.
pub(in crate::store) fn rows_for(limit: usize) -> i64 {
    i64::try_from(limit.saturating_add(1)).unwrap_or(i64::MAX)
}

/// Returns the items of the page, and the position of the next page if one exists.
pub(in crate::store) fn page<T, C>(
    mut items: Vec<T>,
    limit: usize,
    position: impl FnOnce(&T) -> C,
) -> (Vec<T>, Option<C>) {
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(position);
    (items, next)
}

/// Set `is_few` if a different index finds few rows. The `+` then prevents SQLite from using the index of the list
/// order, which would scan all rows.
pub(in crate::store) fn page_keys(sql: &str, is_few: bool, found: &str, has_cursor: bool) -> String {
    let order = if is_few { "+t.business_id = :business" } else { "t.business_id = :business" };
    // This condition uses only columns, so that the query for a later page can start in the index where the previous
    // page ended.
    let cursor = if has_cursor {
        "(t.last_message_at, t.id) < (:after_at, :after_id)"
    } else {
        "(:after_at, :after_id) IS (NULL, NULL)"
    };
    sql.replace("{order}", order).replace("{found}", found).replace("{cursor}", cursor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_full_page_with_more_rows_behind_it_has_a_next_page() {
        for (found, shown, next) in [(0, 0, None), (2, 2, None), (3, 3, None), (4, 3, Some(2))] {
            assert_eq!(page((0..found).collect(), 3, |last| *last), ((0..shown).collect(), next), "{found}");
        }
        assert_eq!((rows_for(3), rows_for(usize::MAX)), (4, i64::MAX));
    }
}
