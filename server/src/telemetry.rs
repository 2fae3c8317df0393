//! Log lines, for people or for programs.

use anyhow::Context;
use cadence_config::{LogFormat, LogSettings};
use tracing_subscriber::EnvFilter;

/// Starts logging to standard error.
pub fn init(log: &LogSettings) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(log.level.directives())
        .with_context(|| format!("[log] level is not a filter: {}", log.level.directives()))?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match log.format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
    started.map_err(|cause| anyhow::anyhow!("cannot start logging: {cause}"))
}
