//! Rehearsals in writing: the language model of the pipeline answers the written lines of the caller.

use super::scene::{
    CallerLine, ConversationEnd, HeldConversation, LineStart, RehearsalError, RehearsedTurn, Scene, UsedTool, begin, ms,
};
use super::stand_ins::{QueuedTexts, WrittenAnswers};
use crate::agent::instructions::{self, PhoneContext};
use crate::agent::tool::{PhoneTools, ToolContext, ToolRegistry};
use crate::call::{CallerWords, HistoryTurn, ToolCall};
use crate::clock;
use crate::config::Config;
use crate::crm::call::{CallerIdentity, store_turn};
use crate::crm::{self, business_profile, caller_memory, rehearsal};
use crate::domain::{CallSid, ContactName, Speaker, Timestamp, ToolUse, TurnLatency};
use crate::engine::{ModelMemory, PipelineSetup, TextAnswer, TextConversation};
use crate::providers::google::AccessTokens;
use crate::runtime::active_settings;
use crate::runtime::caller_texts::can_text;
use crate::runtime::calls::can_transfer;
use crate::store::{Store, TurnUpdate};
use jiff::tz::TimeZone;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// The maximum number of requests to the model in one turn. After a request that returns tool calls, another one
/// follows.
const MAX_ROUNDS: usize = 12;

/// Changes the database.
pub async fn hold(
    config: &Arc<Config>,
    client: &reqwest::Client,
    store: &Store,
    scene: &Scene,
) -> Result<HeldConversation, RehearsalError> {
    let mut stage = ConversationState::start(config, client, store, scene).await?;
    let (mut turns, mut end) = (Vec::new(), ConversationEnd::Caller);
    for (number, line) in scene.lines.iter().enumerate() {
        let mut turn = RehearsedTurn { caller: line.text.clone(), ..RehearsedTurn::default() };
        let next = scene.lines.get(number + 1).map(|next| next.start);
        if matches!(next, Some(LineStart::AfterPause(_))) {
            stage.hear(line).await?;
            turns.push(turn);
            continue;
        }
        let ended = stage.turn(line, &mut turn).await?;
        turns.push(turn);
        if let Some(ended) = ended {
            end = ended;
            break;
        }
    }
    let (sid, zone, now) = (stage.sid, stage.zone, scene.now);
    let left = crm::transact(store, move |tx| rehearsal::finish(tx, &sid, &zone, now)).await?;
    Ok(HeldConversation { turns, end, left, call: None })
}

struct ConversationState {
    store: Store,
    sid: CallSid,
    zone: TimeZone,
    now: Timestamp,
    began: Instant,
    model: TextConversation,
    tools: ToolRegistry,
    context: ToolContext,
    words: watch::Sender<CallerWords>,
    seq: i64,
}

impl ConversationState {
    async fn start(
        config: &Arc<Config>,
        client: &reqwest::Client,
        store: &Store,
        scene: &Scene,
    ) -> Result<Self, RehearsalError> {
        let call = begin(config, store, scene).await?;
        let (sid, zone, now) = (call.call_sid.clone(), config.business.time_zone.clone(), scene.now);
        let (asked, of) = (call.clone(), zone.clone());
        let known = crm::read(store, move |tx| {
            Ok((business_profile::read(tx, &of, now)?, caller_memory::read(tx, &asked, &of, now)?))
        });
        let (profile, memory) = known.await?;
        let (can_transfer, can_book) = (can_transfer(config, &call), profile.can_book());
        let tools = ToolRegistry::for_phone(PhoneTools {
            transfer: can_transfer,
            booking: can_book,
            facts: profile.has_more_facts,
            whatsapp: can_text(config, &active_settings::rules(config), Some(&call)),
        })
        .with_own(&profile.tools);
        let context =
            PhoneContext { now, profile: &profile, memory: &memory, can_transfer, can_book, is_resumed: false };
        let is_known = call.identity() == CallerIdentity::Number;
        let caller_name = scene.name.clone().filter(|_| is_known).map_or(ContactName::Unknown, ContactName::ByOwner);
        let setup = PipelineSetup {
            config: config.clone(),
            client: client.clone(),
            google: AccessTokens::default(),
            model_memory: ModelMemory::default(),
            instructions: instructions::for_phone(&config.business, &config.agent, &context).into(),
            tools: tools.clone(),
            language: config.agent.language.clone(),
            terms: Vec::new(),
            caller_name,
            caller_history: instructions::caller_history(&memory, &zone),
            history: Vec::new(),
            claims: None,
            is_logged: false,
        };
        let words = watch::Sender::default();
        let context = ToolContext::new(store.clone(), sid.clone(), zone.clone(), words.subscribe())
            .at(now)
            .with_texts(Arc::new(QueuedTexts { config: config.clone(), store: store.clone(), now }))
            .with_own_tools(Arc::new(WrittenAnswers(scene.answers.clone())));
        let model = TextConversation::new(setup);
        let store = store.clone();
        Ok(Self { store, sid, zone, now, began: clock::instant(), model, tools, context, words, seq: 0 })
    }

    async fn hear(&mut self, line: &CallerLine) -> Result<(), crm::Error> {
        if let LineStart::AfterWords(words) = line.start {
            self.model.agent_was_heard(words);
        }
        self.model.caller_says(&line.text);
        self.record(Speaker::Caller, &line.text).await
    }

    /// Returns how the conversation ended, if the agent ended or transferred the call.
    async fn turn(
        &mut self,
        line: &CallerLine,
        turn: &mut RehearsedTurn,
    ) -> Result<Option<ConversationEnd>, RehearsalError> {
        let asked = clock::instant();
        self.hear(line).await?;
        for _ in 0..MAX_ROUNDS {
            let waited = clock::instant() - asked;
            let answer = self.model.answer().await.map_err(RehearsalError::Model)?;
            turn.add(&answer, waited);
            if !answer.text.is_empty() {
                self.record(Speaker::Agent, &answer.text).await?;
            }
            let mut ended = None;
            for (request, call) in &answer.calls {
                let began = clock::instant();
                let output = match call {
                    ToolCall::EndCall => {
                        ended = Some(ConversationEnd::Agent);
                        r#"{"ok":true}"#.to_owned()
                    }
                    ToolCall::Transfer { .. } => {
                        ended = Some(ConversationEnd::Transfer);
                        r#"{"ok":true}"#.to_owned()
                    }
                    ToolCall::CollectKeys { .. } => r#"{"ok":true}"#.to_owned(),
                    ToolCall::Run { name, arguments, .. } => self.tools.run(&self.context, name, arguments).await,
                };
                self.model.tool_output(&request.id, &output);
                let (name, arguments) = (request.name.clone(), request.arguments.clone());
                self.record(Speaker::Tool, &ToolUse::new(&name, &arguments).with_output(&output).to_text()).await?;
                turn.tools.push(UsedTool { name, arguments, output, ms: ms(clock::instant() - began) });
            }
            turn.total_ms = ms(clock::instant() - asked);
            if answer.calls.is_empty() || ended.is_some() {
                return Ok(ended);
            }
        }
        Ok(None)
    }

    /// Adds a turn to the transcript, for the tools and for the review of the agent's promises.
    async fn record(&mut self, speaker: Speaker, text: &str) -> Result<(), crm::Error> {
        self.seq += 1;
        let turn = HistoryTurn { speaker, text: text.to_owned() };
        self.words.send_modify(|words| words.turns.push(turn));
        let (sid, seq, text, at) = (self.sid.clone(), self.seq, text.to_owned(), self.now);
        // Each turn needs a time of its own, even if the model answers within a millisecond.
        let started_ms = ms(clock::instant() - self.began) + 2 * u64::try_from(seq).unwrap_or(0);
        crm::transact(&self.store, move |tx| {
            let turn = TurnUpdate {
                item_id: &format!("rehearsal.{seq}"),
                seq,
                speaker,
                text: &text,
                heard_text: &text,
                interrupted: false,
                started_ms,
                ended_ms: Some(started_ms + 1),
                word_times: &[],
                latency: TurnLatency::default(),
                tokens_in: 0,
                tokens_out: 0,
                cost_micros: 0,
            };
            Ok(store_turn(tx, &sid, &turn, at)?)
        })
        .await
    }
}

impl RehearsedTurn {
    /// `begun` is the time from the caller's words to the request for this part.
    fn add(&mut self, answer: &TextAnswer, begun: Duration) {
        if !answer.text.is_empty() {
            if !self.agent.is_empty() {
                self.agent.push(' ');
            }
            self.agent.push_str(&answer.text);
        }
        if self.first_word_ms.is_none() {
            self.first_word_ms = answer.first_text.map(|first| ms(begun + first));
        }
        self.tokens_in += answer.tokens_in;
        self.tokens_out += answer.tokens_out;
        self.cost_micros = match (self.cost_micros, answer.cost_micros) {
            (Some(before), Some(cost)) => Some(before + cost),
            (before, cost) => before.or(cost),
        };
    }
}
