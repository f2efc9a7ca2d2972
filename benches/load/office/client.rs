//! An API client on one connection. The clients share a core with each other, so each parses as little of a response as
//! possible.

use std::io;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub struct Client {
    stream: TcpStream,
    token: String,
    answer: Vec<u8>,
}

impl Client {
    pub async fn connect(address: SocketAddr, token: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, token: token.to_owned(), answer: Vec::with_capacity(1 << 16) })
    }

    /// Requests a path. Returns the status and the size of the body.
    pub async fn get(&mut self, path: &str) -> io::Result<(u16, usize)> {
        self.send("GET", path, "").await
    }

    pub async fn send(&mut self, method: &str, path: &str, body: &str) -> io::Result<(u16, usize)> {
        let request = head(method, path, &self.token, body);
        self.stream.write_all(request.as_bytes()).await?;
        self.answer.clear();
        loop {
            if self.stream.read_buf(&mut self.answer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let Some(end) = memchr::memmem::find(&self.answer, b"\r\n\r\n") else { continue };
            let head = String::from_utf8_lossy(&self.answer[..end]).to_ascii_lowercase();
            let length =
                head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
            let length = length.unwrap_or(0);
            if self.answer.len() >= end + 4 + length {
                let status = head.get(9..12).and_then(|status| status.parse().ok()).unwrap_or(0);
                return Ok((status, length));
            }
        }
    }
}

/// Opens the event stream. The response can be read from the returned socket.
pub async fn open_events(address: SocketAddr, token: &str) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    stream.write_all(head("GET", "/api/events", token, "").as_bytes()).await?;
    Ok(stream)
}

fn head(method: &str, path: &str, token: &str, body: &str) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}
