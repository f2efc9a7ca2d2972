//! `agentlocator demo`: simulates a business day with a new data folder, and checks what the daemon stores and sends.

mod api;
mod checks;
mod daemon;
mod environment;
mod phone;
mod summary;
mod whatsapp;

use super::interruption::interrupted;
use super::output::print;
use crate::app;
use anyhow::Context;
use checks::Checks;
use environment::DemoEnvironment;
use std::pin::pin;

/// Runs a business day on a new data folder.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Exit when all steps have run, and fail if a check failed. Without it, the demo keeps running for inspection
    /// until Ctrl-C.
    #[arg(long)]
    exit: bool,
    /// The port of the daemon; 0 means a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    app::runtime()?.block_on(run_demo(arguments))
}

async fn run_demo(arguments: &Arguments) -> anyhow::Result<()> {
    // Handle signals from here on: on SIGINT or SIGTERM, the demo first stops the daemon and its other child processes.
    let mut interrupted = pin!(interrupted()?);
    heading(
        "Setup: the real daemon and the real WhatsApp bridge on a new folder; WhatsApp, Twilio and the AI are fakes",
    )?;
    let mut env = DemoEnvironment::start(arguments.port).await.context("cannot set up the demo")?;
    let node: Vec<_> = env.node_processes().await.iter().map(u32::to_string).collect();
    print(&format!("  bridge  {} (processes {})\n", env.bridge.lock().await.origin(), node.join(", ")))?;
    print(&format!("  daemon  {} (data in {})\n", env.daemon.url(), env.daemon.folder().display()))?;
    let passed = tokio::select! {
        passed = run_and_report(&env) => passed?,
        () = &mut interrupted => {
            env.stop().await?;
            anyhow::bail!("the demo was interrupted");
        }
    };
    if arguments.exit {
        env.stop().await.context("the demo did not stop cleanly")?;
        return if passed { Ok(()) } else { Err(anyhow::anyhow!("some checks failed")) };
    }
    let (url, login) = (env.daemon.url(), &env.login);
    print(&format!("\nOpen {url}/app/  user {}  password {}\nPress Ctrl-C to stop.\n", login.name, login.password))?;
    tokio::select! {
        () = &mut interrupted => {}
        status = env.daemon.ended() => anyhow::bail!("the daemon exited unexpectedly: {status}"),
    }
    env.stop().await
}

async fn run_and_report(env: &DemoEnvironment) -> anyhow::Result<bool> {
    let mut checks = Checks::default();
    if let Err(error) = Box::pin(run_steps(env, &mut checks)).await {
        checks.fails(&format!("the demo was aborted: {error:#}"));
    }
    heading("Content of the CRM")?;
    match summary::table(&env.api).await {
        Ok(table) => print(&table)?,
        Err(error) => checks.fails(&format!("the CRM cannot be read: {error:#}")),
    }
    checks.no_violations(&env.log);
    checks.no_errors_in(&env.daemon.log_lines());
    let report = checks.report();
    print(&format!("\n{}\n", report.text))?;
    if !report.passed {
        print(&env.daemon.last_lines(30))?;
    }
    Ok(report.passed)
}

async fn run_steps(env: &DemoEnvironment, checks: &mut Checks) -> anyhow::Result<()> {
    heading("Two calls: one caller talks with the AI and interrupts it, the other's media stream never arrives")?;
    let (talk, watchdog) = tokio::join!(phone::talk(env), phone::without_stream(env));
    phone::check_talk(env, &talk, checks).await?;
    phone::check_without_stream(env, &watchdog, checks).await?;
    heading("The owner scans a QR code to link the business's own WhatsApp")?;
    whatsapp::link(env, checks).await?;
    heading("Incoming WhatsApp messages: to the number at Twilio, each delivered twice, and to the business's own")?;
    whatsapp::receive_from_twilio(env, checks).await?;
    whatsapp::receive_messages(env, checks).await?;
    heading("Outgoing messages: by the bridge, by Twilio, and by Twilio while the bridge is down, until it is back")?;
    whatsapp::send_messages(env, checks).await
}

fn heading(text: &str) -> anyhow::Result<()> {
    print(&format!("\n{text}\n"))
}
