//! The booking rules, without I/O: when the business is open, which times are free, and which resource takes an
//! appointment. The page, the API and the agent call the same functions, and the caller passes the current time.

mod calling_hours;
mod hebrew_date;
mod holidays;
mod opening;
mod slots;
mod span;

pub use calling_hours::CallingHours;
pub use hebrew_date::{hebrew_date, hebrew_number};
pub use holidays::holiday;
pub use opening::{DayOpening, Opening, OwnHours, instant};
pub use slots::{
    Bookable, Booking, GapSearch, NotBookable, Slot, SlotSearch, choose, free_gaps, free_slots, next_free,
};
pub use span::{Busy, Span};

#[cfg(test)]
mod tests;
