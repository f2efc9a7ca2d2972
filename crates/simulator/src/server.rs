//! The HTTP server of the fakes.

use axum::Router;
use axum::serve::ListenerExt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A running fake server. Dropping it stops it.
pub(super) struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Server {
    /// Creates the state with `state` and the router with `router`, and serves the router on `listener`. Returns the server and the state.
    /// The token that is passed to `state` is cancelled when the server stops. WebSockets need this token because they outlive their
    /// request.
    ///
    /// # Errors
    /// If the listener has no address, which means that the operating system has closed it.
    pub(super) fn start<S>(
        listener: TcpListener,
        state: impl FnOnce(SocketAddr, CancellationToken) -> S,
        router: impl FnOnce(Arc<S>) -> Router,
    ) -> std::io::Result<(Self, Arc<S>)> {
        let address = listener.local_addr()?;
        let stop = CancellationToken::new();
        let state = Arc::new(state(address, stop.clone()));
        let (router, stopping) = (router(state.clone()), stop.clone());
        let task = tokio::spawn(async move {
            let serving = axum::serve(listener.tap_io(|stream| drop(stream.set_nodelay(true))), router);
            let _ = serving.with_graceful_shutdown(stopping.cancelled_owned()).await;
        });
        Ok((Self { address, stop, task }, state))
    }

    /// Returns the address of the listener.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes the listener and all connections. The port is free when this function returns.
    pub(super) async fn stop(mut self) {
        self.stop.cancel();
        if tokio::time::timeout(DRAIN, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
        self.task.abort();
    }
}

const DRAIN: Duration = Duration::from_secs(1);
