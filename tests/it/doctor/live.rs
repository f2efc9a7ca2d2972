//! `doctor --live`: what it asks of the AI and of the bridge, and what it says of their answers.

use super::super::support::telephony::Town;
use super::{Told, healthy_town, look};
use agentlocator::simulator::bridge::{Bridge, BridgeOptions};
use agentlocator::simulator::openai::{Faults, OpenAiOptions};
use std::time::Duration;
use tokio::net::TcpListener;

const SECRET: &str = "0123456789abcdef";

fn look_live(town: &Town) -> Told {
    look(town, &["--live"])
}

async fn town_with(faults: Faults) -> Town {
    Town::with_ai(OpenAiOptions { faults, ..OpenAiOptions::default() }, |_| {}).await
}

/// The paths that the AI was asked for over HTTP.
fn asked(town: &Town) -> Vec<String> {
    town.ai.state().requests.into_iter().map(|(path, _)| path).filter(|path| path != "/models").collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_works_is_seen_working() {
    let town = healthy_town().await;
    let told = look_live(&town);
    assert_eq!(told.code, 0, "{:#?}", told.findings);
    told.assert("live session", &["ok"], &["all settings of a call"]);
    told.assert(
        "live answer",
        &["ok", "ok"],
        &["ms after the question", "cents", "שלום! כן, אנחנו פתוחים", "שלום, אתם פתוחים היום?"],
    );
    told.assert("turn by turn", &["ok"], &["שלום, אתם פתוחים היום?"]);
    assert_eq!(asked(&town), ["/audio/transcriptions", "/chat/completions"]);
    let sessions = town.ai.state().sessions;
    let transcribed = sessions.iter().filter(|session| session.config["audio"]["input"]["transcription"].is_object());
    assert_eq!((sessions.len(), transcribed.count()), (4, 3), "one session has no transcription");
    assert!(told.states("live link").is_empty(), "no bridge is in use");
    let by_hand = told.text("by hand");
    assert!(by_hand.contains("withheld number") && !by_hand.contains("QR code"), "{by_hand}");
    assert!(
        town.exchange.calls().is_empty() && town.exchange.sent_messages().is_empty(),
        "nobody is called or written to"
    );
    town.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_it_nothing_is_tried() {
    let town = healthy_town().await;
    let told = look(&town, &[]);
    for check in ["live session", "live answer", "turn by turn", "live link", "by hand"] {
        assert!(told.states(check).is_empty(), "{check}");
    }
    assert!(asked(&town).is_empty());
    let sessions = town.ai.state().sessions;
    assert!(sessions.iter().all(|session| session.answers.is_empty() && session.heard.is_empty()));
    let both = tokio::task::block_in_place(|| town.daemon.cli(&["doctor", "--live", "--fix"]));
    assert_eq!(both.status.code(), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_setting_is_named() {
    let named = Faults { refuse_field: Some("audio.output.voice"), ..Faults::default() };
    let told = look_live(&town_with(named).await);
    told.assert("live session", &["warning"], &["audio.output.voice", "[openai]"]);
    told.assert("live answer", &["ok", "ok"], &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_transcription_is_found_although_the_refusal_does_not_name_it() {
    let field = Some("audio.input.transcription.model");
    let town = town_with(Faults { refuse_field: field, refuse_unnamed: true, ..Faults::default() }).await;
    let told = look_live(&town);
    told.assert("live session", &["error"], &["without a transcription", "gpt-transcribe", "Invalid session."]);
    assert!(told.states("live answer").is_empty(), "there is no session to ask in");
    told.assert("turn by turn", &["ok"], &[]);
    assert_eq!(told.code, 1);

    town.ai.change(|options| options.faults.refuse_field = Some("instructions"));
    look_live(&town).assert("live session", &["error"], &["no session for a call"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_late_or_does_not_come_is_told() {
    let town = town_with(Faults::default()).await;
    town.ai.change(|options| options.think = Duration::from_millis(2_500));
    look_live(&town).assert("live answer", &["warning", "ok"], &["one moment, please"]);
    town.ai.change(|options| {
        options.think = Duration::ZERO;
        options.faults.rate_limited = vec![1];
    });
    let told = look_live(&town);
    told.assert("live answer", &["error"], &["without sound"]);
    assert_eq!(told.code, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_by_turn_answer_that_is_refused_is_told() {
    let town = town_with(Faults { thinks_away: 100_000, ..Faults::default() }).await;
    look_live(&town).assert("turn by turn", &["error"], &["gives no answer"]);
    town.ai.change(|options| options.turns.iter_mut().for_each(|turn| turn.heard.clear()));
    town.ai.change(|options| options.faults.thinks_away = 0);
    let told = look_live(&town);
    told.assert("turn by turn", &["warning"], &["file_transcription_model"]);
    told.assert("live answer", &["ok", "warning"], &["no words of a question"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_link_of_the_bridge_is_checked_in_both_directions() {
    let log = agentlocator::simulator::EventLog::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let bridge = Bridge::start(listener, BridgeOptions::connected(SECRET), log).unwrap();
    let port = bridge.address().port().to_string();
    let town = Town::without_ai(|setup| {
        setup.env("WA_SHARED_SECRET", SECRET).env("WA_BAILEYS_PORT", port);
    })
    .await;
    let told = look_live(&town);
    told.assert("live session", &["skipped"], &["OPENAI_API_KEY"]);
    told.assert("live link", &["ok"], &["its receipt came back"]);
    assert!(told.text("by hand").contains("QR code"));
    assert!(bridge.state().sent.is_empty(), "nobody is written to");
    for (result, state, words) in [("no_ack", "error", "does not acknowledge"), ("no_echo", "warning", "phone is on")] {
        bridge.change(|options| options.link_check = result);
        look_live(&town).assert("live link", &[state], &[words]);
    }
    bridge.change(|options| options.connected = false);
    look_live(&town).assert("live link", &["skipped"], &[]);
}

/// What a person has to try stands in the guide with the same words.
#[tokio::test(flavor = "multi_thread")]
async fn the_guide_says_the_same() {
    let guide = include_str!("../../../docs/admin/first-calls.md").replace('`', "");
    let town = Town::without_ai(|setup| {
        setup.env("WA_SHARED_SECRET", SECRET).env("TWILIO_WA_FROM", "whatsapp:+97235551234");
    })
    .await;
    let told = look_live(&town);
    let rows: Vec<_> = told.of("by hand").collect();
    assert_eq!(rows.len(), 17);
    for row in rows {
        let (what, right_if) = (row["found"].as_str().unwrap(), row["remedy"].as_str().unwrap());
        let line = format!("| {what} | {} |", right_if.strip_prefix("right if ").unwrap());
        assert!(guide.contains(&line), "not in the guide: {line}");
    }
}
