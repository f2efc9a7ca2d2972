//! The manual tests from `docs/admin/first-calls.md`. An integration test checks that the guide contains the same
//! texts.

use crate::doctor::{DoctorContext, Finding};
use std::sync::Arc;

const CHECK: &str = "by hand";

pub(in crate::doctor) async fn check(context: Arc<DoctorContext>) -> Vec<Finding> {
    let Some(config) = context.config() else { return Vec::new() };
    let groups: [(bool, &[Probe]); 3] = [
        (config.twilio.credentials().is_some(), &CALLS),
        (config.whatsapp.baileys_enabled(), &BRIDGE),
        (config.twilio_whatsapp_enabled(), &TWILIO_WHATSAPP),
    ];
    let probes = groups.into_iter().filter(|(is_used, _)| *is_used).flat_map(|(_, probes)| probes);
    probes
        .map(|(what, right_if)| Finding {
            remedy: Some(format!("right if {right_if}")),
            ..Finding::skipped(CHECK, *what)
        })
        .collect()
}

/// A manual test: the instruction, and the expected result.
type Probe = (&'static str, &'static str);

const CALLS: [Probe; 8] = [
    (
        "Open /livez at the public address on a phone without Wi-Fi",
        "it says ok, and the browser does not warn about the certificate",
    ),
    (
        "Call from a mobile, ask something, let the agent finish",
        "it answers in Hebrew; the call has a transcript of both sides and a recording",
    ),
    ("Speak into an answer", "the agent stops at once"),
    (
        "Ask for a person (agent.transfer_to), press 1 at the other phone",
        "that phone tells who calls and why; after the key you are connected",
    ),
    (
        "Ask for a person, let the other phone ring, or let its mailbox answer",
        "after at most 40 seconds you are back with the agent, which says so",
    ),
    ("Call with a withheld number (#31# before the number)", "the call is answered, as a contact of its own"),
    (
        "sudo systemctl restart agentlocator while you talk",
        "you hear the prompt of the recorder and can leave a message",
    ),
    (
        "Switch the AI off (voice.engine = \"voicemail\"), call, leave a message",
        "you hear the prompt in Hebrew, and the message is on the page",
    ),
];

const BRIDGE: [Probe; 5] = [
    (
        "Show the QR code on the page, wait a minute, then scan it",
        "the page says that it is connected within half a minute",
    ),
    (
        "Unlink the phone, ask for a pairing code, wait two minutes, then type it",
        "the page counts the seconds that are left, and then says that it is connected",
    ),
    (
        "Write from another phone, answer on the page",
        "both messages are on both sides, in order, and yours becomes \"read\"",
    ),
    (
        "Stop the bridge (sudo systemctl stop agentlocator-whatsapp), write three messages, start it",
        "all three arrive, at the times at which they were written",
    ),
    (
        "Write from a number that is saved in the phone's contacts, and from one that is not",
        "there are two threads, each with its number",
    ),
];

const TWILIO_WHATSAPP: [Probe; 4] = [
    ("Write to the sender, answer within 24 hours", "the answer arrives as text"),
    (
        "Write to a contact who has not written for a day",
        "the template is sent, or the page says why no message can be sent",
    ),
    (
        "Stop the service for two minutes, write meanwhile, start it",
        "the message is on the page within five minutes (TWILIO_CATCH_UP in the log)",
    ),
    ("Block the sender on the phone, then write from the page", "the message fails, and the reason is on the page"),
];
