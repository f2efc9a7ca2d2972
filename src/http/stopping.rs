//! The signal that ends endless responses, such as event streams, when the server stops.

use tokio_util::sync::CancellationToken;

/// A token that is cancelled when the server stops, so that endless responses end. A request extension.
#[derive(Clone, Debug)]
pub(super) struct Stopping(pub(super) CancellationToken);
