//! HTTP: both doors, their routes, and what every request gets.

mod api;
mod auth;
mod crowd;
mod envelope;
mod error;
mod extract;
mod health;
mod hooks;
mod listener;
mod media;
mod metrics;
mod page;
mod page_address;
mod paging;
mod peer;
mod prompts;
mod ranges;
mod ready;
mod router;
mod server;
mod state;
mod twilio_form;
mod version;

pub(crate) use api::document as openapi_document;
pub use auth::{Actor, Auth};
pub use error::{ApiError, ErrorBody};
pub use listener::{ListenError, Listeners};
pub(crate) use page_address::page_address;
pub use peer::Peer;
pub use ready::Readiness;
pub use server::{Connection, serve};
pub use state::AppState;
pub use twilio_form::TwilioForm;
pub(crate) use version::Version;
