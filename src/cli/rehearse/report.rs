//! The report of a rehearsal.

use super::check::{Check, Failure};
use super::scenario::Scenario;
use crate::domain::TurnLatency;
use crate::runtime::rehearsal::{HeldConversation, RehearsedTurn, SpokenTurn};
use serde_json::{Map, Value, json};
use std::fmt::Write;

pub(super) struct Report {
    /// Who answers, in words.
    agent: String,
    /// The members of the JSON that say who answers.
    head: Map<String, Value>,
    has_text: bool,
    shows_all_turns: bool,
    passed: usize,
    failed: usize,
    total_ms: u64,
    tokens: (i64, i64),
    /// The sum of the known costs, in millionths of a dollar; `None` if no cost is known.
    cost_micros: Option<i64>,
    /// The times until the caller heard the agent.
    first_audio_ms: Vec<u64>,
    scenarios: Vec<Value>,
}

impl Report {
    pub(super) fn new((agent, head): (String, Map<String, Value>), has_text: bool, shows_all_turns: bool) -> Self {
        Self {
            agent,
            head,
            has_text,
            shows_all_turns,
            passed: 0,
            failed: 0,
            total_ms: 0,
            tokens: (0, 0),
            cost_micros: None,
            first_audio_ms: Vec::new(),
            scenarios: Vec::new(),
        }
    }

    /// Returns `None` if the output is JSON.
    pub(super) fn add(&mut self, scenario: &Scenario, held: &HeldConversation, check: &Check) -> Option<String> {
        let has_passed = check.failures.is_empty();
        *(if has_passed { &mut self.passed } else { &mut self.failed }) += 1;
        let ms = match &held.call {
            Some(call) => call.duration_ms,
            None => held.turns.iter().map(|turn| turn.total_ms).sum(),
        };
        let sum = |part: fn(&RehearsedTurn) -> i64| held.turns.iter().map(part).sum::<i64>();
        let tokens = (sum(|turn| turn.tokens_in), sum(|turn| turn.tokens_out));
        let cost = match &held.call {
            Some(call) => Some(call.cost_micros),
            None => held.turns.iter().filter_map(|turn| turn.cost_micros).reduce(|one, other| one + other),
        };
        let spoken = held.turns.iter().filter_map(|turn| turn.spoken.as_ref());
        self.first_audio_ms.extend(spoken.filter_map(|spoken| spoken.first_audio_ms));
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
                for (engine, reason) in held.call.iter().flat_map(|call| &call.engine_failures) {
                    _ = writeln!(text, "    the engine {} failed: {reason}", engine.as_str());
                }
                held.turns.iter().enumerate().for_each(|(number, turn)| add_turn(&mut text, number + 1, turn));
            }
            text
        });
        self.scenarios.push(json!({
            "name": scenario.name,
            "passed": has_passed,
            "failures": check.failures,
            "end": held.end,
            "call": held.call,
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
        let mut delays = self.first_audio_ms.clone();
        delays.sort_unstable();
        let first_audio = match (delays.get(delays.len() / 2), delays.last()) {
            (Some(median), Some(longest)) => format!(" First audio after {median} ms (median), at most {longest} ms."),
            _ => String::new(),
        };
        format!(
            "\n{} passed, {} failed. {}: {}, {tokens_in} tokens in, {tokens_out} out, {cost}.{first_audio}\n",
            self.passed,
            self.failed,
            self.agent,
            seconds(self.total_ms)
        )
    }

    pub(super) fn json(mut self) -> Value {
        let Value::Object(rest) = json!({
            "passed": self.passed,
            "failed": self.failed,
            "total_ms": self.total_ms,
            "tokens_in": self.tokens.0,
            "tokens_out": self.tokens.1,
            "cost_micros": self.cost_micros,
            "scenarios": self.scenarios,
        }) else {
            return Value::Null;
        };
        self.head.extend(rest);
        Value::Object(self.head)
    }
}

fn add_turn(text: &mut String, number: usize, turn: &RehearsedTurn) {
    _ = writeln!(text, "    {number}. caller: {}", turn.caller);
    if let Some(spoken) = &turn.spoken {
        _ = writeln!(text, "       understood: {}", spoken.understood);
    }
    for tool in &turn.tools {
        _ = writeln!(text, "       {} ms  {} {} → {}", tool.ms, tool.name, tool.arguments, tool.output);
    }
    let (all, tokens_in, tokens_out) = (turn.total_ms, turn.tokens_in, turn.tokens_out);
    let cut = if turn.spoken.as_ref().is_some_and(|spoken| spoken.interrupted) { "  (interrupted)" } else { "" };
    _ = writeln!(text, "       agent: {}{cut}", turn.agent);
    let first = match (&turn.spoken, turn.first_word_ms) {
        (Some(SpokenTurn { first_audio_ms: Some(ms), .. }), _) => format!("first audio {ms} ms"),
        (Some(_), _) => "no audio".to_owned(),
        (None, Some(ms)) => format!("first word {ms} ms"),
        (None, None) => "no word".to_owned(),
    };
    _ = writeln!(text, "       {first}, whole answer {all} ms, {tokens_in} + {tokens_out} tokens");
    if let Some(spoken) = &turn.spoken {
        add_stages(text, &spoken.stages);
    }
}

/// Adds the times of the answer's stages since the end of the caller's words, as the call's session measured them.
fn add_stages(text: &mut String, latency: &TurnLatency) {
    let stages = [
        ("last partial transcript", latency.transcript_partial_ms),
        ("final transcript", latency.transcript_final_ms),
        ("response", latency.response_created_ms),
        ("first token", latency.first_token_ms),
        ("first audio of the AI", latency.first_delta_ms),
        ("sent", latency.first_sent_ms),
        ("played", latency.first_played_ms),
    ];
    let known = stages.iter().filter_map(|(stage, ms)| ms.map(|ms| format!("{stage} {ms}")));
    let known: Vec<_> = known.collect();
    if !known.is_empty() {
        _ = writeln!(text, "       ms: {}", known.join(", "));
    }
}

fn seconds(ms: u64) -> String {
    format!("{}.{} s", ms / 1000, ms % 1000 / 100)
}
