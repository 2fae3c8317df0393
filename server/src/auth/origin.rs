//! Which pages may write, and which address a request comes from.
//!
//! The `Host` header decides nothing: a page of another site that points its own name at this
//! server (DNS rebinding) has the right `Host` and the wrong `Origin`.

use super::Auth;
use cadence_config::Config;
use http::{HeaderMap, header::ORIGIN};
use protocol::{ErrorBody, ErrorCode};
use std::{
    collections::HashSet,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

/// What proxies add.
const FORWARDED: [&str; 3] = ["forwarded", "x-forwarded-for", "x-real-ip"];

/// The pages that may write and open sockets.
#[derive(Debug, Clone)]
pub struct OriginPolicy {
    allowed: Arc<HashSet<String>>,
}

/// Which page sent a request that is not foreign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OriginKind {
    /// None: a program, or a browser's plain navigation.
    Absent,
    /// One of ours.
    Ours(String),
}

impl OriginPolicy {
    /// The public address, loopback on `port`, and the addresses that this server printed at
    /// start (`http://192.168.1.5:3000`).
    pub fn new(config: &Config, port: u16, printed: &[String]) -> Self {
        let loopback = ["localhost", "127.0.0.1", "[::1]"];
        let mut allowed: HashSet<String> = loopback
            .iter()
            .map(|host| normal(&format!("http://{host}:{port}")))
            .chain(printed.iter().map(|url| normal(url)))
            .collect();
        allowed.extend(config.server.public_url.iter().map(|url| normal(url.origin())));
        Self { allowed: Arc::new(allowed) }
    }

    /// Checks a request's `Origin`. Two of them, or one that no page of ours has, are foreign.
    pub fn allowed(&self, headers: &HeaderMap) -> Result<OriginKind, ErrorBody> {
        let mut origins = headers.get_all(ORIGIN).iter();
        match (origins.next(), origins.next()) {
            (None, _) => Ok(OriginKind::Absent),
            (Some(one), None) => match one.to_str() {
                Ok(one) if self.allowed.contains(&normal(one)) => Ok(OriginKind::Ours(normal(one))),
                _ => Err(foreign()),
            },
            (Some(_), Some(_)) => Err(foreign()),
        }
    }
}

/// An origin as browsers write it: small letters, and no port where it is the scheme's own.
fn normal(origin: &str) -> String {
    let origin = origin.trim_end_matches('/').to_ascii_lowercase();
    let default_port = if origin.starts_with("https:") { ":443" } else { ":80" };
    match origin.strip_suffix(default_port) {
        Some(short) => short.to_owned(),
        None => origin,
    }
}

/// The request comes from another site.
pub fn foreign() -> ErrorBody {
    ErrorBody::new(
        ErrorCode::ForeignOrigin,
        "This request comes from another site. Open Cadence under its own address.",
    )
}

/// How a request travelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestWay {
    /// Where it comes from.
    pub peer: IpAddr,
    /// Whether no third party could read along: https up to a trusted proxy, or the machine itself.
    pub private: bool,
    /// Whether it claims to be forwarded, by a machine that is no trusted proxy.
    pub disguised: bool,
}

impl RequestWay {
    /// Whose requests limits count together. A network gives each customer a whole /64 of IPv6
    /// addresses, so these count as one.
    pub fn counted(&self) -> IpAddr {
        match self.peer {
            IpAddr::V4(_) => self.peer,
            IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
        }
    }
}

impl Auth {
    /// Where a request comes from. Forwarded headers count only as far as trusted proxies wrote
    /// them: the last address that is not a trusted proxy's own is the client.
    pub fn way(&self, headers: &HeaderMap, socket: Option<SocketAddr>) -> RequestWay {
        let socket = socket.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |s| s.ip().to_canonical());
        let trusted = |ip: IpAddr| self.inner.proxies.iter().any(|network| network.contains(ip));
        if !trusted(socket) {
            let disguised = FORWARDED.iter().any(|name| headers.contains_key(*name));
            return RequestWay { peer: socket, private: socket.is_loopback(), disguised };
        }
        let forwarded: Vec<&str> = headers
            .get_all("x-forwarded-for")
            .iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(','))
            .collect();
        let mut peer = socket;
        for hop in forwarded.iter().rev() {
            // What cannot be read was not written by our proxy; the last readable hop stays.
            let Ok(ip) = hop.trim().parse::<IpAddr>() else { break };
            peer = ip.to_canonical();
            if !trusted(peer) {
                break;
            }
        }
        let https = headers
            .get("x-forwarded-proto")
            .and_then(|proto| proto.to_str().ok())
            .is_some_and(|proto| proto.rsplit(',').next().is_some_and(|p| p.trim() == "https"));
        RequestWay { peer, private: https || peer.is_loopback(), disguised: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::test_auth;
    use cadence_config::AddressRange;
    use http::HeaderValue;

    fn policy() -> OriginPolicy {
        let mut config = test_auth::config();
        let url = "https://gym.example.org".to_owned();
        config.server.public_url = Some(url.try_into().expect("an address"));
        let printed = ["http://192.168.1.5:3000", "http://192.168.1.7:80"].map(str::to_owned);
        OriginPolicy::new(&config, 3000, &printed)
    }

    #[track_caller]
    fn check(origin: &str, allowed: bool) {
        let mut headers = HeaderMap::new();
        headers.insert(ORIGIN, HeaderValue::try_from(origin).expect("a header"));
        // A rebound name has the right Host and still the wrong Origin.
        headers.insert("host", HeaderValue::from_static("evil.example:3000"));
        assert_eq!(policy().allowed(&headers).is_ok(), allowed, "{origin}");
    }

    #[test]
    fn only_our_own_addresses_may_write() {
        check("https://gym.example.org", true);
        check("http://localhost:3000", true);
        check("http://127.0.0.1:3000", true);
        check("http://[::1]:3000", true);
        check("http://192.168.1.5:3000", true);
        check("http://192.168.1.7", true);
        check("http://192.168.1.7:80", true);
        check("https://gym.example.org:443", true);
        check("http://gym.example.org:443", false);
        check("http://gym.example.org", false);
        check("https://gym.example.org:444", false);
        check("https://gym.example.org.evil.example", false);
        check("http://localhost:3001", false);
        check("http://192.168.1.6:3000", false);
        check("http://evil.example:3000", false);
        check("null", false);
        check("", false);
    }

    #[test]
    fn no_origin_is_absent_and_two_are_foreign() {
        assert_eq!(policy().allowed(&HeaderMap::new()), Ok(OriginKind::Absent));
        let mut headers = HeaderMap::new();
        headers.append(ORIGIN, HeaderValue::from_static("http://localhost:3000"));
        headers.append(ORIGIN, HeaderValue::from_static("http://localhost:3000"));
        assert_eq!(policy().allowed(&headers), Err(foreign()));
    }

    #[test]
    fn a_network_of_ipv6_addresses_counts_as_one() {
        let counted = |peer: &str| {
            let peer = peer.parse().expect("an address");
            RequestWay { peer, private: false, disguised: false }.counted().to_string()
        };
        assert_eq!(counted("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(counted("2001:db8:1:2:ffff::9"), counted("2001:db8:1:2:3:4:5:6"));
        assert_ne!(counted("2001:db8:1:3::1"), counted("2001:db8:1:2::1"));
        assert_eq!(counted("203.0.113.7"), "203.0.113.7");
    }

    #[tokio::test]
    async fn forwarded_addresses_count_only_from_trusted_proxies() {
        let test = test_auth::auth_with(|config| {
            config.server.trusted_proxies =
                vec![AddressRange::parse("10.0.0.0/8").expect("a network")];
        })
        .await;
        let way = |socket: &str, forwarded: &'static str, proto: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", HeaderValue::from_static(forwarded));
            headers.insert("x-forwarded-proto", HeaderValue::from_static(proto));
            let way = test.auth.way(&headers, Some(socket.parse().expect("an address")));
            (way.peer.to_string(), way.private)
        };
        let text = |peer: &str, private| (peer.to_owned(), private);
        assert_eq!(way("203.0.113.7:1", "127.0.0.1", "https"), text("203.0.113.7", false));
        assert_eq!(way("10.0.0.2:1", "203.0.113.7", "https"), text("203.0.113.7", true));
        assert_eq!(way("10.0.0.2:1", "203.0.113.7", "http"), text("203.0.113.7", false));
        // The client wrote the first address itself.
        assert_eq!(way("10.0.0.2:1", "127.0.0.1, 203.0.113.7", ""), text("203.0.113.7", false));
        assert_eq!(way("10.0.0.2:1", "203.0.113.7, 10.0.0.9", ""), text("203.0.113.7", false));
        assert_eq!(way("10.0.0.2:1", "nonsense", ""), text("10.0.0.2", false));
        assert_eq!(way("127.0.0.1:1", "203.0.113.7", "http"), text("127.0.0.1", true));
    }
}
