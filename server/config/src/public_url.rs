//! The address that people open.

use crate::{
    kind::{SettingKind, quoted},
    raw_value::RawValue,
};
use std::fmt;

/// Scheme, host and port that people open, written as a browser writes an `Origin`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(String);

impl PublicUrl {
    /// For example `https://gym.example.org`; without a path and without a slash at the end.
    pub fn origin(&self) -> &str {
        &self.0
    }

    /// Whether only this machine can open it.
    pub fn is_loopback(&self) -> bool {
        let host = self.0.split("://").nth(1).unwrap_or_default();
        ["localhost", "127.0.0.1", "[::1]"].iter().any(|name| {
            host.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
        })
    }

    /// Whether its scheme is https.
    pub(crate) fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The error continues a sentence: "is "gym"; it must be …".
impl TryFrom<String> for PublicUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        // A user name or a password in the address is not repeated.
        let shown = if text.contains('@') { "not valid".to_owned() } else { format!("{text:?}") };
        let wrong =
            || format!("is {shown}; it must be an address such as \"https://gym.example.org\"");
        let uri: http::Uri = text.trim().parse().map_err(|_| wrong())?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(wrong());
        };
        let host = authority.host().to_ascii_lowercase();
        let known = matches!(scheme, "http" | "https");
        if !known || authority.as_str().contains('@') || host.is_empty() {
            return Err(wrong());
        }
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err(format!("is {shown}; it must be scheme, host and port without a path"));
        }
        // A browser leaves the usual port out of an Origin.
        let usual = if scheme == "https" { 443 } else { 80 };
        Ok(Self(match authority.port_u16().filter(|port| *port != usual) {
            Some(port) => format!("{scheme}://{host}:{port}"),
            None => format!("{scheme}://{host}"),
        }))
    }
}

impl SettingKind for Option<PublicUrl> {
    const EXAMPLE: &'static str = "\"https://gym.example.org\"";

    fn read(value: &RawValue) -> Result<Self, String> {
        PublicUrl::try_from(value.text()?.to_owned()).map(Some)
    }

    fn to_toml(&self) -> Option<String> {
        self.as_ref().map(|url| quoted(url.origin()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_address_without_a_host_is_a_mistake() {
        for text in ["http://:", "https://:443", "http://:3000/"] {
            assert!(PublicUrl::try_from(text.to_owned()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_password_in_a_public_address_is_not_repeated() {
        for text in ["https://me:hidden@gym.example", "ftp://me:hidden@gym.example/x"] {
            let error = PublicUrl::try_from(text.to_owned()).expect_err("no public address");
            assert!(!error.contains("hidden"), "{error}");
        }
    }
}
