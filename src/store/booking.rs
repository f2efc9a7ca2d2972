//! What decides what can be booked: services, resources, hours, closures.

mod closures;
mod hours;
mod resources;
mod services;

pub use closures::ClosureData;
pub use resources::ResourceData;
pub use services::ServiceData;

use crate::domain::Cursor;
use jiff::civil::Date;
use rusqlite::Row;
use rusqlite::types::Type;

/// Reads a local date.
pub(in crate::store) fn date(row: &Row<'_>, column: &str) -> rusqlite::Result<Date> {
    let text: String = row.get(column)?;
    let index = row.as_ref().column_index(column)?;
    text.parse().map_err(|error| rusqlite::Error::FromSqlConversionFailure(index, Type::Text, Box::new(error)))
}

/// Cuts off the item beyond the page, and returns the position of the next page if there is one.
pub(in crate::store) fn page<T>(
    mut items: Vec<T>,
    limit: usize,
    position: impl Fn(&T) -> Cursor,
) -> (Vec<T>, Option<Cursor>) {
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(position);
    (items, next)
}

/// How many rows a query for a page reads: one more than the page shows.
pub(in crate::store) fn rows_for(limit: usize) -> i64 {
    i64::try_from(limit.saturating_add(1)).unwrap_or(i64::MAX)
}
