//! Malformed webhooks with valid authentication, which no provider would send.

use crate::support::whatsapp::{OWN_SENDER, Shop};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

const AT_ONCE: usize = 32;

/// An xorshift64 generator, which is seeded so that each run has the same bodies.
struct SeededRng(u64);

impl SeededRng {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % below as u64).unwrap()
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.next(from.len())].clone()
    }

    fn value(&mut self, depth: usize) -> Value {
        match self.next(if depth > 3 { 8 } else { 10 }) {
            0 => Value::Null,
            1 => json!(self.next(2) == 0),
            2 => json!(self.0.cast_signed()),
            3 => json!(1e300),
            4 => json!("972501234567@s.whatsapp.net"),
            5 => json!("\u{0}\u{202e}\u{10ffff}"),
            6 => json!("9".repeat(self.next(3000))),
            7 => json!(self.pick(&["message", "status", "reaction", "edit", "deletion", "read", "-1", "NaN", ""])),
            8 => (0..self.next(4)).map(|_| self.value(depth + 1)).collect(),
            _ => self.object(depth + 1),
        }
    }

    fn object(&mut self, depth: usize) -> Value {
        let names = [
            "event",
            "from",
            "to",
            "lid",
            "phone",
            "from_me",
            "text",
            "body",
            "id",
            "provider_msg_id",
            "timestamp",
            "push_name",
            "quoted",
            "type",
            "media_url",
            "mime",
            "status",
            "error",
            "target",
            "unheard_of",
        ];
        (0..self.next(9))
            .map(|_| (self.pick(&names).to_owned(), self.value(depth)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    }

    /// Changes, removes, inserts or duplicates some bytes.
    fn corrupt(&mut self, mut body: Vec<u8>) -> Vec<u8> {
        for _ in 0..self.next(4) {
            if body.is_empty() {
                break;
            }
            let at = self.next(body.len());
            match self.next(4) {
                0 => body[at] = self.next(256).to_le_bytes()[0],
                1 => body.truncate(at),
                2 => body.insert(at, b'\\'),
                _ => body.extend_from_within(at..),
            }
        }
        body
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_bridge_body_causes_an_error() {
    let shop = Shop::open().await;
    let mut rng = SeededRng(0x9e37_79b9_7f4a_7c15);
    let bodies: Vec<_> = (0..1500)
        .map(|round| {
            let body = rng.object(0).to_string().into_bytes();
            if round % 3 == 0 { rng.corrupt(body) } else { body }
        })
        .collect();
    let replies = stream::iter(&bodies).map(|body| shop.bridge_posts_raw(body.clone())).buffered(AT_ONCE);
    for (reply, body) in replies.collect::<Vec<_>>().await.iter().zip(&bodies) {
        assert_eq!(reply.status, 204, "{}", String::from_utf8_lossy(body));
    }
    still_well(&shop).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_twilio_form_causes_an_error() {
    let shop = Shop::open().await;
    let mut rng = SeededRng(0xdead_beef_cafe_f00d);
    let names = [
        "MessageSid",
        "From",
        "To",
        "Body",
        "NumMedia",
        "MediaUrl0",
        "MediaUrl9",
        "MediaContentType0",
        "WaId",
        "ProfileName",
        "Latitude",
        "MessageStatus",
        "ErrorCode",
        "ButtonText",
        "Unheard",
    ];
    let long = "x".repeat(1000);
    let values = [
        "",
        "SMa0000000000000000000000000000001",
        "whatsapp:+972501234567",
        OWN_SENDER,
        "whatsapp:",
        "+",
        "-1",
        "99999999999999999999",
        "10",
        "\u{0}",
        "delivered",
        "https://[",
        "javascript:alert(1)",
        "\u{fffd}",
        "شكرا שלום",
        &long,
    ];
    let forms: Vec<_> = (0..1500)
        .map(|round| {
            let count = rng.next(if round % 50 == 0 { 300 } else { 12 });
            let pairs: Vec<_> = (0..count).map(|_| (rng.pick(&names), rng.pick(&values))).collect();
            (rng.pick(&["/webhook/whatsapp/twilio", "/webhook/whatsapp/twilio/status"]), pairs)
        })
        .collect();
    let replies = stream::iter(&forms).map(|(path, pairs)| shop.twilio_posts(path, pairs)).buffered(AT_ONCE);
    for (reply, form) in replies.collect::<Vec<_>>().await.iter().zip(&forms) {
        assert_eq!(reply.status, 204, "{form:?}");
    }
    still_well(&shop).await;
}

async fn still_well(shop: &Shop) {
    assert_eq!(shop.daemon.client().get("/healthz").await.status, 200);
    assert_eq!(shop.daemon.logs().events_named("PANIC").len(), 0);
    assert_eq!(shop.daemon.logs().events_named("WA_IN_FAILED").len(), 0);
    shop.receive_by_bridge("972541111111", "last", "still here?").await;
    assert_eq!(shop.talk("+972541111111").await, ["still here?"]);
}
