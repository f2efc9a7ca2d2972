//! The data that determines which times can be booked.

mod closures;
mod hours;
mod resources;
mod services;

pub use closures::ClosureData;
pub use resources::ResourceData;
pub use services::ServiceData;

use jiff::civil::Date;
use rusqlite::Row;
use rusqlite::types::Type;

pub(in crate::store) fn date(row: &Row<'_>, column: &str) -> rusqlite::Result<Date> {
    let text: String = row.get(column)?;
    let index = row.as_ref().column_index(column)?;
    text.parse().map_err(|error| rusqlite::Error::FromSqlConversionFailure(index, Type::Text, Box::new(error)))
}
