//! `agentlocator rehearse`: written conversations with the agent, checked by what they left in the database.

use super::support::Daemon;
use super::support::telephony::free_port;
use agentlocator::simulator::EventLog;
use agentlocator::simulator::openai::{OpenAi, OpenAiOptions, Turn};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Output;

pub(super) const SHOP: &str = r#"
now = "2026-11-29T09:00"
[shop]
hours = { sun = ["09:00-19:00"], mon = ["09:00-19:00"] }
services = [{ name = "תספורת", minutes = 30, price = 100 }]
"#;

/// A fake model, and a daemon whose settings use it.
pub(super) struct Rehearsal {
    pub(super) daemon: Daemon,
    pub(super) ai: OpenAi,
}

impl Rehearsal {
    async fn new(turns: Vec<Turn>, key: &str) -> Self {
        Self::with(OpenAiOptions { turns, ..OpenAiOptions::default() }, key, "").await
    }

    /// `key` is the key in the settings; the fake model accepts only `sk-right`.
    pub(super) async fn with(options: OpenAiOptions, key: &str, toml: &str) -> Self {
        let options = OpenAiOptions { api_key: Some("sk-right".into()), ..options };
        let ai = OpenAi::start(free_port().await, options, EventLog::new()).unwrap();
        let mut daemon = Daemon::prepare(|_| {});
        let temporary = daemon.folder().join("tmp");
        fs::create_dir(&temporary).unwrap();
        daemon.reconfigure(|setup| {
            setup.env("OPENAI_API_KEY", key).env("OPENAI_BASE_URL", ai.base_url());
            setup.env("TMPDIR", temporary.to_str().unwrap());
            if !toml.is_empty() {
                setup.toml(toml);
            }
        });
        Self { daemon, ai }
    }

    /// Returns the path of a file with these scenarios.
    pub(super) fn write(&self, scenarios: &str) -> String {
        let file = self.daemon.folder().join("scenarios.toml");
        fs::write(&file, scenarios).unwrap();
        file.to_str().unwrap().to_owned()
    }

    pub(super) fn run(&self, scenarios: &str, more: &[&str]) -> Output {
        let file = self.write(scenarios);
        tokio::task::block_in_place(|| self.daemon.cli(&[&["rehearse", &file], more].concat()))
    }

    fn requests(&self) -> usize {
        self.ai.state().requests.len()
    }
}

pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub(super) fn booking(start: &str) -> Turn {
    let arguments = json!({"service": "תספורת", "start": start, "caller_name": "דנה"});
    Turn::new("", "קבעתי לך תור לתספורת ליום שני ב-17:00.").calling("book_appointment", arguments.to_string())
}

pub(super) const BOOKED: &str = r#"
[[scenario]]
name = "a self-correction"
say = ["אפשר תור לתספורת מחר בארבע?", { say = "לא, בחמש", after_words = 2 }]
[scenario.expect]
appointments = [{ service = "תספורת", start = "2026-11-30T17:00" }]
tools = ["book_appointment"]
no_tools = ["take_message"]
says = ["חמש|17:00"]
never_says = ["אין לי"]
message = []
questions = []
end = "caller"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_scenario_passes_when_the_database_is_as_expected() {
    let rehearsal =
        Rehearsal::new(vec![Turn::new("", "בארבע תפוס, יש בחמש"), booking("2026-11-30T17:00")], "sk-right").await;
    let passed = rehearsal.run(&format!("{SHOP}{BOOKED}"), &[]);
    let shown = text(&passed.stdout);
    assert!(passed.status.success(), "{shown}{}", text(&passed.stderr));
    assert!(
        shown.starts_with("passed  a self-correction  (2 turns, ") && shown.contains("1 passed, 0 failed"),
        "{shown}"
    );
    let last = rehearsal.ai.state().requests.last().unwrap().1.clone();
    let messages = last["messages"].as_array().unwrap();
    let heard = messages.iter().find(|message| message["role"] == "assistant").unwrap();
    assert_eq!(heard["content"], "בארבע תפוס,", "the model learns what the caller heard");
    assert!(messages[0]["content"].as_str().unwrap().contains("2026"), "the time of the scenario");

    let report: Value = serde_json::from_slice(&rehearsal.run(&format!("{SHOP}{BOOKED}"), &["--json"]).stdout).unwrap();
    let scenario = &report["scenarios"][0];
    assert_eq!((&report["passed"], &scenario["passed"], &scenario["end"]), (&json!(1), &json!(true), &json!("caller")));
    let turn = &scenario["turns"][1];
    assert_eq!(turn["tools"][0]["name"], "book_appointment");
    assert!(turn["first_word_ms"].as_u64().unwrap() <= turn["total_ms"].as_u64().unwrap(), "{turn}");
    assert!(report["tokens_in"].as_i64().unwrap() > 0 && report["cost_micros"].as_i64().unwrap() > 0, "{report}");
    // No database was created in the data folder.
    assert!(!rehearsal.daemon.published_file().exists());
    assert_eq!(fs::read_dir(rehearsal.daemon.folder().join("tmp")).unwrap().count(), 0, "the copies are deleted");
}

#[tokio::test(flavor = "multi_thread")]
async fn words_after_a_pause_belong_to_the_words_before() {
    let rehearsal = Rehearsal::new(vec![booking("2026-11-30T17:00")], "sk-right").await;
    let scenario = BOOKED.replace("{ say = \"לא, בחמש\", after_words = 2 }", "{ say = \"בעצם בחמש\", pause_ms = 700 }");
    let passed = rehearsal.run(&format!("{SHOP}{scenario}"), &[]);
    assert!(passed.status.success(), "{}{}", text(&passed.stdout), text(&passed.stderr));
    let first = rehearsal.ai.state().requests.first().unwrap().1.clone();
    let asked = first["messages"].as_array().unwrap().last().unwrap()["content"].clone();
    assert_eq!(asked, "אפשר תור לתספורת מחר בארבע?\nבעצם בחמש", "the model is asked once the caller has finished");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_lies_fails() {
    let rehearsal = Rehearsal::new(vec![Turn::new("", "קבעתי לך תור לתספורת ליום שני ב-17:00.")], "sk-right").await;
    let failed =
        rehearsal.run(&format!("{SHOP}{}", BOOKED.replace(", { say = \"לא, בחמש\", after_words = 2 }", "")), &[]);
    let shown = text(&failed.stdout);
    assert_eq!(failed.status.code(), Some(1), "{shown}");
    for part in [
        "FAILED  a self-correction",
        "expected: appointments: תספורת 2026-11-30T17:00 booked\n        found:    none",
        "the tool book_appointment is used",
        "the agent says that something was done (booked) only if it was",
        "1. caller: אפשר תור לתספורת מחר בארבע?",
        "agent: קבעתי לך תור",
        "0 passed, 1 failed",
    ] {
        assert!(shown.contains(part), "{part:?} is missing in {shown}");
    }
    assert!(text(&failed.stderr).contains("1 scenarios failed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_and_a_malformed_file_are_explained() {
    let rehearsal = Rehearsal::new(vec![booking("2026-11-30T17:00")], "sk-wrong").await;
    let refused = rehearsal.run(&format!("{SHOP}{BOOKED}"), &[]);
    let (code, shown) = (refused.status.code(), text(&refused.stderr));
    assert!(
        code == Some(1) && shown.contains("the model does not answer: ") && shown.contains("check the key"),
        "{shown}"
    );
    let requests = rehearsal.requests();
    for (scenarios, expected) in [
        ("[[scenario]]\nname = \"x\"\nsays = [\"a\"]\n", ":3:1: unknown field `says`, expected one of `name`"),
        ("[[scenario]]\nname = \"x\"\nsay = [{ says = \"a\" }]\n", ":3:7: expected a text, or { say = TEXT"),
        (
            "[[scenario]]\nname = \"x\"\nsay = [\"a\"]\n[scenario.expect]\nend = \"bye\"\n",
            ":5:7: unknown variant `bye`, expected one of `caller`, `agent`, `transfer`",
        ),
        ("[[scenario]]\nname = \"x\"\nsay = []\n", "the caller says nothing"),
        (
            "[[scenario]]\nname = \"x\"\nsay = [\"a\"]\nexpect.no_tools = [\"book\"]\n",
            "found the tool \"book\", expected one of ",
        ),
        ("[[scenario]\n", ":1:"),
        ("[[scenario]]\nname = \"x\"\nsay = [\"a\", \" \"]\n", "line 2 of say is empty"),
        ("[[scenario]]\nname = \"x\"\nsay = [\"a\"]\nfrom = \"050-1234567\"\n", "found the number \"050-1234567\""),
        ("[[scenario]]\nname = \"x\"\nsay = [\"a\"]\nwithheld = true\ncaller_name = \"Dana\"\n", "neither from nor"),
        ("[[scenario]]\nname = \"x\"\nsay = [\"a\"]\nexpect.says = [\"five|\"]\n", "an alternative after |, is empty"),
        (
            "[[scenario]]\nname = \"x\"\nsay = [\"a\"]\nexpect.appointments = [{ start = \"2027-03-26T02:30\" }]\n",
            "the time 2027-03-26T02:30:00 does not exist",
        ),
        (
            "[shop]\nhours = {}\nservices = [{ name = \"cut\", minutes = 30 }]\n[[scenario]]\nname = \"x\"\nsay = [\"a\"]\n\
            expect.appointments = [{ service = \"cuts\", start = \"2026-11-30T17:00\" }]\n",
            "there is no service \"cuts\"",
        ),
        ("[shop]\nhours = { sun = [\"9-19\"] }\n", ":2:17: found \"9-19\", expected hours such as"),
    ] {
        let wrong = rehearsal.run(scenarios, &[]);
        let shown = text(&wrong.stderr);
        assert!(wrong.status.code() == Some(1) && shown.contains(expected), "{expected:?} is missing in {shown}");
    }
    assert_eq!(rehearsal.requests(), requests, "the model is not asked");
    let missing = tokio::task::block_in_place(|| rehearsal.daemon.cli(&["rehearse", "/does/not/exist"]));
    assert_eq!(missing.status.code(), Some(1));
    assert_eq!(tokio::task::block_in_place(|| rehearsal.daemon.cli(&["rehearse"])).status.code(), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_own_data_is_used_and_kept() {
    let mut rehearsal = Rehearsal::new(vec![booking("2026-11-30T17:00")], "sk-right").await;
    tokio::task::block_in_place(|| rehearsal.daemon.launch());
    let owner = rehearsal.daemon.logged_in("roni", "owner").await;
    super::booking::open_on_holidays(&owner).await;
    let service = json!({"name": "תספורת", "duration_min": 30});
    assert_eq!(owner.post_json("/api/services", &service).await.status, 201);
    let own = BOOKED.replace("name = ", "now = \"2026-11-29T09:00\"\nname = ");
    let own = own.replace(", { say = \"לא, בחמש\", after_words = 2 }", "");
    let passed = rehearsal.run(&own, &["--turns"]);
    assert!(passed.status.success(), "{}{}", text(&passed.stdout), text(&passed.stderr));
    assert!(text(&passed.stdout).contains("book_appointment {"), "{}", text(&passed.stdout));
    for table in ["appointments", "calls", "contacts", "call_turns"] {
        assert_eq!(rehearsal.daemon.query_value::<i64>(&format!("SELECT count(*) FROM {table}")), 0, "{table}");
    }
}

/// The file with the shipped scenarios is valid, and each scenario has at least one expectation.
#[tokio::test(flavor = "multi_thread")]
async fn the_shipped_scenarios_are_valid() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples/rehearse.toml");
    let shipped: toml::Value = toml::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let scenarios = shipped["scenario"].as_array().unwrap();
    assert!(scenarios.len() >= 50, "{}", scenarios.len());
    for scenario in scenarios {
        assert!(!scenario["expect"].as_table().unwrap().is_empty(), "{scenario}");
    }
    // An agent that never helps the caller fails the four scenarios that `--only` selects.
    let rehearsal = Rehearsal::new(vec![Turn::new("", "רגע")], "sk-right").await;
    let arguments = ["rehearse", path.to_str().unwrap(), "--json", "--only", "closed: "];
    let output = tokio::task::block_in_place(|| rehearsal.daemon.cli(&arguments));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output.stderr)));
    assert_eq!((&report["passed"], &report["failed"]), (&json!(0), &json!(4)), "{report:#}");
}
