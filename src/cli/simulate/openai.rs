//! `agentlocator simulate openai`: a fake AI.

use super::output::{OutputOptions, interrupted};
use crate::simulator::Party;
use crate::simulator::caller::parse_time;
use crate::simulator::openai::{OpenAi, OpenAiOptions, Turn};
use anyhow::Context;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;

/// Answers with fixed turns: realtime speech, transcription, chat, speech. Any API key is accepted.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// The address to listen on.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9002")]
    listen: SocketAddr,
    /// A turn: the caller's transcript and the answer, as 'heard|answer', and a tool that is called before the answer, with
    /// its arguments as JSON, as 'heard|answer|tool {...}'. Repeat for further turns.
    #[arg(long = "turn", value_name = "HEARD|ANSWER[|TOOL]", value_parser = parse_turn)]
    turns: Vec<Turn>,
    /// The time from the end of the caller's turn to the first audio of the answer.
    #[arg(long, value_name = "TIME", value_parser = parse_time, default_value = "300ms")]
    think: Duration,
    /// How many times faster than real time the answer is sent.
    #[arg(long, value_name = "FACTOR", default_value_t = 4.0)]
    speed: f64,
    /// The time from a WebSocket's request to its opening.
    #[arg(long, value_name = "TIME", value_parser = parse_time, default_value = "0")]
    connect: Duration,
    /// The time from session.update to session.updated.
    #[arg(long, value_name = "TIME", value_parser = parse_time, default_value = "0")]
    update: Duration,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let log = arguments.output.log();
    let mut options = OpenAiOptions {
        think: arguments.think,
        speed: arguments.speed,
        connect: arguments.connect,
        update: arguments.update,
        ..OpenAiOptions::default()
    };
    if !arguments.turns.is_empty() {
        options.turns.clone_from(&arguments.turns);
    }
    let listener =
        TcpListener::bind(arguments.listen).await.with_context(|| format!("--listen {}", arguments.listen))?;
    let openai = OpenAi::start(listener, options, log.clone())?;
    log.note(
        Party::OpenAi,
        format!("listening; for the server: OPENAI_BASE_URL={} OPENAI_API_KEY=any", openai.base_url()),
    );
    interrupted().await?;
    arguments.output.finish(&log, &openai.state(), "", None)
}

fn parse_turn(text: &str) -> Result<Turn, String> {
    let (heard, answer) = text.split_once('|').ok_or("expected the transcript and the answer, separated by |")?;
    let Some((answer, tool)) = answer.split_once('|') else { return Ok(Turn::new(heard.trim(), answer.trim())) };
    let (name, arguments) = tool.trim().split_once(' ').unwrap_or((tool.trim(), "{}"));
    serde_json::from_str::<serde_json::Map<_, _>>(arguments)
        .map_err(|error| format!("the arguments of {name} are not a JSON object: {error}"))?;
    Ok(Turn::new(heard.trim(), answer.trim()).calling(name, arguments))
}
