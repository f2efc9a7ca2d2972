//! The floor of a webhook: handwritten HTTP, signature check, and a commit of the row before the response.

use super::commit::{Row, writer};
use agentlocator::simulator::twilio::sign;
use std::path::Path;
use std::rc::Rc;
use std::sync::mpsc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

pub async fn serve(port: u16, folder: &str, token: &str) {
    let listener = TcpListener::bind(("127.0.0.1", port)).await.expect("the port is free");
    let rows = writer(Path::new(folder));
    let (url, token): (Rc<str>, Rc<str>) = (format!("http://127.0.0.1:{port}/hook").into(), token.into());
    let local = tokio::task::LocalSet::new();
    local
        .run_until(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { continue };
                let (rows, url, token) = (rows.clone(), url.clone(), token.clone());
                tokio::task::spawn_local(async move { connection(stream, rows, &url, &token).await });
            }
        })
        .await;
}

async fn connection(mut stream: TcpStream, rows: mpsc::Sender<Row>, url: &str, token: &str) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut buffer = Vec::with_capacity(4 << 10);
    loop {
        let (head, length) = loop {
            if let Some(end) = memchr::memmem::find(&buffer, b"\r\n\r\n") {
                let head = std::str::from_utf8(&buffer[..end]).ok()?;
                let length = header(head, "content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
                break (end + 4, length);
            }
            if stream.read_buf(&mut buffer).await.ok()? == 0 {
                return None;
            }
        };
        while buffer.len() < head + length {
            if stream.read_buf(&mut buffer).await.ok()? == 0 {
                return None;
            }
        }
        let answer = handle(&buffer[..head], &buffer[head..head + length], &rows, url, token).await;
        buffer.drain(..head + length);
        stream.write_all(answer).await.ok()?;
    }
}

async fn handle(head: &[u8], body: &[u8], rows: &mpsc::Sender<Row>, url: &str, token: &str) -> &'static [u8] {
    let Ok(head) = std::str::from_utf8(head) else { return REFUSED };
    let fields: Vec<(String, String)> = form_urlencoded::parse(body).into_owned().collect();
    if header(head, "x-twilio-signature") != Some(&sign(token, url, &fields)) {
        return REFUSED;
    }
    let field = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let (Some(sid), Some(sender), Some(body)) = (field("MessageSid"), field("From"), field("Body")) else {
        return REFUSED;
    };
    let (done, wait) = oneshot::channel();
    if rows.send(Row { sid, sender, body, done }).is_err() || wait.await.is_err() {
        return REFUSED;
    }
    b"HTTP/1.1 204 No Content\r\n\r\n"
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

const REFUSED: &[u8] = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
