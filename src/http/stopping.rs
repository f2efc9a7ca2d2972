//! The signal that ends endless responses, such as event streams, when the server stops.

use tokio_util::sync::CancellationToken;

/// A request extension; the token is cancelled when the server stops.
#[derive(Clone, Debug)]
pub(super) struct Stopping(pub(super) CancellationToken);
