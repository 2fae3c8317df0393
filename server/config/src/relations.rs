//! What settings require of each other. What one setting requires by itself stands at its
//! declaration.

use crate::{config::Config, reading::SettingsReader};

/// Notes each relation that does not hold.
pub(crate) fn check(config: &Config, reading: &mut SettingsReader) {
    if config.is_production() {
        check_production(config, reading);
    }
    let (url, redis) = (("database", "url"), ("redis", "url"));
    if !config.redis.url.addresses().is_empty() && config.database.url.options().is_none() {
        reading.refuse(
            &[redis, url],
            "[redis] url is for servers that share a PostgreSQL database; set [database] url, too.",
        );
    }
    let limits = &config.limits;
    if limits.burst < limits.messages_per_second {
        reading.refuse(
            &[("limits", "burst"), ("limits", "messages_per_second")],
            &format!(
                "[limits] burst is {}; it must be at least messages_per_second, which is {}.",
                limits.burst, limits.messages_per_second
            ),
        );
    }
    // The id of an older command may be deleted already, so that it could run twice.
    let (age, kept) = (config.desk.command_max_age_hours, config.retention.commands_days * 24);
    if age > kept {
        reading.refuse(
            &[("desk", "command_max_age_hours"), ("retention", "commands_days")],
            &format!(
                "[desk] command_max_age_hours is {age}; it must be at most {kept}, the hours of \
                 [retention] commands_days."
            ),
        );
    }
}

fn check_production(config: &Config, reading: &mut SettingsReader) {
    let (mode, url) = (("server", "environment"), ("server", "public_url"));
    if config.server.public_url.is_none() {
        reading.refuse(
            &[mode, url],
            "[server] public_url is required in production, for example \
             \"https://gym.example.org\" (in the environment: CADENCE_SERVER__PUBLIC_URL).",
        );
    }
    if config.auth.secret.is_empty() {
        reading.refuse(
            &[mode, ("auth", "secret")],
            "[auth] secret is required in production: at least 32 bytes, for example from \
             `openssl rand -hex 32` (in the environment: CADENCE_AUTH__SECRET).",
        );
    }
}
