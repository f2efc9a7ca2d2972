//! Sends handwritten frames, most of which RFC 6455 forbids, to the media socket. The daemon answers each case with the
//! close code of the standard. The kinds of cases are those of Autobahn's fuzzing client: reserved bits and opcodes,
//! fragments, UTF-8, closing.

use super::support::telephony::CallHarness;
use agentlocator::simulator::openai::OpenAiOptions;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const TEXT: u8 = 0x81;
const TEXT_BEGINS: u8 = 0x01;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;
const FINAL: u8 = 0x80;
const MASKED: u8 = 0x80;
/// The values of the length field for a length in the next two or eight bytes.
const TWO_BYTES: u8 = 0x7e;
const EIGHT_BYTES: u8 = 0x7f;

/// Creates a client's frame. The mask is zero, so the payload is unchanged.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = payload.len();
    let mut bytes = vec![first];
    if let Ok(short @ ..126) = u8::try_from(length) {
        bytes.push(MASKED | short);
    } else {
        bytes.push(MASKED | TWO_BYTES);
        bytes.extend(u16::try_from(length).unwrap().to_be_bytes());
    }
    bytes.extend([0; 4]);
    bytes.extend(payload);
    bytes
}

/// Returns the code of a close frame in the server's unmasked data; `None` if the connection ends without a close
/// frame.
async fn close_code(stream: &mut TcpStream) -> Option<u16> {
    loop {
        let mut head = [0; 2];
        stream.read_exact(&mut head).await.ok()?;
        let length = match head[1] {
            126 => usize::from(stream.read_u16().await.ok()?),
            127 => usize::try_from(stream.read_u64().await.ok()?).ok()?,
            short => usize::from(short),
        };
        let mut payload = vec![0; length];
        stream.read_exact(&mut payload).await.ok()?;
        if head[0] == CLOSE {
            return Some(u16::from_be_bytes(payload.get(..2)?.try_into().ok()?));
        }
    }
}

/// Opens a connection with the handshake that a WebSocket client sends, and reads the server's response.
async fn open(harness: &CallHarness) -> TcpStream {
    let mut stream = TcpStream::connect(harness.daemon.address()).await.unwrap();
    let head = "GET /ws/twilio-media HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(stream.read_u8().await.unwrap());
    }
    assert!(answer.starts_with(b"HTTP/1.1 101 "), "{}", String::from_utf8_lossy(&answer));
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn forbidden_frames_are_answered_with_the_code_of_the_standard() {
    let harness = CallHarness::with_ai(OpenAiOptions::default(), |_| {}).await;
    let hello = br#"{"event":"connected"}"#;
    let unmasked = [vec![TEXT, 2], b"{}".to_vec()].concat();
    let too_long = [&1000_u16.to_be_bytes()[..], &[b'x'; 124]].concat();
    let broken_reason = [&1000_u16.to_be_bytes()[..], &[0xce, 0xba, 0xe1]].concat();
    let mut cases: Vec<(&str, Vec<u8>, u16)> = vec![
        ("a frame without a mask", unmasked, 1002),
        ("a long ping", frame(PING, &[0; 126]), 1002),
        ("a ping in two parts", frame(PING & !FINAL, b"x"), 1002),
        ("a part without a beginning", frame(FINAL, b"x"), 1002),
        ("a message within a message", [frame(TEXT_BEGINS, b"{"), frame(TEXT, b"}")].concat(), 1002),
        ("a close of one byte", frame(CLOSE, &[3]), 1002),
        ("a close with a reason that is too long", frame(CLOSE, &too_long), 1002),
        ("a close whose reason is no UTF-8", frame(CLOSE, &broken_reason), 1007),
        ("a text that is no UTF-8", frame(TEXT, &[0xce, 0xba, 0xe1, 0xff]), 1007),
        ("half a letter at the end", frame(TEXT, &[b'x', 0xd7]), 1007),
        ("a surrogate", frame(TEXT, &[0xed, 0xa0, 0x80]), 1007),
        ("no UTF-8 over two parts", [frame(TEXT_BEGINS, &[0xd7]), frame(FINAL, &[0x28])].concat(), 1007),
        ("a message of 70,000 bytes in parts", parts(70_000), 1009),
        ("a good close", frame(CLOSE, &1000_u16.to_be_bytes()), 1000),
        ("good frames and no token", [frame(TEXT, hello), frame(PING, b"x"), frame(TEXT, b"{}x")].concat(), 1008),
    ];
    cases.extend([0xc1, 0xa1, 0x91].map(|first| ("a reserved bit", frame(first, hello), 1002)));
    cases.extend([0x83, 0x87, 0x8b, 0x8f].map(|first| ("a reserved opcode", frame(first, b""), 1002)));
    for code in [0_u16, 999, 1004, 1005, 1006, 1016, 2000, 2999, 5000] {
        cases.push(("a close with a reserved code", frame(CLOSE, &code.to_be_bytes()), 1002));
    }
    for (what, bytes, expected) in cases {
        let mut stream = open(&harness).await;
        stream.write_all(&bytes).await.unwrap();
        assert_eq!(close_code(&mut stream).await, Some(expected), "{what}: {bytes:02x?}");
    }
    assert_eq!(harness.daemon.client().get("/healthz").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_still_sending_learns_why_it_is_closed() {
    let harness = CallHarness::with_ai(OpenAiOptions::default(), |_| {}).await;
    let length: u32 = 8 << 20;
    let mut long = vec![TEXT, MASKED | EIGHT_BYTES];
    long.extend(u64::from(length).to_be_bytes());
    long.resize(long.len() + 4 + length as usize, b'x');
    let mut stream = open(&harness).await;
    stream.write_all(&long).await.unwrap();
    assert_eq!(close_code(&mut stream).await, Some(1009));
}

/// Creates the fragments of a message, of 1,000 bytes each, without the last fragment.
fn parts(length: usize) -> Vec<u8> {
    let begins = frame(TEXT_BEGINS, &[b'x'; 1000]);
    begins.into_iter().chain((1..length / 1000).flat_map(|_| frame(0, &[b'x'; 1000]))).collect()
}
