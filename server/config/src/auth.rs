//! `[auth]`

use crate::{
    kind::{SettingKind, quoted},
    raw_value::RawValue,
    table::settings,
};
use std::fmt;

settings! {
    /// Signing in, and how long what was issued is valid.
    [auth] AuthSettings {
        /// Signs access tokens and derives the guitar secrets: at least 32 bytes, the same on every
        /// server. Required in production. In development the server makes one beside the database
        /// and keeps it. Another one signs all users out and breaks every pairing link.
        secret: SigningSecret = SigningSecret::default();
        /// Minutes for which an access token is valid before it has to be refreshed. With fewer,
        /// browsers and programs refresh more often.
        access_minutes: u32 = 15, 1..=15;
        /// Days that a sign-in lasts without a visit.
        refresh_days: u32 = 30, 1..=365;
        /// Seconds for which a refresh token is still valid after it was rotated, so that two tabs
        /// may refresh at once. With 0 the slower tab signs the browser out.
        refresh_grace_seconds: u32 = 30, 0..=300;
        /// Seconds for which a ticket for a socket is valid.
        ticket_seconds: u32 = 30, 5..=300;
        /// Allows signing in over plain http from other machines. Passwords then cross the network
        /// readably.
        allow_plain_http_sign_in: bool = false;
    }
}

/// A key that signs and derives. Its `Debug` hides it, so that no log can hold it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SigningSecret(String);

impl SigningSecret {
    /// The least bytes: HS256 and the derived secrets of 128 bits are not worth more than this.
    pub const SHORTEST: usize = 32;

    /// A key from its text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The key itself.
    pub fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Whether none is set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() { "Secret(none)" } else { "Secret(…)" })
    }
}

/// The error counts the bytes and does not repeat them.
impl SettingKind for SigningSecret {
    const EXAMPLE: &'static str = "\"…\"";

    fn read(value: &RawValue) -> Result<Self, String> {
        let text = value.text()?;
        match text.len() {
            0 => Err(format!(
                "is empty; it needs at least {} bytes, for example from `openssl rand -hex 32`",
                Self::SHORTEST
            )),
            bytes if bytes < Self::SHORTEST => {
                Err(format!("has {bytes} bytes; it needs at least {}", Self::SHORTEST))
            }
            _ => Ok(Self::new(text)),
        }
    }

    fn to_toml(&self) -> Option<String> {
        (!self.is_empty()).then(|| quoted(&self.0))
    }
}
