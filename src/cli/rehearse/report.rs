//! The report of a rehearsal.

use super::check::{Check, Failure};
use super::scenario::Scenario;
use crate::runtime::rehearsal::{HeldConversation, RehearsedTurn};
use serde_json::{Value, json};
use std::fmt::Write;

pub(super) struct Report {
    model: String,
    server: String,
    has_text: bool,
    shows_all_turns: bool,
    passed: usize,
    failed: usize,
    total_ms: u64,
    tokens: (i64, i64),
    /// The sum of the known costs, in millionths of a dollar; `None` if no cost is known.
    cost_micros: Option<i64>,
    scenarios: Vec<Value>,
}

impl Report {
    pub(super) fn new(model: &str, server: &str, has_text: bool, shows_all_turns: bool) -> Self {
        Self {
            model: model.to_owned(),
            server: server.to_owned(),
            has_text,
            shows_all_turns,
            passed: 0,
            failed: 0,
            total_ms: 0,
            tokens: (0, 0),
            cost_micros: None,
            scenarios: Vec::new(),
        }
    }

    /// Returns `None` if the output is JSON.
    pub(super) fn add(&mut self, scenario: &Scenario, held: &HeldConversation, check: &Check) -> Option<String> {
        let has_passed = check.failures.is_empty();
        *(if has_passed { &mut self.passed } else { &mut self.failed }) += 1;
        let ms: u64 = held.turns.iter().map(|turn| turn.total_ms).sum();
        let sum = |part: fn(&RehearsedTurn) -> i64| held.turns.iter().map(part).sum::<i64>();
        let tokens = (sum(|turn| turn.tokens_in), sum(|turn| turn.tokens_out));
        let cost = held.turns.iter().filter_map(|turn| turn.cost_micros).reduce(|one, other| one + other);
        self.total_ms += ms;
        self.tokens = (self.tokens.0 + tokens.0, self.tokens.1 + tokens.1);
        self.cost_micros = match (self.cost_micros, cost) {
            (Some(before), Some(cost)) => Some(before + cost),
            (before, cost) => before.or(cost),
        };
        let text = self.has_text.then(|| {
            let mark = if has_passed { "passed" } else { "FAILED" };
            let mut text = format!("{mark}  {}  ({} turns, {})\n", scenario.name, held.turns.len(), seconds(ms));
            for Failure { expected, found } in &check.failures {
                _ = writeln!(text, "        expected: {expected}\n        found:    {found}");
            }
            if !has_passed || self.shows_all_turns {
                held.turns.iter().enumerate().for_each(|(number, turn)| add_turn(&mut text, number + 1, turn));
            }
            text
        });
        self.scenarios.push(json!({
            "name": scenario.name,
            "passed": has_passed,
            "failures": check.failures,
            "end": held.end,
            "turns": held.turns,
            "total_ms": ms,
            "tokens_in": tokens.0,
            "tokens_out": tokens.1,
            "cost_micros": cost,
        }));
        text
    }

    /// Adds a scenario that could not be run to its end. Returns its text, or `None` if the output is JSON.
    pub(super) fn add_error(&mut self, scenario: &Scenario, error: &anyhow::Error) -> Option<String> {
        self.failed += 1;
        let error = format!("{error:#}");
        self.scenarios.push(json!({"name": scenario.name, "passed": false, "error": error}));
        self.has_text.then(|| format!("FAILED  {}\n        {error}\n", scenario.name))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.scenarios.is_empty()
    }

    pub(super) fn failed(&self) -> usize {
        self.failed
    }

    pub(super) fn summary(&self) -> String {
        let (tokens_in, tokens_out) = self.tokens;
        let cost = self.cost_micros.map_or_else(
            || "the cost is not known".to_owned(),
            |micros| format!("at most ${}.{:04}", micros / 1_000_000, micros % 1_000_000 / 100),
        );
        format!(
            "\n{} passed, {} failed. Model {} at {}: {}, {tokens_in} tokens in, {tokens_out} out, {cost}.\n",
            self.passed,
            self.failed,
            self.model,
            self.server,
            seconds(self.total_ms)
        )
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "passed": self.passed,
            "failed": self.failed,
            "model": self.model,
            "server": self.server,
            "total_ms": self.total_ms,
            "tokens_in": self.tokens.0,
            "tokens_out": self.tokens.1,
            "cost_micros": self.cost_micros,
            "scenarios": self.scenarios,
        })
    }
}

fn add_turn(text: &mut String, number: usize, turn: &RehearsedTurn) {
    _ = writeln!(text, "    {number}. caller: {}", turn.caller);
    for tool in &turn.tools {
        _ = writeln!(text, "       {} ms  {} {} → {}", tool.ms, tool.name, tool.arguments, tool.output);
    }
    let first = turn.first_word_ms.map_or_else(|| "no word".to_owned(), |ms| format!("first word {ms} ms"));
    let (all, tokens_in, tokens_out) = (turn.total_ms, turn.tokens_in, turn.tokens_out);
    _ = writeln!(text, "       agent: {}", turn.agent);
    _ = writeln!(text, "       {first}, whole answer {all} ms, {tokens_in} + {tokens_out} tokens");
}

fn seconds(ms: u64) -> String {
    format!("{}.{} s", ms / 1000, ms % 1000 / 100)
}
