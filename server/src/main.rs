//! The server's command line: `serve` (the default), `create-admin`.

use anyhow::{Context, bail};
use cadence_config::Config;
use cadence_server::{accounts::create_admin, serve, telemetry, welcome};
use std::{path::PathBuf, process::ExitCode};
use tokio_util::sync::CancellationToken;

const USAGE: &str = "\
Usage: cadence-server [serve] [--demo] [--config FILE]
       cadence-server create-admin --email ADDRESS --name NAME [--generate] [--config FILE]

serve          runs the server (the default); --demo fills an empty database with an
               invented gym and prints its accounts
create-admin   makes the first account of a real installation; the password is one line of
               standard input, or generated and shown once

Settings are explained in Leptos.toml and can be overridden by environment variables,
for example CADENCE_DATABASE__PATH.";

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> anyhow::Result<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|a| a == "--help" || a == "-h") {
        println!("{USAGE}");
        return Ok(());
    }
    let command = match arguments.first() {
        Some(first) if !first.starts_with('-') => arguments.remove(0),
        _ => "serve".to_owned(),
    };
    let file = take_value(&mut arguments, "--config")?.map(PathBuf::from);
    match command.as_str() {
        "serve" => {
            let demo = take_flag(&mut arguments, "--demo");
            if let Some(unknown) = arguments.first() {
                bail!("unknown option {unknown}\n\n{USAGE}");
            }
            run_server(file, demo).await
        }
        "create-admin" => {
            let config = Config::load(file.as_deref())?;
            create_admin::run(&config, &arguments).await
        }
        unknown => bail!("unknown command {unknown}\n\n{USAGE}"),
    }
}

async fn run_server(file: Option<PathBuf>, demo: bool) -> anyhow::Result<()> {
    let config = Config::load(file.as_deref())?;
    telemetry::init(&config.log)?;
    let address = config.leptos.site_addr;
    let listener = tokio::net::TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}; is another server running?"))?;
    let server = serve::Server::build(config, listener).await?;
    welcome::greet(&server, demo).await?;
    let stop = CancellationToken::new();
    tokio::spawn(stop_on_signal(stop.clone()));
    server.run(stop).await
}

/// Ctrl-C, and SIGTERM from a deployment.
async fn stop_on_signal(stop: CancellationToken) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return stop.cancel();
        }
    }
    if tokio::signal::ctrl_c().await.is_ok() {
        stop.cancel();
    }
}

fn take_flag(arguments: &mut Vec<String>, name: &str) -> bool {
    let before = arguments.len();
    arguments.retain(|argument| argument != name);
    arguments.len() < before
}

fn take_value(arguments: &mut Vec<String>, name: &str) -> anyhow::Result<Option<String>> {
    let Some(at) = arguments.iter().position(|argument| argument == name) else { return Ok(None) };
    arguments.remove(at);
    if at == arguments.len() {
        bail!("{name} needs a value\n\n{USAGE}");
    }
    Ok(Some(arguments.remove(at)))
}
