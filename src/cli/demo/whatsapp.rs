//! People write, the shop answers.

use super::checks::{Checks, eventually};
use super::stage::{SHOP, Stage};
use crate::simulator::bridge::{BridgeMessage, InboundAuth, InboundForm};
use crate::simulator::twilio::{InboundMessage, MediaRecord, SignaturePlan};
use serde_json::json;

/// Messages in by both webhooks, in every form of body and number, each handed over twice.
pub(super) async fn people_write(stage: &Stage, checks: &mut Checks) -> anyhow::Result<()> {
    let url = stage.webhook("/webhook/whatsapp/twilio")?;
    let mut picture = InboundMessage::text(NOA, SHOP, "יש לכם את זה?");
    picture.media.push(MediaRecord::new("image/png", PICTURE.to_vec()));
    for message in
        [InboundMessage::text(NOA, SHOP, "שלום, זה החנות?"), picture, InboundMessage::text(AVI, SHOP, "עד מתי פתוח?")]
    {
        let kept = stage.whatsapp.keep(&message);
        let fields = stage.whatsapp.fields(&message, &kept);
        for _ in 0..2 {
            let answer = stage.whatsapp.hand_over(&url, &fields, SignaturePlan::Good).await;
            checks.same(&answer.map(|answer| answer.status), &Ok(204), "Twilio's webhook is taken");
        }
    }
    let forged = stage.whatsapp.fields(&InboundMessage::text(NOA, SHOP, "forged"), &stage.exchange.messages()[0]);
    let answer = stage.whatsapp.hand_over(&url, &forged, SignaturePlan::Wrong).await;
    checks.same(&answer.map(|answer| answer.status), &Ok(403), "a forged one is not");

    let url = stage.webhook("/webhook/whatsapp/baileys")?;
    for (from, text, form, auth) in [
        ("972541234567", "היי, אפשר להזמין?", InboundForm::Long, InboundAuth::Both),
        ("972541234567@s.whatsapp.net", "שני שקים", InboundForm::Short, InboundAuth::Secret),
        ("+972541234567", "תודה!", InboundForm::Long, InboundAuth::Signature),
        ("972523334455", "בוקר טוב", InboundForm::Short, InboundAuth::Both),
    ] {
        let message = BridgeMessage::text(from, text);
        for _ in 0..2 {
            let answer = stage.inbound.send(&url, &message, form, auth).await;
            checks.same(&answer.map(|answer| answer.status), &Ok(204), "the bridge's webhook is taken");
        }
    }
    let answer = stage
        .inbound
        .send(&url, &BridgeMessage::text(AVI, "forged"), InboundForm::Long, InboundAuth::WrongSignature)
        .await;
    checks.same(&answer.map(|answer| answer.status), &Ok(403), "a forged one is not");

    for (person, expected) in [
        (NOA, vec!["שלום, זה החנות?", "יש לכם את זה?"]),
        (RONI, vec!["היי, אפשר להזמין?", "שני שקים", "תודה!"]),
        (AVI, vec!["עד מתי פתוח?", "בוקר טוב"]),
    ] {
        let messages = stage.api.messages_with(person).await?;
        let texts: Vec<_> = messages.iter().filter_map(|message| message["content_text"].as_str()).collect();
        checks.same(&texts, &expected, &format!("{person} is one person with one thread, each message once"));
    }
    let fetched = eventually(async || {
        let messages = stage.api.messages_with(NOA).await?;
        let urls = messages.iter().filter_map(|message| message["media_url"].as_str());
        match urls.into_iter().find(|url| url.starts_with('/')) {
            Some(url) => Ok(Some(stage.api.file(url).await?)),
            None => Ok(None),
        }
    });
    checks.same(&fetched.await?.as_deref(), &Some(PICTURE), "the picture is in the CRM, though Twilio had it late");
    Ok(())
}

/// Answers by both providers, one of them failing over, each asked for twice under one key.
pub(super) async fn shop_answers(stage: &Stage, checks: &mut Checks) -> anyhow::Result<()> {
    send(stage, RONI, "בטח, שני שקים מחכים לך.", "auto", checks).await?;
    send(stage, NOA, "כן, זה במלאי!", "auto", checks).await?;
    let sent = eventually(async || Ok((stage.bridge.state().sent.len() == 1).then_some(()))).await?;
    checks.that(sent.is_some(), "the bridge sends the answer to the one who wrote by it, once");
    let sent = eventually(async || Ok((stage.exchange.sent_messages().len() == 1).then_some(()))).await?;
    checks.that(sent.is_some(), "Twilio sends the answer to the one who wrote by it, once");

    stage.bridge.change(|options| options.connected = false);
    send(stage, AVI, "עד שבע בערב.", "auto", checks).await?;
    let sent = eventually(async || Ok((stage.exchange.sent_messages().len() == 2).then_some(()))).await?;
    checks.that(sent.is_some(), "with the bridge down, Twilio takes over for one who last wrote by the bridge");
    stage.bridge.change(|options| options.connected = true);

    for (person, status) in [(RONI, "sent"), (NOA, "read"), (AVI, "read")] {
        let last = eventually(async || {
            let last = stage.api.messages_with(person).await?.pop();
            Ok(last.filter(|message| message["direction"] == "out" && message["status"] == status))
        });
        checks.that(last.await?.is_some(), &format!("the CRM knows that the message to {person} is {status}"));
    }
    Ok(())
}

async fn send(stage: &Stage, to: &str, text: &str, provider: &str, checks: &mut Checks) -> anyhow::Result<()> {
    let key = crate::entropy::random_hex::<8>();
    let body = json!({"to": to, "text": text, "provider": provider});
    let first = stage.api.send(&key, &body).await?;
    let second = stage.api.send(&key, &body).await?;
    checks.that(first.0 == 200 && first.1["ok"] == true, &format!("a message to {to} is taken"));
    checks.same(&second.1["message_id"], &first.1["message_id"], "the same key again gives the same message");
    Ok(())
}

const NOA: &str = "+972509876543";
const AVI: &str = "+972523334455";
const RONI: &str = "+972541234567";

/// A white dot.
const PICTURE: &[u8] = &[
    0x89, b'P', b'N', b'G', 13, 10, 26, 10, 0, 0, 0, 13, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0,
    0x3A, 0x7E, 0x9B, 0x55, 0, 0, 0, 10, b'I', b'D', b'A', b'T', 0x78, 0x9C, 0x63, 0xF8, 0x0F, 0, 1, 1, 1, 0, 0x1B,
    0xB6, 0xEE, 0x56, 0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xAE, 0x42, 0x60, 0x82,
];
