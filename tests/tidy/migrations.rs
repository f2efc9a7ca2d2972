//! Migrations are only added, never changed, so that a database of every released version can be upgraded.

use super::{none, tree};
use agentlocator::domain::hex;
use sha2::{Digest, Sha256};

/// Migrations that existing databases may contain, with the SHA-256 of their text. New migrations are added here; an
/// entry is never changed.
const RELEASED: [(&str, &str); 22] = [
    ("V1__foundation.sql", "2e0a31f1c92c90f0459bb9abec3059f9aa64a16bc321cd5efe7248d0b71e4c87"),
    ("V2__changes_backfills.sql", "899989da8515c063f6a8ba1bb92d2cd5c57d0ae5f3343a73acb1cd2e423dbe8d"),
    ("V3__accounts.sql", "4a8d27ec7a919ce283fbe9d9ce56c01f4c36d019db07b3e3c6174e504f964635"),
    ("V4__identity_order_refusals.sql", "08abfce141f9e96404d0bead934503483d73519aa2f1fc51f606067557f404f9"),
    ("V5__contact_details.sql", "b6a70f2ece1843ba7c8d4653bde2f26b48bc66a32b3a1cb78d45957431e6bc97"),
    ("V6__booking.sql", "a6f3d11b5d4a1b5c610de86c31cf4fb0faaa39d35b80ce33d8899dc8db928af1"),
    ("V7__inbox.sql", "c74eafb92f3fda62f21578b481a4da650799467e0ae92176bbc957ccd12fed80"),
    ("V8__search.sql", "e7fdaae915dc7a9e37850c63c86f18b0748e90b501f473a715513db11d7b5c5f"),
    ("V9__greeting.sql", "3cb7660db8190fec91303f0e8932d99c6929eeeccebd00e5d9121b80fdac4cc2"),
    ("V10__knowledge_gaps.sql", "24285181c2546b29ae346c0bc86cc9521c1d4c3a290cc95b34abccd00b18859a"),
    ("V11__blocked_contacts.sql", "d6187af139c05f2a745e6f2b0393d4b07d5a1ef1e8bf337a2989a2ade558f16f"),
    ("V12__turn_trace.sql", "4d5ed6d6b030c00833290a996fbd38351dc8433035d1f8296e910ab8d748e915"),
    ("V13__agent_tools.sql", "58b3f7709260f34efd8b453e146f53a9a53d85e030f2981e0e0f8af021cc18b5"),
    ("V14__contact_relation.sql", "9fc399d31a98dbdf9fa653ae184d25861f1531c3026b6d9a146f3ca87353a10f"),
    ("V15__outbound_calls.sql", "7db95878dd4c8e433d4031983d3dd02de4c744c4a402a3e8a384bf84ef99708f"),
    ("V16__open_words_call_outcomes.sql", "4ecd2be51bfd8a28c26d0a5b2ab5b1edfa8b13fa25875361b5828d89e6bfd1de"),
    ("V17__word_times.sql", "a82fab5081c25a92afffeb024f937f0105badd517d9e833b2413476f6c3ee1b6"),
    ("V18__opt_out_choices.sql", "7696e6f0e5ac306ac65d0aed21794c0f861f3cf547e10f137ef1fc4dbdd428fc"),
    ("V19__appointment_notices_contact_events.sql", "5e34fd2b2503615a942b872b7309377246948a1ff491476006f3e4241560772c"),
    ("V20__main_number.sql", "c838ad8e5722b2ee1d044979967e4930a0629d7bfdca2ad522bfab91325cbd75"),
    ("V21__job_retry_period.sql", "9033b0e2097a9c25b9f00cbb8f00376fedd585982bdee8c4bf54d6a4c916db69"),
    ("V22__outbox_deadlines.sql", "f99bc42a2e6e46054cf18082b4158ae48507d0abd44af31f7af2fd7be6e8d75a"),
];

#[test]
fn released_migrations_stay_as_they_are() {
    let files = migrations();
    let mut findings = Vec::new();
    for (name, expected) in RELEASED {
        match files.iter().find(|file| file.path == format!("migrations/{name}")) {
            None => findings.push(format!("{name} is gone")),
            Some(file) if digest(&file.text) != expected => findings.push(format!("{name} was changed")),
            Some(_) => {}
        }
    }
    none(&findings, "write a new migration instead");
}

#[test]
fn migrations_are_numbered_without_a_gap() {
    let names: Vec<_> = migrations().iter().map(|file| file.path.replace("migrations/", "")).collect();
    let mut numbers: Vec<u32> = names
        .iter()
        .map(|name| {
            let number = name.strip_prefix('V').and_then(|name| name.split_once("__")).map(|(number, _)| number);
            number
                .and_then(|number| number.parse().ok())
                .unwrap_or_else(|| panic!("{name} is not V<number>__<name>.sql"))
        })
        .collect();
    numbers.sort_unstable();
    assert!(!numbers.is_empty() && numbers.iter().copied().eq(1..=u32::try_from(names.len()).unwrap()), "{numbers:?}");
}

#[test]
fn migrations_only_add() {
    let mut findings = Vec::new();
    for file in migrations() {
        for (number, line) in file.text.lines().enumerate() {
            let line = line.split("--").next().unwrap_or_default().to_uppercase();
            if ["DROP TABLE", "DROP COLUMN", "RENAME TO", "RENAME COLUMN"].iter().any(|word| line.contains(word)) {
                findings.push(format!("{}:{}: {}", file.path, number + 1, line.trim()));
            }
        }
    }
    none(&findings, "an older program may still have to read what a newer one has written");
}

/// A start on a large database must be fast. Early migrations also fill some small tables. A later migration may add
/// constant rows, but data is moved by a backfill. Statements begin at the start of a line, unlike the statements in a
/// trigger.
#[test]
fn later_migrations_move_no_data() {
    let mut findings = Vec::new();
    for file in migrations().into_iter().filter(|file| number(file) > LAST_THAT_MOVES_DATA) {
        let text = file.text.to_uppercase();
        for (at, line) in text.lines().enumerate() {
            let ends = |line: &&str| line.trim_end().ends_with(';');
            let rest = text.lines().skip(at);
            let length = rest.clone().position(|line| ends(&line)).map_or(usize::MAX, |last| last + 1);
            let copies = line.starts_with("INSERT") && rest.take(length).any(|line| line.contains("SELECT"));
            let changes = ["UPDATE", "DELETE", "REPLACE"].iter().any(|word| line.starts_with(word));
            if copies || (changes && line.trim_end() != "UPDATE SQLITE_SCHEMA") {
                findings.push(format!("{}:{}: {line}", file.path, at + 1));
            }
        }
    }
    none(&findings, "move data by a backfill (crm/backfill.rs), which runs after the start");
}

/// The rule does not apply to this migration and earlier ones. V3 breaks the rule for two columns, and V6 for small
/// tables.
const LAST_THAT_MOVES_DATA: u32 = 11;

fn number(file: &tree::File) -> u32 {
    let name = file.path.trim_start_matches("migrations/V");
    name.split_once("__").and_then(|(number, _)| number.parse().ok()).unwrap_or_default()
}

fn migrations() -> Vec<tree::File> {
    tree::files().into_iter().filter(|file| file.path.starts_with("migrations/")).collect()
}

fn digest(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}
