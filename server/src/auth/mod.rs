//! Who is who: what a request or a socket may act as.
//!
//! - [`identity`]: from headers and credentials to an account, a stage or a phone
//! - [`access`]: the signed access token
//! - [`refresh`]: rotation and its rules
//! - [`cookies`]: the five cookies and how they are written
//! - [`tickets`]: single-use proofs for sockets
//! - [`origin`]: which pages may write, and which address a request comes from
//! - [`throttle`]: how many attempts are allowed
//! - [`password`]: passwords and argon2id
//!
//! This module answers questions and keeps no connections: who revokes a sign-in or removes a
//! phone gets the ids of what ended, and closes the sockets through the hub.

pub mod access;
pub mod cookies;
mod failure;
pub mod identity;
pub mod origin;
pub mod password;
pub mod refresh;
pub mod throttle;
pub mod tickets;

pub use identity::{Caller, RequestIdentity};
pub use origin::{OriginKind, OriginPolicy};

use cadence_config::{Config, days};
use cadence_store::{Store, auth_sessions, guitar};
use failure::internal;
use jsonwebtoken::{Algorithm, EncodingKey};
use protocol::{ErrorBody, Millis, UserId};
use std::sync::Arc;
use throttle::Throttle;

/// Keys, limits and the way to the rows behind every proof. Clones share them.
#[derive(Clone)]
pub struct Auth {
    inner: Arc<AuthParts>,
}

struct AuthParts {
    store: Store,
    settings: cadence_config::AuthSettings,
    guitar: cadence_config::GuitarSettings,
    proxies: Vec<cadence_config::AddressRange>,
    secure_cookies: bool,
    access: access::AccessKeys,
    guitar_key: EncodingKey,
    passwords: password::Passwords,
    throttles: Throttles,
}

/// Every limit on how often something may be tried.
pub(crate) struct Throttles {
    pub(crate) logins_of_address: Throttle<std::net::IpAddr>,
    pub(crate) logins_of_account: Throttle<String>,
    pub(crate) wrong_codes_of_address: Throttle<std::net::IpAddr>,
    pub(crate) wrong_codes_in_all: Throttle<()>,
    pub(crate) sessions_of_address: Throttle<std::net::IpAddr>,
    pub(crate) calls_of_address: Throttle<std::net::IpAddr>,
    pub(crate) calls_of_user: Throttle<UserId>,
}

impl Auth {
    /// Derives the keys from the configured secret and starts with full allowances.
    pub fn new(config: &Config, store: Store) -> anyhow::Result<Self> {
        let limits = &config.limits;
        let secret = EncodingKey::from_secret(config.auth.secret.bytes());
        // One key per purpose: a token of one kind can never be taken for another.
        let access = derive(&secret, "cadence access token")?;
        let guitar = derive(&secret, "cadence guitar secret")?;
        Ok(Self {
            inner: Arc::new(AuthParts {
                store,
                settings: config.auth.clone(),
                guitar: config.guitar.clone(),
                proxies: config.server.trusted_proxies.clone(),
                secure_cookies: config.secure_cookies(),
                access: access::AccessKeys::new(access.as_bytes()),
                guitar_key: EncodingKey::from_secret(guitar.as_bytes()),
                passwords: password::Passwords::new(),
                throttles: Throttles {
                    logins_of_address: Throttle::per_minute(limits.logins_per_minute),
                    logins_of_account: Throttle::per_minute(limits.logins_per_minute),
                    wrong_codes_of_address: Throttle::per_minute(limits.joins_per_minute),
                    wrong_codes_in_all: Throttle::per_minute(limits.joins_per_minute_in_all),
                    sessions_of_address: Throttle::per_minute(limits.anonymous_per_minute),
                    calls_of_address: Throttle::per_minute(limits.anonymous_per_minute),
                    calls_of_user: Throttle::per_second(limits.user_per_second),
                },
            }),
        })
    }

    /// The server's clock.
    pub fn now(&self) -> Millis {
        self.inner.store.clock().now()
    }

    /// Deletes what is not needed any more: used-up tickets, ended sign-ins, abandoned guitar
    /// sessions. A job calls it now and then.
    pub async fn purge(
        &self,
        retention: &cadence_config::RetentionSettings,
    ) -> Result<(), ErrorBody> {
        let now = self.now();
        let sign_ins = now - days(retention.sign_ins_days);
        let sessions = now - days(retention.guitar_sessions_days);
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    auth_sessions::purge(tx, sign_ins).await?;
                    guitar::purge(tx, sessions).await?;
                    Ok(())
                })
            })
            .await
            .map_err(ErrorBody::from)
    }

    pub(crate) fn store(&self) -> &Store {
        &self.inner.store
    }

    pub(crate) fn settings(&self) -> &cadence_config::AuthSettings {
        &self.inner.settings
    }

    pub(crate) fn guitar(&self) -> &cadence_config::GuitarSettings {
        &self.inner.guitar
    }

    pub(crate) fn access(&self) -> &access::AccessKeys {
        &self.inner.access
    }

    pub(crate) fn passwords(&self) -> &password::Passwords {
        &self.inner.passwords
    }

    pub(crate) fn throttles(&self) -> &Throttles {
        &self.inner.throttles
    }

    /// The secret in a session's QR code. It is derived and not stored, so that the stage can
    /// show it again; `rotation` grows when a phone is removed.
    pub(crate) fn guitar_secret(
        &self,
        session: protocol::SessionId,
        rotation: i64,
    ) -> Result<String, ErrorBody> {
        let whole = derive(&self.inner.guitar_key, &format!("{session}/{rotation}"))
            .map_err(|cause| internal(&cause))?;
        // 22 characters of base64 hold 132 bits; a longer link makes a denser QR code.
        Ok(whole.chars().take(22).collect())
    }
}

/// HMAC-SHA256 in URL-safe base64.
fn derive(key: &EncodingKey, label: &str) -> anyhow::Result<String> {
    Ok(jsonwebtoken::crypto::sign(label.as_bytes(), key, Algorithm::HS256)?)
}

#[cfg(test)]
pub(crate) mod test_auth;
