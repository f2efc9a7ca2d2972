//! `agentlocator demo`: runs a business day on a new data folder, from outside, over real sockets.

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

/// Runs a business day on a new data folder.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Exit when all steps have run, and fail if a check failed. Without it, the demo keeps running for inspection until Ctrl-C.
    #[arg(long)]
    exit: bool,
    /// The port of the daemon; 0 means a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    app::runtime()?.block_on(play(arguments))
}

async fn play(arguments: &Arguments) -> anyhow::Result<()> {
    // From here on, signals only end the demo in order, so that the daemon is stopped too.
    let mut called_off = pin!(called_off()?);
    heading(
        "Setup: the real daemon and the real WhatsApp bridge on a new folder; WhatsApp, Twilio and the AI are fakes",
    )?;
    let mut stage = Stage::set(arguments.port).await.context("cannot set up the demo")?;
    let node: Vec<_> = stage.node_processes().await.iter().map(u32::to_string).collect();
    print(&format!("  bridge  {} (processes {})\n", stage.bridge.lock().await.origin(), node.join(", ")))?;
    print(&format!("  daemon  {} (data in {})\n", stage.daemon.url(), stage.daemon.folder().display()))?;
    let good = tokio::select! {
        good = play_and_judge(&stage) => good?,
        () = &mut called_off => {
            stage.strike().await?;
            anyhow::bail!("the demo was interrupted");
        }
    };
    if arguments.exit {
        stage.strike().await.context("the demo did not stop cleanly")?;
        return if good { Ok(()) } else { Err(anyhow::anyhow!("some checks failed")) };
    }
    let (url, login) = (stage.daemon.url(), &stage.login);
    print(&format!("\nOpen {url}/app/  user {}  password {}\nPress Ctrl-C to stop.\n", login.name, login.password))?;
    tokio::select! {
        () = &mut called_off => {}
        status = stage.daemon.ended() => anyhow::bail!("the daemon exited unexpectedly: {status}"),
    }
    stage.strike().await
}

/// Runs all steps, prints the content of the CRM, and returns whether all checks passed.
async fn play_and_judge(stage: &Stage) -> anyhow::Result<bool> {
    let mut checks = Checks::default();
    if let Err(error) = Box::pin(play_all(stage, &mut checks)).await {
        checks.fails(&format!("the demo was aborted: {error:#}"));
    }
    heading("Content of the CRM")?;
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

/// Resolves on Ctrl-C, on SIGTERM, or when the terminal is closed.
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
    heading("Two calls: one caller talks with the AI and interrupts it, the other's media stream never arrives")?;
    let (talk, watchdog) = tokio::join!(phone::talk(stage), phone::without_stream(stage));
    phone::check_talk(stage, &talk, checks).await?;
    phone::check_without_stream(stage, &watchdog, checks).await?;
    heading("The owner scans a QR code to link the business's own WhatsApp")?;
    whatsapp::link(stage, checks).await?;
    heading("Incoming WhatsApp messages: to the number at Twilio, each delivered twice, and to the business's own")?;
    twilio::people_write(stage, checks).await?;
    whatsapp::people_write(stage, checks).await?;
    heading("Outgoing messages: by the bridge, by Twilio, and by Twilio while the bridge is down, until it is back")?;
    whatsapp::shop_answers(stage, checks).await
}

fn heading(text: &str) -> anyhow::Result<()> {
    print(&format!("\n{text}\n"))
}
