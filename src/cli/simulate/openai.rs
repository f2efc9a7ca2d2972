//! `agentlocator simulate openai`: an AI.

use super::Telling;
use crate::simulator::Party;
use crate::simulator::caller::parse_time;
use crate::simulator::openai::{OpenAi, OpenAiOptions, Turn};
use anyhow::Context;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;

/// Hears and answers as planned: realtime speech, transcription, chat, speech. Any key opens it.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// Where to listen.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9002")]
    listen: SocketAddr,
    /// What it hears and answers in turn: 'heard|answer'. Again for the next turn.
    #[arg(long = "turn", value_name = "HEARD|ANSWER", value_parser = parse_turn)]
    turns: Vec<Turn>,
    /// From the end of the caller's turn to the first sound of the answer.
    #[arg(long, value_name = "TIME", value_parser = parse_time, default_value = "300ms")]
    think: Duration,
    /// How many times faster than real time an answer comes.
    #[arg(long, value_name = "FACTOR", default_value_t = 4.0)]
    speed: f64,
    /// From a socket's request to its opening.
    #[arg(long, value_name = "TIME", value_parser = parse_time, default_value = "0")]
    connect: Duration,
    /// From session.update to session.updated.
    #[arg(long, value_name = "TIME", value_parser = parse_time, default_value = "0")]
    update: Duration,
    #[command(flatten)]
    telling: Telling,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let log = arguments.telling.log();
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
    log.note(Party::OpenAi, format!("listens; for the box: OPENAI_BASE_URL={} OPENAI_API_KEY=any", openai.base_url()));
    super::interrupted().await?;
    arguments.telling.finish(&log, &openai.state(), "", None)
}

fn parse_turn(text: &str) -> Result<Turn, String> {
    let (heard, answer) = text.split_once('|').ok_or("what is heard and what is answered, with | between")?;
    Ok(Turn::new(heard.trim(), answer.trim()))
}
