//! `agentlocator support-bundle`: the content that it must have, and the data that it must not contain.

use super::support::telephony::CallHarness;
use agentlocator::simulator::openai::{OpenAiOptions, Turn};
use flate2::read::GzDecoder;
use std::collections::BTreeMap;
use std::fs::{self, File, Permissions};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Personal data and secrets that the test stores or logs. The bundle may contain none of them.
const PLANTED: [&str; 20] = [
    "sk-planted-key",
    "planted-webhook-secret",
    "Planted Plumbing",
    "planted instructions",
    "Dana Plantedname",
    "planted words of a person",
    "planted words of a caller",
    "planted answer",
    "501239876",
    "521239876",
    "37654987",
    "planted-owner",
    "planted@mail.example",
    "planted-till",
    "planted-query-token",
    "AB12C-PLANT",
    "planted log text",
    "Noaplanted",
    "נועה",
    "planted debug text",
];

#[tokio::test(flavor = "multi_thread")]
async fn the_bundle_contains_no_personal_data_or_secrets() {
    let options = OpenAiOptions {
        turns: vec![Turn::new("planted words of a caller", "planted answer")],
        ..OpenAiOptions::default()
    };
    let mut harness = CallHarness::with_ai(options, |setup| {
        setup.toml(
            "[business]\nname = \"Planted Plumbing\"\n[agent]\ninstructions = \"planted instructions\"\n\
             transfer_to = \"+972501239876\"\n[alerts]\nmail_to = [\"planted@mail.example\"]\n",
        );
        setup.env("OPENAI_API_KEY", "sk-planted-key").env("WA_SHARED_SECRET", "planted-webhook-secret");
        setup.env("TWILIO_WA_FROM", "+97237654987");
    })
    .await;
    plant(&harness).await;
    let bin = fake_journalctl(harness.daemon.folder());
    harness.daemon.reconfigure(|setup| {
        setup.env("PATH", format!("{bin}:{}", std::env::var("PATH").unwrap()));
    });

    let file = harness.daemon.folder().join("bundle.tar.gz");
    let output = tokio::task::block_in_place(|| harness.daemon.cli(&["support-bundle", file.to_str().unwrap()]));
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(printed.contains("doctor.json") && printed.contains("Nothing was sent anywhere"), "{printed}");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    let parts = unpack(&file);
    for (name, content) in &parts {
        for planted in PLANTED.into_iter().chain([harness.twilio_state.account().auth_token.as_str()]) {
            assert!(!content.contains(planted), "{planted:?} is in {name}:\n{content}");
        }
    }
    assert!(parts["doctor.json"].contains("\"check\": \"daemon\""));
    assert!(parts["readyz.json"].contains("\"db\":\"ok\""), "{}", parts["readyz.json"]);
    assert!(parts["metrics.txt"].contains("agentlocator_"));
    assert!(parts["settings.json"].contains("openai.realtime_model") && parts["settings.json"].contains("•••"));
    assert!(parts["database.json"].contains("\"messages\": 1"), "{}", parts["database.json"]);
    assert!(parts["files.txt"].contains("agentlocator.db") && parts["machine.txt"].contains("MemTotal"));
    let log = &parts["log-daemon.jsonl"];
    assert!(
        log.contains("WA_IN_TWILIO") && log.contains("no space on the disk") && log.contains("BRIDGE_STARTED"),
        "{log}"
    );

    let again = tokio::task::block_in_place(|| harness.daemon.cli(&["support-bundle", file.to_str().unwrap()]));
    assert_eq!(again.status.code(), Some(1), "an existing file is not overwritten");
    let default = tokio::task::block_in_place(|| harness.daemon.cli(&["support-bundle"]));
    let printed = String::from_utf8(default.stdout).unwrap();
    let name = printed.split(' ').next().unwrap();
    // Such as agentlocator-support-2026-11-22T093000Z.tar.gz: with the time, so that a second bundle has another name.
    assert_eq!((name.len(), &name[..21], &name[38..]), (46, "agentlocator-support-", "Z.tar.gz"), "{printed}");
    assert!(harness.daemon.folder().join(name).exists());
}

/// Stores personal data: a contact's message, another contact's call, a user, and a token.
async fn plant(harness: &CallHarness) {
    let fields = [
        ("MessageSid", "SM00000000000000000000000000000001"),
        ("From", "whatsapp:+972521239876"),
        ("To", "whatsapp:+97237654987"),
        ("Body", "planted words of a person"),
        ("ProfileName", "Dana Plantedname"),
        ("NumMedia", "0"),
    ];
    assert_eq!(harness.hook("/webhook/whatsapp/twilio", &fields).await.status, 204);
    let mut plan = harness.plan("say 1s; listen");
    plan.from = "+972501239876".into();
    let report = harness.phone.place_call(plan).await;
    harness.ended_call(&report.call_sid).await;
    tokio::task::block_in_place(|| {
        assert!(harness.daemon.cli(&["user", "add", "planted-owner"]).status.success());
        assert!(harness.daemon.cli(&["token", "create", "planted-till"]).status.success());
    });
}

/// Creates a fake `journalctl` whose lines contain data that must be removed. Returns the folder of the program.
fn fake_journalctl(folder: &Path) -> String {
    let lines = [
        r#"{"MESSAGE":"A message of +972521239876 came","PRIORITY":"6","EVENT":"WA_IN_TWILIO","TEXT":"planted log text"}"#,
        r#"{"MESSAGE":"Asked /x?token=planted-query-token","PRIORITY":"4","EVENT":"REQUEST_FAILED","ERROR":"no space on the disk","NAME":"Dana Plantedname"}"#,
        r#"{"MESSAGE":"planted debug text","PRIORITY":"7","EVENT":"DEBUG_THING"}"#,
        r#"{"MESSAGE":"Open http://shop/setup#code=AB12C-PLANT","PRIORITY":"6","EVENT":"SETUP_CODE","URL":"http://shop/setup#code=AB12C-PLANT"}"#,
        r#"{"MESSAGE":"{\"ts\":\"t\",\"level\":\"info\",\"event\":\"BRIDGE_STARTED\",\"push_name\":\"Noaplanted\",\"message\":\"for 972521239876@s.whatsapp.net, נועה\"}"}"#,
        r#"{"MESSAGE":"Dana Plantedname wrote planted log text","PRIORITY":"6"}"#,
    ];
    let bin = folder.join("bin");
    fs::create_dir(&bin).unwrap();
    let program = bin.join("journalctl");
    fs::write(&program, format!("#!/bin/sh\ncat <<'END'\n{}\nEND\n", lines.join("\n"))).unwrap();
    fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    bin.to_str().unwrap().to_owned()
}

fn unpack(file: &Path) -> BTreeMap<String, String> {
    let mut archive = tar::Archive::new(GzDecoder::new(File::open(file).unwrap()));
    let entries = archive.entries().unwrap();
    entries
        .map(|entry| {
            let mut entry = entry.unwrap();
            let name = entry.path().unwrap().file_name().unwrap().to_str().unwrap().to_owned();
            let mut content = String::new();
            entry.read_to_string(&mut content).unwrap();
            (name, content)
        })
        .collect()
}
