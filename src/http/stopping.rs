//! The end of the server, as handlers of endless responses see it.

use tokio_util::sync::CancellationToken;

/// A token that is cancelled when the server stops, so that endless responses end. A request extension.
#[derive(Clone, Debug)]
pub(super) struct Stopping(pub(super) CancellationToken);
