//! Simulates incoming messages to the WhatsApp number at Twilio.

use super::checks::{Checks, eventually};
use super::environment::{DemoEnvironment, SHOP};
use super::whatsapp::{AVI, NOA, PICTURE};
use crate::simulator::twilio::{InboundMessage, MediaRecord, SignaturePlan};

/// Delivers each incoming message twice, then a forged message, and checks what the daemon stores.
pub(super) async fn receive_messages(env: &DemoEnvironment, checks: &mut Checks) -> anyhow::Result<()> {
    let url = env.webhook("/webhook/whatsapp/twilio")?;
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
