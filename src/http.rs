//! HTTP: both doors, their routes, and what every request gets.

mod envelope;
mod error;
mod health;
mod hooks;
mod listener;
mod peer;
mod router;
mod server;
mod state;
mod twilio_form;
mod version;

pub use error::{ApiError, ErrorBody};
pub use listener::{ListenError, Listeners};
pub use peer::Peer;
pub use server::{Connection, serve};
pub use state::AppState;
pub use twilio_form::TwilioForm;
