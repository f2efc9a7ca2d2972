//! A TCP relay in front of a fake vendor. While it is closed, connections are refused.

use std::net::SocketAddr;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Mutex;
use tokio::task::{JoinHandle, JoinSet};

pub struct TcpRelay {
    address: SocketAddr,
    target: SocketAddr,
    relay: Mutex<Option<JoinHandle<()>>>,
    /// A bound socket that does not listen: it reserves the port while the relay is closed.
    _reserved: TcpSocket,
}

impl TcpRelay {
    /// Opens a relay on a free port.
    pub async fn to(target: SocketAddr) -> Self {
        let reserved = TcpSocket::new_v4().unwrap();
        reserved.set_reuseport(true).unwrap();
        reserved.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let address = reserved.local_addr().unwrap();
        let relay = Self { address, target, relay: Mutex::default(), _reserved: reserved };
        relay.open().await;
        relay
    }

    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    pub async fn open(&self) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseport(true).unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind(self.address).unwrap();
        let listener = socket.listen(256).unwrap();
        *self.relay.lock().await = Some(tokio::spawn(relay(listener, self.target)));
    }

    /// Closes the listener and ends all connections.
    pub async fn close(&self) {
        if let Some(relay) = self.relay.lock().await.take() {
            relay.abort();
            let _ = relay.await;
        }
    }
}

async fn relay(listener: TcpListener, target: SocketAddr) {
    // Dropping this set ends the connections.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => {
                if let Ok((client, _)) = accepted {
                    connections.spawn(join(client, target));
                }
            }
        }
    }
}

async fn join(mut client: TcpStream, target: SocketAddr) {
    let Ok(mut server) = TcpStream::connect(target).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
}
