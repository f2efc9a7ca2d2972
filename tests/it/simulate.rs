//! `agentlocator simulate`, with which owners test their server.

use super::support::Daemon;
use super::support::telephony::CallHarness;
use agentlocator::simulator::openai::OpenAiOptions;
use jiff::Timestamp;
use jiff::civil::Weekday;
use serde_json::Value;
use std::process::Output;
use tokio::net::TcpListener;

async fn harness() -> CallHarness {
    CallHarness::with_ai(OpenAiOptions::default(), |setup| {
        setup.env("WA_SHARED_SECRET", "secret");
        setup.env("TWILIO_WA_FROM", "whatsapp:+97235551234");
    })
    .await
}

fn simulate(harness: &CallHarness, arguments: &[&str]) -> Output {
    let url = harness.daemon.url();
    let arguments = [&["simulate"], arguments, &["--url", &url]].concat();
    tokio::task::block_in_place(|| harness.daemon.cli(&arguments))
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_printed_line_by_line_and_summed_up() {
    let harness = harness().await;
    let output = simulate(
        &harness,
        &["call", "--fast", "--script", "say 900ms; listen; say 700ms; listen 500ms; say 1s; listen"],
    );
    let text = stdout(&output);
    assert!(output.status.success(), "{text}{}", stderr(&output));
    for words in ["calls +97235551234", "the stream", "is open", "ended by Caller", "answer", "interrupted: stopped"] {
        assert!(text.contains(words), "{words} is missing:\n{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_for_programs_is_json_alone() {
    let harness = harness().await;
    let output = simulate(&harness, &["call", "--fast", "--json", "--script", "say 600ms; listen", "--calls", "2"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["violations"], serde_json::json!([]));
    let calls = report["report"].as_array().unwrap();
    assert_eq!(calls.len(), 2);
    for call in calls {
        assert_eq!(call["ended"], "caller");
        assert_eq!(call["streams"][0]["answers"].as_array().unwrap().len(), 1, "{call:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_refuses_makes_the_simulation_fail() {
    let harness = harness().await;
    let token = harness.daemon.folder().join("token.txt");
    std::fs::write(&token, "not the token\n").unwrap();
    let output = simulate(&harness, &["call", "--auth-token-file", token.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("ended with an error"), "{}", stderr(&output));
    let output = simulate(&harness, &["call", "--script", "say 1s; shout"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("step 2"), "{}", stderr(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_whose_stream_never_comes_ends_at_the_recorder() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    // The listener is dropped because the command binds the address itself.
    drop(listener);
    let harness = CallHarness::with_ai(OpenAiOptions::default(), |setup| {
        setup.env("TWILIO_API_BASE_URL", format!("http://{address}"));
    })
    .await;
    let output =
        simulate(&harness, &["call", "--fast", "--stream", "never", "--rest", &address.to_string(), "--message", "1s"]);
    let text = stdout(&output);
    assert!(output.status.success(), "{text}{}", stderr(&output));
    assert!(text.contains("/webhook/handle_recording answered 200") && text.contains("recorded"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_go_in_by_both_ways_and_forged_ones_do_not() {
    let harness = harness().await;
    for arguments in [
        &["whatsapp", "--text", "one", "--twice"][..],
        &["whatsapp", "--text", "two", "--form", "short"],
        &["whatsapp", "--text", "three", "--via", "twilio", "--twice"],
        &["whatsapp", "--text", "forged", "--forged"],
        &["whatsapp", "--text", "forged", "--via", "twilio", "--forged"],
    ] {
        let output = simulate(&harness, arguments);
        assert!(output.status.success(), "{arguments:?}: {}{}", stdout(&output), stderr(&output));
    }
    let api = tokio::task::block_in_place(|| harness.daemon.api());
    let threads = api.get("/api/threads?type=whatsapp").await.json();
    let thread = &threads["threads"].as_array().unwrap()[0]["id"];
    let messages = api.get(&format!("/api/threads/{thread}/messages")).await.json();
    let texts: Vec<_> =
        messages["messages"].as_array().unwrap().iter().map(|message| message["content_text"].clone()).collect();
    assert_eq!(texts, ["one", "two", "three"]);
}

/// Prepares a daemon that has not run, with a database whose content is generated from this seed.
fn filled(seed: &str) -> Daemon {
    let daemon = Daemon::prepare(|_| {});
    let until = "2026-11-22";
    let arguments = ["--people", "60", "--messages", "900", "--calls", "120", "--until", until, "--seed", seed];
    let output = daemon.cli(&[&["simulate", "crm"], &arguments[..]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stdout(&output).contains("Added 60 contacts, 900 messages and 120 calls"), "{}", stdout(&output));
    daemon
}

#[test]
fn generated_appointments_are_on_the_working_days_of_the_business_s_time_zone() {
    let daemon = Daemon::prepare(|setup| {
        setup.toml("[business]\ntime_zone = \"Asia/Jerusalem\"\n");
    });
    let until = "2026-11-22";
    let output = daemon.cli(&["simulate", "crm", "--people", "5", "--messages", "5", "--calls", "5", "--until", until]);
    assert!(output.status.success(), "{}", stderr(&output));
    let starts = daemon.query_column::<String>("SELECT starts_at FROM appointments");
    let weekday = |at: &String| at.parse::<Timestamp>().unwrap().in_tz("Asia/Jerusalem").unwrap().weekday();
    let weekdays: Vec<_> = starts.iter().map(weekday).collect();
    assert!(!weekdays.contains(&Weekday::Saturday), "{weekdays:?}");
    assert!(weekdays.contains(&Weekday::Sunday), "{weekdays:?}");
}

/// Returns the names, messages, calls and turns in a stopped daemon's database.
fn texts(daemon: &Daemon) -> Vec<String> {
    let conn = rusqlite::Connection::open(daemon.published_file()).unwrap();
    let mut query = conn
        .prepare(
            "SELECT display_name || created_at FROM contacts UNION ALL
             SELECT content_text || created_at || provider_msg_id FROM messages UNION ALL
             SELECT call_sid || started_at FROM calls UNION ALL SELECT text FROM call_turns UNION ALL
             SELECT text || created_at FROM contact_notes UNION ALL SELECT title || created_at FROM tasks UNION ALL
             SELECT title || created_at FROM leads",
        )
        .unwrap();
    let rows = query.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_database_is_filled_with_a_year() {
    let mut daemon = filled("7");
    assert_eq!(texts(&daemon), texts(&filled("7")), "the same seed gives the same data");
    assert_ne!(texts(&daemon), texts(&filled("8")));

    let refused = daemon.cli(&["simulate", "crm", "--people", "5"]);
    assert!(
        !refused.status.success() && stderr(&refused).contains("has data already (60 contacts"),
        "{}",
        stderr(&refused)
    );
    let more = ["simulate", "crm", "--people", "40", "--messages", "50", "--calls", "5", "--seed", "7", "--add"];
    let added = daemon.cli(&more);
    assert!(added.status.success(), "{}", stderr(&added));

    tokio::task::block_in_place(|| daemon.launch());
    let running = daemon.cli(&["simulate", "crm", "--add"]);
    assert!(!running.status.success() && stderr(&running).contains("the daemon is running"), "{}", stderr(&running));
    let api = daemon.api();
    let mut cursor = String::new();
    let (mut threads, mut hebrew) = (0, 0);
    loop {
        let page = api.get(&format!("/api/threads?type=whatsapp&limit=200{cursor}")).await.json();
        let items = page["threads"].as_array().unwrap();
        threads += items.len();
        let has_hebrew = |thread: &&Value| thread["title"].as_str().unwrap().chars().any(|c| ('א'..='ת').contains(&c));
        hebrew += items.iter().filter(has_hebrew).count();
        assert!(items.iter().all(|thread| thread["last_message_at"].is_string()), "{page}");
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert!(threads >= 70 && hebrew > threads / 2, "{hebrew} of {threads}");
    let calls = api.get("/api/calls?limit=200").await.json();
    assert_eq!(calls["calls"].as_array().unwrap().len(), 125);
    let booked = api.get("/api/appointments?from=2026-11-01T00:00:00Z&limit=100").await;
    assert!(booked.json()["items"].as_array().is_some_and(|items| items.len() > 20), "{}", booked.text());
    for (list, least) in [
        ("tags", 4),
        ("tasks?state=open", 2),
        ("tasks?state=done", 4),
        ("leads", 5),
        ("facts", 8),
        ("saved-replies", 4),
    ] {
        let reply = api.get(&format!("/api/{list}")).await;
        let items = reply.json()["items"].as_array().map_or(0, Vec::len);
        assert!(items >= least, "{list}: {}", reply.text());
    }
    let alerts = api.get("/api/alerts").await.json();
    assert_eq!(alerts["items"], serde_json::json!([]), "invented data raises no alert");
}
