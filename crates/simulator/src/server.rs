//! The HTTP server of the fakes.

use axum::Router;
use axum::serve::ListenerExt;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A running fake server. Dropping it stops it.
pub(super) struct Server {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// Completes when the server stops: for sockets that outlive their request.
#[derive(Clone)]
pub(super) struct Stopping(watch::Receiver<bool>);

impl Stopping {
    /// Waits until the server stops.
    pub(super) async fn wait(&mut self) {
        // An error means that the server is dropped, which has the same effect.
        let _ = self.0.wait_for(|stop| *stop).await;
    }
}

impl Server {
    /// Serves the router that `router` builds on `listener`.
    ///
    /// # Errors
    /// If the listener has no address, which means that the operating system has closed it.
    pub(super) fn start(
        listener: TcpListener,
        router: impl FnOnce(SocketAddr, Stopping) -> Router,
    ) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let (stop, stopping) = watch::channel(false);
        let router = router(address, Stopping(stopping.clone()));
        let mut stopping = Stopping(stopping);
        let task = tokio::spawn(async move {
            let serving = axum::serve(listener.tap_io(|stream| drop(stream.set_nodelay(true))), router);
            let _ = serving.with_graceful_shutdown(async move { stopping.wait().await }).await;
        });
        Ok(Self { address, stop, task })
    }

    /// The address of the listener.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes the listener and all connections; the port is free when this returns.
    pub(super) async fn stop(mut self) {
        let _ = self.stop.send(true);
        if tokio::time::timeout(DRAIN, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        self.task.abort();
    }
}

const DRAIN: Duration = Duration::from_secs(1);
