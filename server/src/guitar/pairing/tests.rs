use super::*;
use crate::auth::{
    OriginKind, RequestIdentity,
    cookies::Cookies,
    test_auth::{self, TestAuth},
};
use uuid::Uuid;

const MINUTE: Millis = 60_000;
const PHONE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 168, 1, 7));

/// A browser with the cookies that it was given so far.
fn browser() -> Caller {
    Caller {
        peer: PHONE,
        may_sign_in: false,
        origin: OriginKind::Ours("http://localhost:3000".to_owned()),
        who: RequestIdentity::default(),
        cookies: Cookies::default(),
    }
}

async fn stage() -> (TestAuth, Caller, HostedSession) {
    let test = test_auth::auth().await;
    let mut pc = browser();
    let hosting = open(&test.auth, &pc).await.expect("opened");
    let secret = hosting.host_secret.as_deref().expect("new");
    pc.cookies.host = Some(crate::auth::cookies::join_cookie(&hosting.session, secret));
    pc.who.device = hosting.guest.as_ref().map(|(guest, _)| *guest);
    (test, pc, hosting)
}

fn by_code(code: &str) -> JoinRequest {
    JoinRequest { code: Some(code.to_owned()), ..JoinRequest::default() }
}

fn by_link(hosting: &HostedSession) -> JoinRequest {
    JoinRequest {
        session_id: Some(hosting.session),
        secret: Some(hosting.secret.clone()),
        ..JoinRequest::default()
    }
}

async fn joined(test: &TestAuth, request: JoinRequest) -> Result<JoinedPhone, ErrorCode> {
    join(&test.auth, Some(PHONE), None, request, &|_, _| Box::pin(async { true }))
        .await
        .map_err(|e| e.code)
}

#[test]
fn codes_have_six_characters_that_nobody_mixes_up() {
    for _ in 0..200 {
        let code = random_code();
        assert_eq!(code.len(), 6);
        assert!(!code.contains(['0', 'O', '1', 'I']), "{code}");
        assert_eq!(normal_code(&code), Some(code));
    }
}

#[test]
fn codes_are_read_as_people_type_them() {
    assert_eq!(normal_code(" abc-2 3d "), Some("ABC23D".to_owned()));
    for wrong in ["", "ABC23", "ABC23DE", "ABC10D", "ABC23é", "ÄBC23D"] {
        assert_eq!(normal_code(wrong), None, "{wrong:?}");
    }
}

#[test]
fn the_first_phone_plays_until_it_is_gone() {
    let performer = PerformerRow { id: ParticipantId(Uuid::nil()), joined_at: 0 };
    assert_eq!(role_of_next(&[], &[], 0), Role::Performer);
    assert_eq!(role_of_next(&[performer], &[], 0), Role::Spectator, "on its way to its socket");
    assert_eq!(role_of_next(&[performer], &[], 1), Role::Performer, "gone");
    assert_eq!(role_of_next(&[performer], &[ParticipantId(Uuid::nil())], 1), Role::Spectator);
}

#[tokio::test]
async fn the_link_joins_as_a_player_and_the_code_waits() {
    let (test, _, hosting) = stage().await;
    let first = joined(&test, by_link(&hosting)).await.expect("joined");
    assert_eq!(first.identity.role, Role::Performer);
    let second = joined(&test, by_link(&hosting)).await.expect("joined");
    assert_eq!(second.identity.role, Role::Spectator);
    let third = joined(&test, by_code(&hosting.code.text.to_lowercase())).await.expect("joined");
    assert_eq!(third.identity.role, Role::Waiting);
    assert_eq!(third.identity.session, hosting.session);

    allow(&test.auth, hosting.session, third.identity.participant, Role::Performer)
        .await
        .expect("allowed");
    let row = test.auth.participant_row(third.identity.participant).await.expect("read");
    assert_eq!(row.map(|row| row.role), Some(Role::Performer));
    let host = allow(&test.auth, hosting.session, third.identity.participant, Role::Host).await;
    assert_eq!(host.map_err(|e| e.code), Err(ErrorCode::InvalidInput));
}

#[tokio::test]
async fn a_code_ends_after_five_unused_minutes() {
    let (test, _, hosting) = stage().await;
    test.pass(5 * MINUTE - 1);
    assert!(joined(&test, by_code(&hosting.code.text)).await.is_ok());
    test.pass(5 * MINUTE - 1);
    assert!(joined(&test, by_code(&hosting.code.text)).await.is_ok(), "using it renewed it");
    test.pass(5 * MINUTE);
    let late =
        join(&test.auth, None, None, by_code(&hosting.code.text), &|_, _| Box::pin(async { true }))
            .await;
    let late = late.err().expect("expired");
    assert_eq!(late.code, ErrorCode::CodeExpired);
    assert!(late.message.contains("expired"), "{}", late.message);
    assert!(late.message.contains("Ask for a new one"), "{}", late.message);
    test.pass(60 * MINUTE);
    let later = joined(&test, by_code(&hosting.code.text)).await;
    assert_eq!(later.err(), Some(ErrorCode::WrongCode), "an hour later it was never right");
}

#[tokio::test]
async fn the_stage_keeps_its_session_and_its_code_alive() {
    let (test, pc, first) = stage().await;
    test.pass(4 * MINUTE);
    let again = host(&test.auth, &pc).await.expect("the same");
    assert_eq!((again.session, &again.secret), (first.session, &first.secret));
    assert_eq!(again.code.text, first.code.text);
    assert_eq!(again.code.expires_at, first.code.expires_at + 4 * MINUTE);
    assert!(again.host_secret.is_none() && again.guest.is_none());
    test.pass(5 * MINUTE);
    let fresh = host(&test.auth, &pc).await.expect("the same session");
    assert_eq!(fresh.session, first.session);
    assert_ne!(fresh.code.text, first.code.text, "an ended code is not woken up");
    let old = joined(&test, by_code(&first.code.text)).await;
    assert_eq!(old.err(), Some(ErrorCode::CodeExpired));

    let identity = test.auth.host(&pc.cookies).await.expect("read").expect("the host");
    let wished = new_code(&test.auth, &identity).await.expect("a code");
    assert_ne!(wished.code.text, fresh.code.text);
    let old = joined(&test, by_code(&fresh.code.text)).await;
    assert_eq!(old.err(), Some(ErrorCode::CodeExpired));
}

#[tokio::test]
async fn a_removed_phone_cannot_come_back_with_what_it_knows() {
    let (test, pc, hosting) = stage().await;
    let phone = joined(&test, by_link(&hosting)).await.expect("joined");
    let token = phone.token.expect("new");
    let mut cookies = Cookies {
        participant: Some(crate::auth::cookies::join_cookie(&hosting.session, &token)),
        ..Cookies::default()
    };
    let known = test.auth.participant(&cookies).await.expect("read");
    assert_eq!(known.as_ref(), Some(&phone.identity));
    let fresh =
        remove(&test.auth, hosting.session, phone.identity.participant).await.expect("removed");
    assert_eq!(test.auth.participant(&cookies).await, Ok(None), "its token");
    cookies.participant = Some(format!("{}.guess", hosting.session));
    assert_eq!(test.auth.participant(&cookies).await, Ok(None));
    let link = joined(&test, by_link(&hosting)).await;
    assert_eq!(link.err(), Some(ErrorCode::InvalidSession), "its link");
    let code = joined(&test, by_code(&hosting.code.text)).await;
    assert_eq!(code.err(), Some(ErrorCode::CodeExpired), "its code");
    let shown = host(&test.auth, &pc).await.expect("the stage");
    assert_eq!((&shown.secret, &shown.code.text), (&fresh.secret, &fresh.code.text));
    assert!(joined(&test, by_link(&shown)).await.is_ok(), "the new link is good");
    let again = remove(&test.auth, hosting.session, phone.identity.participant).await;
    assert_eq!(again.err().map(|e| e.code), Some(ErrorCode::NotFound));
}

#[tokio::test]
async fn a_phone_that_comes_back_is_the_same_phone() {
    let (test, _, hosting) = stage().await;
    let waiting = joined(&test, by_code(&hosting.code.text)).await.expect("joined");
    let before = Some(waiting.identity.clone());
    let again = join(&test.auth, None, before, by_code(&hosting.code.text), &|_, _| {
        Box::pin(async { true })
    })
    .await;
    let again = again.expect("back");
    assert_eq!(again.identity, waiting.identity);
    assert!(again.token.is_none() && !again.changed);

    let scanned = join(&test.auth, None, Some(again.identity), by_link(&hosting), &|_, _| {
        Box::pin(async { true })
    })
    .await;
    let scanned = scanned.expect("in");
    assert_eq!(scanned.identity.participant, waiting.identity.participant);
    assert_eq!(scanned.identity.role, Role::Performer, "the link needs no Allow");
    assert!(scanned.changed);

    leave(&test.auth, &scanned.identity).await.expect("left");
    let row = test.auth.participant_row(waiting.identity.participant).await;
    assert_eq!(row, Ok(None));
    assert!(joined(&test, by_link(&hosting)).await.is_ok(), "leaving changes no link");
}

#[tokio::test]
async fn wrong_codes_are_limited_by_address() {
    let (test, _, hosting) = stage().await;
    for _ in 0..10 {
        assert_eq!(joined(&test, by_code("ZZZZZZ")).await.err(), Some(ErrorCode::WrongCode));
    }
    let limited = join(&test.auth, Some(PHONE), None, by_code(&hosting.code.text), &|_, _| {
        Box::pin(async { true })
    });
    let limited = limited.await.err().expect("limited");
    assert_eq!(limited.code, ErrorCode::RateLimited);
    assert_eq!(limited.retry_after_ms, Some(6_001));
    let elsewhere = Some(IpAddr::from([192, 168, 1, 8]));
    let other = join(&test.auth, elsewhere, None, by_code(&hosting.code.text), &|_, _| {
        Box::pin(async { true })
    })
    .await;
    assert!(other.is_ok(), "right codes do not count");
}

#[tokio::test]
async fn sessions_of_programs_have_no_owner_and_live_sessions_are_known() {
    let test = test_auth::auth().await;
    let program = Caller { origin: OriginKind::Absent, ..browser() };
    let hosting = open(&test.auth, &program).await.expect("opened");
    assert!(hosting.guest.is_none());
    assert!(is_live(test.auth.store(), hosting.session).await.expect("read"));
    assert!(!is_live(test.auth.store(), SessionId(Uuid::nil())).await.expect("read"));
    let secret = hosting.host_secret.expect("new");
    let accepted = crate::accounts::introduction::accept(
        &test.auth,
        &protocol::account::Credential::HostSecret(secret),
        &OriginKind::Absent,
        &|_, _| Box::pin(async { false }),
    )
    .await;
    let host = HostIdentity { session: hosting.session, owner: None };
    assert_eq!(accepted, Ok(crate::accounts::introduction::AcceptedIdentity::Host(host)));
}

#[tokio::test]
async fn the_qr_code_holds_no_loopback_address() {
    let (_test, _, hosting) = stage().await;
    let lan = pairing(&hosting, Some("http://192.168.1.5:3000"), "http://localhost:3000", 7);
    let link = format!("http://192.168.1.5:3000/play/{}#{}", hosting.session, hosting.secret);
    assert_eq!(lan.link, link);
    assert_eq!(lan.address, "192.168.1.5:3000/play");
    assert!(!lan.loopback_only && lan.qr_size >= 21 && lan.qr_path.starts_with("M0 0h7v1h-7z"));
    let alone = pairing(&hosting, None, "http://localhost:3000", 7);
    assert!(alone.loopback_only && alone.qr_path.is_empty());
    assert!(alone.link.starts_with("http://localhost:3000/play/"));
}
