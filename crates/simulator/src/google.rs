//! A fake Google: the token endpoint over HTTP, and streaming transcription and speech over gRPC.
//!
//! Based on Google's documentation: `google.cloud.speech.v2` and `google.cloud.texttospeech.v1` of the RPC references,
//! "Chirp 3", "Chirp 3: HD voices", and "Using OAuth 2.0 for server to server applications".

mod call;
mod messages;
mod options;
mod recognize;
mod server;
mod state;
mod synthesize;
mod token;

pub use options::{GoogleFaults, GoogleOptions, Rejection};
pub use server::Google;
pub use state::{GoogleState, Recognition, Synthesis};
pub use token::service_account;
