//! A TCP proxy between daemon and bridge that records the traffic and can be switched to another program.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

pub struct WireTap {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    target: Mutex<Option<SocketAddr>>,
    sent: Mutex<Vec<u8>>,
}

impl WireTap {
    /// Starts a proxy without a target.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let task = tokio::spawn(serve(listener, shared.clone()));
        Self { address, shared, task }
    }

    /// Returns the proxy's origin, `http://127.0.0.1:port`.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Sets the origin that new connections are forwarded to.
    pub fn lead_to(&self, origin: &str) {
        let address = origin.strip_prefix("http://").unwrap().parse().unwrap();
        *self.shared.target.lock().unwrap() = Some(address);
    }

    /// Returns the data that clients have sent to the port since the last call of this function.
    pub fn take_sent(&self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut *self.shared.sent.lock().unwrap())).into_owned()
    }
}

impl Drop for WireTap {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let target = *shared.target.lock().unwrap();
        // Without a target, the connection is closed.
        if let Some(target) = target {
            connections.spawn(forward(stream, target, shared.clone()));
        }
    }
}

async fn forward(client: TcpStream, target: SocketAddr, shared: Arc<Shared>) {
    let Ok(server) = TcpStream::connect(target).await else { return };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let requests = async {
        let mut buffer = [0; 4096];
        while let Ok(count) = from_client.read(&mut buffer).await
            && count > 0
        {
            shared.sent.lock().unwrap().extend_from_slice(&buffer[..count]);
            if to_server.write_all(&buffer[..count]).await.is_err() {
                return;
            }
        }
    };
    // When one side closes its connection, the proxy closes both.
    tokio::select! {
        () = requests => {}
        _ = copy(&mut from_server, &mut to_client) => {}
    }
}
