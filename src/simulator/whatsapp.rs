//! WhatsApp itself, as far as a linked device sees it, and the real bridge between it and the box: both as processes.
//!
//! The bridge is the file that is shipped. The server is the one of the bridge's own tests: it speaks WhatsApp's protocol
//! to an unmodified library, and a person's phone, with all that people do on it, is played by its control interface.

mod bridge;
mod node_process;
mod programs;
mod server;

pub use bridge::{BridgeProcess, BridgeSetup};
pub use programs::{MissingProgram, Programs};
pub use server::{WhatsAppServer, WhatsAppUser};

/// Why something of it does not go.
#[derive(Debug, thiserror::Error)]
pub enum HarnessError {
    /// A process cannot be started.
    #[error("{what} cannot be started: {error}")]
    NotStarted {
        /// Which process.
        what: &'static str,
        /// What the operating system says.
        error: std::io::Error,
    },
    /// A process does not do what it does first.
    #[error("{what} does not come up; it said:\n{output}")]
    NotReady {
        /// Which process.
        what: &'static str,
        /// What it printed.
        output: String,
    },
    /// The server does not take a call of its control interface.
    #[error("the WhatsApp test server refused {call}: {answer}")]
    Refused {
        /// The path.
        call: String,
        /// What it said.
        answer: String,
    },
    /// The server does not answer.
    #[error("the WhatsApp test server does not answer: {0}")]
    Unreachable(#[from] reqwest::Error),
}

#[cfg(test)]
mod tests;
