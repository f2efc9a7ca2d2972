//! `agentlocator demo`: a shop's day on a fresh data folder, played from outside over real sockets.

mod api;
mod checks;
mod daemon;
mod folder;
mod phone;
mod stage;
mod tally;
mod twilio;
mod whatsapp;

use super::print;
use crate::app;
use anyhow::Context;
use checks::Checks;
use stage::Stage;
use std::pin::pin;
use tokio::signal::unix::{SignalKind, signal};

/// Plays a shop's day.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// End when everything has been played, and fail if anything was not as it must be. Otherwise it keeps running, to be
    /// looked at, until Ctrl-C.
    #[arg(long)]
    exit: bool,
    /// The port of the daemon; by default a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    app::runtime()?.block_on(play(arguments))
}

async fn play(arguments: &Arguments) -> anyhow::Result<()> {
    // From here on nobody ends us but by this: the daemon must not be left behind.
    let mut called_off = pin!(called_off()?);
    heading(
        "The stage: the daemon and the WhatsApp bridge on a fresh folder; WhatsApp itself, Twilio and the AI are played",
    )?;
    let mut stage = Stage::set(arguments.port).await.context("the stage cannot be set")?;
    let node: Vec<_> = stage.node_processes().await.iter().map(u32::to_string).collect();
    print(&format!("  bridge  {} (processes {})\n", stage.bridge.lock().await.origin(), node.join(", ")))?;
    print(&format!("  daemon  {} (data in {})\n", stage.daemon.url(), stage.daemon.folder().display()))?;
    let good = tokio::select! {
        good = play_and_judge(&stage) => good?,
        () = &mut called_off => {
            stage.strike().await?;
            anyhow::bail!("it was broken off");
        }
    };
    if arguments.exit {
        stage.strike().await.context("the daemon does not stop as it must")?;
        return if good { Ok(()) } else { Err(anyhow::anyhow!("not everything was as it must be")) };
    }
    let (url, login) = (stage.daemon.url(), &stage.login);
    print(&format!("\nLook around: {url}/app/  user {}  password {}\nCtrl-C ends it.\n", login.name, login.password))?;
    tokio::select! {
        () = &mut called_off => {}
        status = stage.daemon.ended() => anyhow::bail!("the daemon ended by itself: {status}"),
    }
    stage.strike().await
}

/// Plays all, shows what came of it, and says whether everything was as it must be.
async fn play_and_judge(stage: &Stage) -> anyhow::Result<bool> {
    let mut checks = Checks::default();
    if let Err(error) = Box::pin(play_all(stage, &mut checks)).await {
        checks.fails(&format!("the play broke off: {error:#}"));
    }
    heading("What is in the CRM now")?;
    match tally::table(&stage.api).await {
        Ok(table) => print(&table)?,
        Err(error) => checks.fails(&format!("the CRM cannot be read: {error:#}")),
    }
    checks.no_violations(&stage.log);
    checks.no_errors_in(&stage.daemon.log_lines());
    let verdict = checks.verdict();
    print(&format!("\n{}\n", verdict.text))?;
    if !verdict.good {
        print(&stage.daemon.last_lines(30))?;
    }
    Ok(verdict.good)
}

/// Resolves when somebody wants it to end: by Ctrl-C, by SIGTERM, or by closing the terminal.
fn called_off() -> anyhow::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot wait for SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot wait for SIGTERM")?;
    let mut hang_up = signal(SignalKind::hangup()).context("cannot wait for SIGHUP")?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
        }
    })
}

async fn play_all(stage: &Stage, checks: &mut Checks) -> anyhow::Result<()> {
    heading("Two people phone: one talks with the AI and interrupts it, the other's media stream never comes")?;
    let (talk, watchdog) = tokio::join!(phone::talk(stage), phone::without_stream(stage));
    phone::check_talk(stage, &talk, checks).await?;
    phone::check_without_stream(stage, &watchdog, checks).await?;
    heading("The owner scans a code, and the business's own WhatsApp is linked")?;
    whatsapp::link(stage, checks).await?;
    heading("People write on WhatsApp: to the number at Twilio, each message twice, and to the business's own")?;
    twilio::people_write(stage, checks).await?;
    whatsapp::people_write(stage, checks).await?;
    heading("The shop answers: by the bridge, by Twilio, and by Twilio because the bridge is down, until it is back")?;
    whatsapp::shop_answers(stage, checks).await
}

fn heading(text: &str) -> anyhow::Result<()> {
    print(&format!("\n{text}\n"))
}
