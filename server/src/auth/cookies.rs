//! The five cookies of Cadence: read in one place, written in one place.

use super::Auth;
use cadence_config::{days, minutes};
use http::{HeaderMap, HeaderValue, header::COOKIE};
use protocol::{GuestId, Millis, SessionId};
use std::fmt;

/// The access token of an account.
pub const ACCESS: &str = "cadence_access";
/// Its refresh token. Its path is `/`, so that opening a page can refresh.
pub const REFRESH: &str = "cadence_refresh";
/// The guest that a browser is: `<guest>.<token>`.
pub const DEVICE: &str = "cadence_device";
/// The stage that a browser is: `<session>.<host secret>`.
pub const HOST: &str = "cadence_host";
/// The phone that a browser is: `<session>.<token>`.
pub const PARTICIPANT: &str = "cadence_participant";

/// The values of our cookies in a request. Its `Debug` names them only.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Cookies {
    /// [`ACCESS`]
    pub access: Option<String>,
    /// [`REFRESH`]
    pub refresh: Option<String>,
    /// [`DEVICE`]
    pub device: Option<String>,
    /// [`HOST`]
    pub host: Option<String>,
    /// [`PARTICIPANT`]
    pub participant: Option<String>,
}

impl Cookies {
    /// Reads all `Cookie` headers; of two cookies with one name the first counts, as browsers
    /// send the more specific one first.
    pub fn read(headers: &HeaderMap) -> Self {
        let mut found = Self::default();
        let pairs = headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='));
        for (name, value) in pairs {
            let place = match name {
                ACCESS => &mut found.access,
                REFRESH => &mut found.refresh,
                DEVICE => &mut found.device,
                HOST => &mut found.host,
                PARTICIPANT => &mut found.participant,
                _ => continue,
            };
            if !value.is_empty() {
                place.get_or_insert_with(|| value.to_owned());
            }
        }
        found
    }

    /// Whether the request carries any proof of ours.
    pub fn any(&self) -> bool {
        *self != Self::default()
    }
}

impl fmt::Debug for Cookies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = [
            (ACCESS, self.access.is_some()),
            (REFRESH, self.refresh.is_some()),
            (DEVICE, self.device.is_some()),
            (HOST, self.host.is_some()),
            (PARTICIPANT, self.participant.is_some()),
        ];
        f.debug_set().entries(named.iter().filter(|n| n.1).map(|n| n.0)).finish()
    }
}

/// A `Set-Cookie` header, ready to append.
pub type SetCookie = HeaderValue;

impl Auth {
    /// The two cookies of a sign-in.
    pub fn sign_in_cookies(&self, access: &str, refresh: &str) -> [SetCookie; 2] {
        let settings = self.settings();
        [
            self.set(ACCESS, access, minutes(settings.access_minutes)),
            self.set(REFRESH, refresh, days(settings.refresh_days)),
        ]
    }

    /// Takes them away.
    pub fn sign_out_cookies(&self) -> [SetCookie; 2] {
        [self.set(ACCESS, "", 0), self.set(REFRESH, "", 0)]
    }

    /// Makes the browser a guest. It lasts as long as browsers allow.
    pub fn device_cookie(&self, guest: GuestId, token: &str) -> SetCookie {
        self.set(DEVICE, &join_cookie(&guest, token), days(400))
    }

    /// Makes the browser the stage of a session.
    pub fn host_cookie(&self, session: SessionId, secret: &str) -> SetCookie {
        self.set(HOST, &join_cookie(&session, secret), days(400))
    }

    /// Makes the browser a phone of a session.
    pub fn participant_cookie(&self, session: SessionId, token: &str) -> SetCookie {
        self.set(PARTICIPANT, &join_cookie(&session, token), days(400))
    }

    /// Takes the phone's cookie away.
    pub fn leave_cookie(&self) -> SetCookie {
        self.set(PARTICIPANT, "", 0)
    }

    fn set(&self, name: &str, value: &str, life: Millis) -> SetCookie {
        let secure = if self.inner.secure_cookies { "; Secure" } else { "" };
        let text = format!(
            "{name}={value}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax{secure}",
            life / 1_000
        );
        // Names and values are ASCII by construction: tokens, ids and dots.
        let mut header =
            HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""));
        header.set_sensitive(true);
        header
    }
}

/// The value of our cookies that name a row: its id, a dot, and the proof.
pub(crate) fn join_cookie(id: &dyn std::fmt::Display, proof: &str) -> String {
    format!("{id}.{proof}")
}

/// The id and the proof of such a value.
pub(super) fn split_cookie<I: std::str::FromStr>(value: &str) -> Option<(I, &str)> {
    let (id, proof) = value.split_once('.')?;
    Some((id.parse().ok()?, proof))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn cookies_are_read_by_name_and_never_shown() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("theme=dark; cadence_access=aaa.bbb"));
        headers.append(COOKIE, HeaderValue::from_static("cadence_host=; cadence_access=second"));
        let cookies = Cookies::read(&headers);
        assert_eq!(cookies.access.as_deref(), Some("aaa.bbb"));
        assert_eq!(cookies.host, None);
        assert!(cookies.any());
        assert_eq!(format!("{cookies:?}"), r#"{"cadence_access"}"#);
        assert!(!Cookies::read(&HeaderMap::new()).any());
    }

    #[tokio::test]
    async fn cookies_are_secure_exactly_behind_https() {
        let plain = super::super::test_auth::auth().await;
        let text = plain.auth.host_cookie(SessionId(Uuid::nil()), "x");
        assert_eq!(
            text.to_str().expect("ASCII"),
            "cadence_host=00000000-0000-0000-0000-000000000000.x; Path=/; Max-Age=34560000; \
             HttpOnly; SameSite=Lax"
        );
        let secure = super::super::test_auth::auth_with(|config| {
            let url = "https://gym.example.org".to_owned();
            config.server.public_url = Some(url.try_into().expect("an address"));
        })
        .await;
        let text = secure.auth.leave_cookie();
        assert_eq!(
            text.to_str().expect("ASCII"),
            "cadence_participant=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure"
        );
    }
}
