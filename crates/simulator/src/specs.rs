//! Checks requests against the vendors' published schemas. The feature `conformance`, which the tests and `make demo`
//! use, compiles in the schemas and their validator. Without the feature, every request passes.

#[cfg(feature = "conformance")]
mod schemas;
#[cfg(not(feature = "conformance"))]
mod unchecked;

#[cfg(feature = "conformance")]
pub use schemas::{
    check_openai_request, check_realtime_event, check_transcription_form, check_twilio_request, realtime_client_events,
};
#[cfg(not(feature = "conformance"))]
pub use unchecked::{
    check_openai_request, check_realtime_event, check_transcription_form, check_twilio_request, realtime_client_events,
};

/// Whether the schemas are compiled in.
pub const CHECKS_SCHEMAS: bool = cfg!(feature = "conformance");

/// A kind of request to OpenAI's REST interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenAiRequest {
    /// `POST /chat/completions`
    Chat,
    /// `POST /responses`
    Responses,
    /// `POST /audio/speech`
    Speech,
    /// `POST /audio/transcriptions`
    Transcription,
}
