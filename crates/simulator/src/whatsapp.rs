//! WhatsApp as seen by a linked device, and the real bridge between WhatsApp and the daemon, both as child processes.
//!
//! The bridge is the same file as in a release. The server is part of the bridge's tests: it implements WhatsApp's
//! protocol with an unmodified library, and its control interface simulates the contacts' phones.

mod bridge;
mod node_process;
mod programs;
mod server;

pub use bridge::{BridgeProcess, BridgeSetup};
pub use programs::{MissingProgram, Programs};
pub use server::{WhatsAppServer, WhatsAppUser};

/// Why a process or a request failed.
#[derive(Debug, thiserror::Error)]
pub enum HarnessError {
    /// A process cannot be started.
    #[error("{what} cannot be started: {error}")]
    NotStarted {
        /// The name of the process.
        what: &'static str,
        /// The error of the operating system.
        error: std::io::Error,
    },
    /// A process ends, or does not report within the timeout that it listens.
    #[error("{what} did not start to listen; its output:\n{output}")]
    NotReady {
        /// The name of the process.
        what: &'static str,
        /// The lines that the process printed.
        output: String,
    },
    /// The server rejects a request to its control interface.
    #[error("the WhatsApp test server refused {call}: {answer}")]
    Refused {
        /// The path of the request.
        call: String,
        /// The body of the response.
        answer: String,
    },
    /// The server does not answer, or its answer is not JSON.
    #[error("the WhatsApp test server does not answer: {0}")]
    Unreachable(#[from] reqwest::Error),
}
