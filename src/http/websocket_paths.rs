//! The paths of the WebSockets of browsers.

/// The path of the WebSocket of a trial call.
pub(crate) const TRIAL_PATH: &str = "/ws/trial";

/// The path of the WebSocket with which an employee answers a call.
pub(crate) const ANSWER_PATH: &str = "/ws/answer";
