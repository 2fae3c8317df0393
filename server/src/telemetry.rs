//! Log lines, for people or for programs.

use anyhow::Context;
use cadence_config::{Log, LogFormat};
use tracing_subscriber::EnvFilter;

/// Starts logging to standard error.
pub fn init(log: &Log) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&log.level)
        .with_context(|| format!("[log] level is no filter: {}", log.level))?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match log.format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
    started.map_err(|cause| anyhow::anyhow!("cannot start logging: {cause}"))
}
