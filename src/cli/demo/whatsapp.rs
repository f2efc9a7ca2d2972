//! Simulates and checks WhatsApp messages of the business's own account, which the real bridge links, and of its number
//! at Twilio.

use super::checks::{Checks, eventually};
use super::environment::{DemoEnvironment, SHOP};
use crate::providers::twilio::messages::MESSAGE_PATH;
use crate::simulator::bridge::{BridgeMessage, InboundAuth, InboundForm};
use crate::simulator::twilio::{InboundMessage, MediaRecord, SignaturePlan};
use crate::simulator::whatsapp::WhatsAppUser;
use serde_json::{Value, json};

/// Links the account: simulates the owner's scan of the QR code that the web page shows.
pub(super) async fn link(env: &DemoEnvironment, checks: &mut Checks) -> anyhow::Result<()> {
    let code = eventually(async || Ok(bridge(env).await?["pairing"]["qr"].as_str().map(str::to_owned))).await?;
    checks.that(code.is_some(), "the daemon shows the bridge's QR code");
    env.whatsapp.scan(&code.unwrap_or_default()).await?;
    checks.that(is_connected(env).await?, "the code is scanned and the bridge is connected");
    checks.same(
        &bridge(env).await?["account"]["name"],
        &json!("Pets & Friends"),
        "the daemon knows the linked WhatsApp account",
    );
    Ok(())
}

pub(super) async fn receive_messages(env: &DemoEnvironment, checks: &mut Checks) -> anyhow::Result<()> {
    let network = &env.whatsapp;
    let first = network.writes(RONI, "היי, אפשר להזמין?").await?;
    network.call("/redeliver", &json!({ "id": first })).await?;
    let by_lid = json!({ "from": RONI.number, "name": RONI.name, "text": "שני שקים", "addressing": "lid" });
    network.call("/inbound", &by_lid).await?;
    network.writes_from_phone(RONI, "רגע, בודק במחסן").await?;
    network.sends_file(RONI, "image", "image/png", PICTURE, &json!({ "caption": "מהסוג הזה" })).await?;
    let voice = json!({ "ptt": true, "seconds": 2 });
    network.sends_file(RONI, "audio", "audio/ogg; codecs=opus", VOICE, &voice).await?;
    network.writes(AVI, "בוקר טוב").await?;

    let url = env.webhook("/webhook/whatsapp/baileys")?;
    let forged = BridgeMessage::text(AVI.number, "forged");
    let answer = env.unauthenticated.send(&url, &forged, InboundForm::Long, InboundAuth::WrongSignature).await;
    checks.same(&answer.map(|answer| answer.status), &Ok(403), "a forged bridge webhook is refused");

    let conversations = [
        (NOA, vec!["<שלום, זה החנות?", "<יש לכם את זה?"]),
        (RONI, vec!["<היי, אפשר להזמין?", "<שני שקים", ">רגע, בודק במחסן", "<מהסוג הזה", "<"]),
        (AVI, vec!["<עד מתי פתוח?", "<בוקר טוב"]),
    ];
    for (contact, expected) in conversations {
        let came = eventually(async || Ok(Some(talk(env, contact).await?).filter(|talk| *talk == expected))).await?;
        let talk = if came.is_some() {
            expected.iter().map(ToString::to_string).collect()
        } else {
            talk(env, contact).await?
        };
        let expected: Vec<String> = expected.iter().map(ToString::to_string).collect();
        checks.same(&talk, &expected, &format!("{} is one contact with one thread, each message once", contact.name));
    }
    let number = number(RONI);
    let files = eventually(async || {
        let files = env.api.files_of(&number).await?;
        Ok((files.len() == 2).then_some(files))
    });
    let expected = vec![("image".to_owned(), PICTURE.to_vec()), ("voice".to_owned(), VOICE.to_vec())];
    checks.same(&files.await?.unwrap_or_default(), &expected, "the picture and the voice note are in the CRM");
    Ok(())
}

pub(super) async fn send_messages(env: &DemoEnvironment, checks: &mut Checks) -> anyhow::Result<()> {
    send(env, RONI, "בטח, שני שקים מחכים לך.", checks).await?;
    send(env, NOA, "כן, זה במלאי!", checks).await?;
    let answer = "בטח, שני שקים מחכים לך.";
    checks.that(is_shown(env, RONI, &[answer]).await?, "the bridge sends the answer to its contact, once");
    let sent = eventually(async || Ok((env.twilio_state.sent_messages().len() == 1).then_some(()))).await?;
    checks.that(sent.is_some(), "Twilio sends the answer to its contact, once");

    env.bridge.lock().await.kill().await;
    send(env, AVI, "עד שבע בערב.", checks).await?;
    let sent = eventually(async || Ok((env.twilio_state.sent_messages().len() == 2).then_some(()))).await?;
    checks.that(sent.is_some(), "while the bridge is down, Twilio sends to a contact who last wrote by the bridge");
    env.whatsapp.writes(RONI, "תודה!").await?;
    env.bridge.lock().await.launch().await?;
    checks.that(is_connected(env).await?, "the bridge is connected again");
    let registrations = env.whatsapp.state().await?["registrations"].clone();
    checks.same(&registrations, &json!(1), "the bridge needs no second QR code");
    let thanked = eventually(async || Ok(talk(env, RONI).await?.pop().filter(|last| last == "<תודה!"))).await?;
    checks.that(thanked.is_some(), "a message written while the bridge was down is in the CRM");
    send(env, RONI, "להתראות!", checks).await?;
    let both = [answer, "להתראות!"];
    checks.that(is_shown(env, RONI, &both).await?, "the bridge sends the next message again");

    for contact in [RONI, NOA, AVI] {
        let number = number(contact);
        let last = eventually(async || {
            let messages = env.api.messages_with(&number).await?;
            let last = messages.into_iter().rfind(|message| message["direction"] == "out");
            Ok(last.filter(|message| message["status"] == "read"))
        });
        checks.that(last.await?.is_some(), &format!("the CRM shows that {} has read the last message", contact.name));
    }
    Ok(())
}

async fn send(env: &DemoEnvironment, to: WhatsAppUser, text: &str, checks: &mut Checks) -> anyhow::Result<()> {
    let key = crate::entropy::random_hex::<8>();
    let body = json!({"to": number(to), "text": text, "provider": "auto"});
    let first = env.api.send(&key, &body).await?;
    let second = env.api.send(&key, &body).await?;
    checks.that(first.0 == 200 && first.1["ok"] == true, &format!("a message to {} is accepted", to.name));
    checks.same(
        &second.1["message_id"],
        &first.1["message_id"],
        "a request with the same key returns the same message",
    );
    Ok(())
}

/// Waits until a contact's phone shows exactly these texts. Returns false after a timeout.
async fn is_shown(env: &DemoEnvironment, contact: WhatsAppUser, texts: &[&str]) -> anyhow::Result<bool> {
    let shown = eventually(async || {
        let shown = env.whatsapp.shown_to(contact.number).await?;
        Ok((shown == texts).then_some(()))
    });
    Ok(shown.await?.is_some())
}

async fn is_connected(env: &DemoEnvironment) -> anyhow::Result<bool> {
    let connected = eventually(async || Ok((bridge(env).await?["state"] == "connected").then_some(()))).await?;
    Ok(connected.is_some())
}

async fn bridge(env: &DemoEnvironment) -> anyhow::Result<Value> {
    env.api.get("/api/whatsapp/bridge").await
}

/// Incoming texts start with `<`, outgoing texts with `>`.
async fn talk(env: &DemoEnvironment, contact: WhatsAppUser) -> anyhow::Result<Vec<String>> {
    let messages = env.api.messages_with(&number(contact)).await?;
    let shown = |message: &Value| {
        let mark = if message["direction"] == "out" { '>' } else { '<' };
        format!("{mark}{}", message["content_text"].as_str().unwrap_or_default())
    };
    Ok(messages.iter().map(shown).collect())
}

fn number(contact: WhatsAppUser) -> String {
    format!("+{}", contact.number)
}

pub(super) const NOA: WhatsAppUser = WhatsAppUser { number: "972509876543", name: "נועה" };
pub(super) const AVI: WhatsAppUser = WhatsAppUser { number: "972523334455", name: "אבי" };
const RONI: WhatsAppUser = WhatsAppUser { number: "972541234567", name: "רוני" };

/// The first bytes of a voice note.
const VOICE: &[u8] =
    b"OggS\0\x02\0\0\0\0\0\0\0\0demo\0\0\0\0\0\0\0\0\x01\x13OpusHead\x01\x01\x38\x01\x80\xbb\0\0\0\0\0";

/// A PNG image of a single white pixel.
pub(super) const PICTURE: &[u8] = &[
    0x89, b'P', b'N', b'G', 13, 10, 26, 10, 0, 0, 0, 13, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0,
    0x3A, 0x7E, 0x9B, 0x55, 0, 0, 0, 10, b'I', b'D', b'A', b'T', 0x78, 0x9C, 0x63, 0xF8, 0x0F, 0, 1, 1, 1, 0, 0x1B,
    0xB6, 0xEE, 0x56, 0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xAE, 0x42, 0x60, 0x82,
];

pub(super) async fn receive_from_twilio(env: &DemoEnvironment, checks: &mut Checks) -> anyhow::Result<()> {
    let url = env.webhook(MESSAGE_PATH)?;
    let (network, noa) = (&env.twilio_whatsapp, format!("+{}", NOA.number));
    let mut picture = InboundMessage::text(&noa, SHOP, "יש לכם את זה?");
    picture.media.push(MediaRecord::new("image/png", PICTURE.to_vec()));
    let avi = InboundMessage::text(format!("+{}", AVI.number), SHOP, "עד מתי פתוח?");
    for message in [InboundMessage::text(&noa, SHOP, "שלום, זה החנות?"), picture, avi] {
        let kept = network.keep(&message);
        let fields = network.fields(&message, &kept);
        for _ in 0..2 {
            let answer = network.post_webhook(&url, &fields, SignaturePlan::Good).await;
            checks.same(&answer.map(|answer| answer.status), &Ok(204), "Twilio's webhook is accepted");
        }
    }
    let forged = network.fields(&InboundMessage::text(&noa, SHOP, "forged"), &env.twilio_state.messages()[0]);
    let answer = network.post_webhook(&url, &forged, SignaturePlan::Wrong).await;
    checks.same(&answer.map(|answer| answer.status), &Ok(403), "a forged Twilio webhook is refused");
    let fetched = eventually(async || env.api.first_file_of(&noa).await).await?;
    checks.same(&fetched.as_deref(), &Some(PICTURE), "the picture is in the CRM, although Twilio delivered it late");
    Ok(())
}
