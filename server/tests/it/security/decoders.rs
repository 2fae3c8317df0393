//! Whatever stands in a cookie, a setting, a ticket or a body: it is read or refused, and the
//! server goes on.

use crate::support::world::{World, shipped_settings};
use cadence_config::{AddressRange, Config, PublicUrl, TimeOfDay};
use cadence_server::auth::{access::AccessKeys, cookies::Cookies};
use http::{HeaderMap, HeaderValue, header::COOKIE};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config as Cases, TestRunner},
};
use serde_json::Value;
use std::{collections::HashMap, net::IpAddr};

const COOKIES: [&str; 5] =
    ["cadence_access", "cadence_refresh", "cadence_device", "cadence_host", "cadence_participant"];

proptest! {
    #[test]
    fn a_cookie_is_found_among_others(
        before in "[ -:<-~]{0,40}",
        value in "[A-Za-z0-9._-]{1,60}",
        after in "[ -~]{0,40}",
    ) {
        prop_assume!(!before.contains("cadence_host"));
        let line = format!("{before}; cadence_host={value}; {after}");
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_str(&line).unwrap());
        prop_assert_eq!(Cookies::read(&headers).host, Some(value));
    }

    #[test]
    fn no_cookie_header_breaks_its_reader(lines in prop::collection::vec(any::<Vec<u8>>(), 0..4)) {
        let mut headers = HeaderMap::new();
        for line in &lines {
            if let Ok(value) = HeaderValue::from_bytes(line) {
                headers.append(COOKIE, value);
            }
        }
        let _ = Cookies::read(&headers).any();
    }

    #[test]
    fn no_text_is_an_access_token(token in prop_oneof![
        ".{0,100}",
        "[A-Za-z0-9_-]{0,60}\\.[A-Za-z0-9_-]{0,80}\\.[A-Za-z0-9_-]{0,60}",
    ]) {
        let keys = AccessKeys::new(b"a secret of the tests, long enough");
        prop_assert!(keys.read(&token, 0).is_err());
    }

    #[test]
    fn a_network_contains_its_own_address(bytes in any::<[u8; 4]>(), bits in 0u8..=32) {
        let address = IpAddr::from(bytes);
        let network = AddressRange::parse(&format!("{address}/{bits}")).unwrap();
        prop_assert!(network.contains(address));
    }

    #[test]
    fn no_setting_breaks_its_reader(text in prop_oneof![
        ".{0,60}", "[0-9]{0,3}:[0-9]{0,3}", "https?://.{0,40}", "[0-9./:a-f]{0,40}",
    ]) {
        let _ = AddressRange::parse(&text);
        let _ = TimeOfDay::try_from(text.clone());
        if let Ok(url) = PublicUrl::try_from(text) {
            let again = PublicUrl::try_from(url.origin().to_owned()).unwrap();
            prop_assert_eq!(again.origin(), url.origin());
        }
    }
}

proptest! {
    #![proptest_config(Cases::with_cases(64))]
    #[test]
    fn a_setting_of_the_environment_is_taken_or_named_as_a_mistake(
        key in prop_oneof![
            Just("CADENCE_SERVER__PUBLIC_URL"), Just("CADENCE_SERVER__TRUSTED_PROXIES"),
            Just("CADENCE_GYM__TIME_ZONE"), Just("CADENCE_GYM__DAY_STARTS"),
            Just("CADENCE_LIMITS__BURST"), Just("CADENCE_LIMITS__FRAME_BYTES"),
            Just("CADENCE_DESK__UNDO_SECONDS"), Just("CADENCE_AUTH__SECRET"),
            Just("CADENCE_LOG__FORMAT"), Just("CADENCE_LOG__LEVEL"), Just("CADENCE_NO__SUCH"),
        ],
        value in prop_oneof![".{0,40}", any::<i64>().prop_map(|n| n.to_string()), Just(String::new())],
    ) {
        let variables = HashMap::from([(key.to_owned(), value)]);
        if let Err(mistakes) = Config::parse(shipped_settings(), variables) {
            prop_assert!(!mistakes.0.is_empty());
            prop_assert!(mistakes.0.iter().all(|sentence| !sentence.is_empty()));
        }
    }
}

/// So many samples of a strategy, the same ones every time.
fn samples<S: Strategy>(strategy: S, many: usize) -> Vec<S::Value> {
    let mut runner = TestRunner::deterministic();
    (0..many).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

#[tokio::test]
async fn every_body_is_answered_by_a_typed_refusal_and_never_by_a_failure() {
    let world = World::with(&[
        ("CADENCE_LIMITS__ANONYMOUS_PER_MINUTE", "100000"),
        ("CADENCE_LIMITS__USER_PER_SECOND", "100000"),
        ("CADENCE_LIMITS__LOGINS_PER_MINUTE", "10000"),
        ("CADENCE_LIMITS__JOINS_PER_MINUTE", "10000"),
        ("CADENCE_LIMITS__JOINS_PER_MINUTE_IN_ALL", "10000"),
    ])
    .await;
    let token = world.sign_in("manager").await;
    let field = prop_oneof![
        Just("id"),
        Just("member"),
        Just("visit"),
        Just("at"),
        Just("code"),
        Just("secret"),
        Just("session_id"),
        Just("email"),
        Just("password"),
        Just("full_name"),
        Just("plan"),
        Just("refresh_token"),
        Just("device"),
    ];
    let value = prop_oneof![
        ".{0,30}".prop_map(|text| format!("{text:?}")),
        any::<i64>().prop_map(|n| n.to_string()),
        Just("\"01920000-0000-7000-8000-000000000000\"".to_owned()),
        Just("null".to_owned()),
        Just("[[]]".to_owned()),
    ];
    let object = prop::collection::vec((field, value), 0..6).prop_map(|fields| {
        let fields: Vec<String> =
            fields.into_iter().map(|(key, value)| format!("{key:?}:{value}")).collect();
        format!("{{{}}}", fields.join(",")).into_bytes()
    });
    let bodies = prop_oneof![3 => object, 1 => any::<Vec<u8>>()];
    let paths = [
        "/api/auth/login",
        "/api/auth/refresh",
        "/api/guitar/join",
        "/api/members",
        "/api/members/01920000-0000-7000-8000-000000000000/renew",
        "/api/members/x/renew",
        "/api/check-ins",
        "/api/check-ins/undo",
        "/api/check-outs",
    ];
    for body in samples(bodies, 40) {
        for path in paths {
            let request = world.http.post(world.url(path)).bearer_auth(&token);
            let request = request.header("content-type", "application/json").body(body.clone());
            let response = request.send().await.unwrap();
            let status = response.status().as_u16();
            let text = response.text().await.unwrap();
            let what = format!("{path} {}: {status} {text}", String::from_utf8_lossy(&body));
            assert!(status < 500, "{what}");
            let answer: Value = serde_json::from_str(&text).expect(&what);
            assert!(status < 300 || answer["code"].is_string(), "{what}");
        }
    }
}

#[tokio::test]
async fn no_cookie_and_no_ticket_of_chance_is_anybody() {
    let world = World::with(&[("CADENCE_LIMITS__ANONYMOUS_PER_MINUTE", "100000")]).await;
    let proof = prop_oneof![
        "[!-:<-~]{0,60}",
        Just("01920000-0000-7000-8000-000000000000.".to_owned()),
        "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}\\.[A-Za-z0-9_-]{22}",
        "[A-Za-z0-9_-]{43}",
    ];
    for value in samples(proof, 40) {
        let cookies = COOKIES.map(|name| format!("{name}={value}")).join("; ");
        let request = world.http.get(world.url("/api/auth/me")).header("cookie", &cookies);
        let response = request.header("origin", world.origin()).send().await.unwrap();
        assert_eq!(response.status().as_u16(), 401, "{value}");
        let headers = [("origin", world.origin()), ("cookie", cookies)];
        let mut socket = world.dial_ours(&headers).await;
        let hello = serde_json::json!({"auth": {"ticket": value}, "client": {"device": "x"}});
        socket.say(serde_json::json!({"type": "hello", "data": hello})).await;
        assert_eq!(socket.hear("error").await["data"]["code"], "sign_in_refused", "{value}");
        assert_eq!(socket.end().await, Some(4012));
    }
}
