//! Bringing a phone and a PC together.
//!
//! The PC opens a session and shows a link with a secret, and a code. The secret joins as a
//! player; the code needs the host's Allow, since six characters can be guessed or overheard.
//! Removing a phone revokes its token and changes both, so that the old link leads nowhere.

use crate::auth::{Auth, Caller, throttle::rate_limited};
use cadence_base::{
    identity::{HostIdentity, ParticipantIdentity, PracticeOwner},
    token::{hash_token, random_token},
};
use cadence_config::minutes;
use cadence_store::{
    Id, Store, StoreError, Tx,
    guitar::{self, FoundCode, NewParticipant, NewSession, PairingCode, PerformerRow},
    read_failed,
};
use futures_util::future::BoxFuture;
use protocol::{
    ErrorBody, ErrorCode, GuestId, Millis, ParticipantId, SessionId,
    account::Role,
    http::{JoinRequest, Pairing},
};
use rand::Rng;
use std::net::IpAddr;

/// Letters and digits that are not mixed up: no 0 and O, no 1 and I.
const ALPHABET: &[u8] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
const CODE_LENGTH: usize = 6;
/// How long an ended code is remembered as expired.
const REMEMBERED: Millis = 3_600_000;
/// A phone that joined this recently is on its way to its socket and counts as present.
const ARRIVING: Millis = 30_000;
const LONGEST_DEVICE: usize = 40;

/// A session as its stage needs it.
#[derive(Clone)]
pub struct HostedSession {
    /// The session.
    pub session: SessionId,
    /// The secret of the link.
    pub secret: String,
    /// The code.
    pub code: PairingCode,
    /// Set when the session was made now: the host's own secret.
    pub host_secret: Option<String>,
    /// Set when the browser became a guest now: the guest and its token.
    pub guest: Option<(GuestId, String)>,
}

/// A phone that has joined.
#[derive(Clone)]
pub struct JoinedPhone {
    /// The phone.
    pub identity: ParticipantIdentity,
    /// Its token when it is new; a phone that came back keeps its own.
    pub token: Option<String>,
    /// True when its role differs from the one that it had before.
    pub changed: bool,
}

/// The session does not exist, has ended, or the secret is not its secret any more.
pub fn invalid_session() -> ErrorBody {
    ErrorBody::new(
        ErrorCode::InvalidSession,
        "This session has ended or its link has changed. Scan the code on the PC again.",
    )
}

/// Whether a session exists and has not ended.
pub async fn is_live(store: &Store, session: SessionId) -> Result<bool, ErrorBody> {
    let rotation = guitar::rotation(store.reader(), session).await.map_err(read_failed)?;
    Ok(rotation.is_some())
}

/// Opens a session. A browser becomes a guest with it; a program has no owner.
pub async fn open(auth: &Auth, caller: &Caller) -> Result<HostedSession, ErrorBody> {
    auth.throttles()
        .sessions_of_address
        .take(&caller.peer, auth.now())
        .map_err(|wait| rate_limited("Too many sessions were opened from here.", wait))?;
    let host_secret = random_token::<32>();
    let session = SessionId(Id::new(auth.now()).0);
    let secret = auth.guitar_secret(session, 0)?;
    let guest = match caller.who.owner() {
        None if !caller.is_program() => {
            Some((GuestId(Id::new(auth.now()).0), random_token::<32>()))
        }
        _ => None,
    };
    let owner = caller.who.owner().or(guest.as_ref().map(|(id, _)| PracticeOwner::Guest(*id)));
    let row = NewSession {
        id: session,
        host_hash: hash_token(&host_secret),
        secret_hash: hash_token(&secret),
        owner,
    };
    let guest_row = guest.as_ref().map(|(id, token)| (*id, hash_token(token)));
    let life = minutes(auth.guitar().code_minutes);
    let code = auth
        .store()
        .write(move |tx| {
            Box::pin(async move {
                if let Some((id, hash)) = guest_row {
                    guitar::insert_guest(tx, id, &hash).await?;
                }
                guitar::insert_session(tx, &row).await?;
                fresh_code(tx, session, life).await
            })
        })
        .await?;
    Ok(HostedSession { session, secret, code, host_secret: Some(host_secret), guest })
}

/// The session that this browser hosts, opened when there is none. Asking keeps the code alive.
pub async fn host(auth: &Auth, caller: &Caller) -> Result<HostedSession, ErrorBody> {
    let Some(host) = auth.host(&caller.cookies).await? else { return open(auth, caller).await };
    // After signing in or out, a stage counts practice for its present account or guest.
    let owner = caller.who.owner().or(host.owner.filter(|o| matches!(o, PracticeOwner::Guest(_))));
    let life = minutes(auth.guitar().code_minutes);
    let session = host.session;
    let found = auth
        .store()
        .write(move |tx| {
            Box::pin(async move {
                guitar::lock_session(tx, session).await?;
                let Some(rotation) = guitar::rotation(&mut **tx, session).await? else {
                    return Ok(None);
                };
                guitar::touch(tx, session, owner).await?;
                let now = tx.now();
                let code = match guitar::newest_code(&mut **tx, session).await? {
                    Some(code) if code.expires_at > now => {
                        guitar::renew_code(tx, &code.text, now + life, false).await?;
                        PairingCode { expires_at: now + life, ..code }
                    }
                    _ => fresh_code(tx, session, life).await?,
                };
                Ok(Some((rotation, code)))
            })
        })
        .await?;
    match found {
        Some((rotation, code)) => {
            let secret = auth.guitar_secret(session, rotation)?;
            Ok(HostedSession { session, secret, code, host_secret: None, guest: None })
        }
        None => open(auth, caller).await,
    }
}

/// Another code for a session; the one before ends now.
pub async fn new_code(auth: &Auth, host: &HostIdentity) -> Result<HostedSession, ErrorBody> {
    let session = host.session;
    let life = minutes(auth.guitar().code_minutes);
    let (rotation, code) = auth
        .store()
        .write(move |tx| {
            Box::pin(async move {
                guitar::lock_session(tx, session).await?;
                let rotation =
                    guitar::rotation(&mut **tx, session).await?.ok_or_else(invalid_session)?;
                Ok((rotation, fresh_code(tx, session, life).await?))
            })
        })
        .await?;
    let secret = auth.guitar_secret(session, rotation)?;
    Ok(HostedSession { session, secret, code, host_secret: None, guest: None })
}

/// Returns whether a phone of a session has an open connection, to this node or another.
pub type ConnectedCheck = dyn Fn(SessionId, ParticipantId) -> BoxFuture<'static, bool> + Sync;

/// Joins a session by its code or its secret. `before` is the phone that this browser was;
/// it comes back as the same one. `peer` is whom wrong codes are counted against, none when it
/// joins on its open socket; `connected` returns whether a phone of a session has an open
/// connection.
pub async fn join(
    auth: &Auth,
    peer: Option<IpAddr>,
    before: Option<ParticipantIdentity>,
    request: JoinRequest,
    connected: &ConnectedCheck,
) -> Result<JoinedPhone, ErrorBody> {
    let (session, allowed) = match (&request.secret, &request.code) {
        (Some(secret), _) => {
            let found = guitar::by_secret(auth.store().reader(), &hash_token(secret.trim()))
                .await
                .map_err(read_failed)?
                .filter(|found| request.session_id.is_none_or(|named| named == *found));
            (found.ok_or_else(invalid_session)?, true)
        }
        (None, Some(code)) => (session_of_code(auth, peer, code).await?, false),
        (None, None) => {
            return Err(ErrorBody::field("code", "Type the six characters that the PC shows."));
        }
    };
    let before = before.filter(|before| before.session == session);
    // A phone that joins on its open socket opens no other one, and a program that comes back plays
    // again; only one that joins at this very moment is not connected yet.
    let arriving_since = match peer {
        Some(_) => auth.now() - ARRIVING + 1,
        None => auth.now(),
    };
    let token = random_token::<32>();
    let new = NewParticipant {
        id: ParticipantId(Id::new(auth.now()).0),
        session,
        role: Role::Waiting,
        token_hash: hash_token(&token),
        device: device_name(request.device.as_deref()),
    };
    let performers =
        guitar::performers(auth.store().reader(), session).await.map_err(read_failed)?;
    let mut open = Vec::new();
    for phone in &performers {
        if connected(session, phone.id).await {
            open.push(phone.id);
        }
    }
    auth.store()
        .write(move |tx| {
            Box::pin(async move {
                // Again, with the session taken: of two phones that scan at once, one plays.
                guitar::lock_session(tx, session).await?;
                let performers = guitar::performers(&mut **tx, session).await?;
                let role = match allowed {
                    true => role_of_next(&performers, &open, arriving_since),
                    false => Role::Waiting,
                };
                match before {
                    Some(before) => Ok(come_back(tx, before, role).await?),
                    None => {
                        let new = NewParticipant { role, ..new };
                        guitar::insert_participant(tx, &new).await?;
                        let identity = ParticipantIdentity {
                            session,
                            participant: new.id,
                            role,
                            device: new.device,
                        };
                        Ok(JoinedPhone { identity, token: Some(token), changed: false })
                    }
                }
            })
        })
        .await
        .map_err(ErrorBody::from)
}

/// The host lets a phone in, or changes what it may do.
pub async fn allow(
    auth: &Auth,
    session: SessionId,
    participant: ParticipantId,
    role: Role,
) -> Result<(), ErrorBody> {
    if !matches!(role, Role::Performer | Role::Spectator) {
        return Err(ErrorBody::field("role", "A phone is a performer or a spectator."));
    }
    let done = auth
        .store()
        .write(move |tx| {
            Box::pin(async move { Ok(guitar::set_role(tx, session, participant, role).await?) })
        })
        .await?;
    if done { Ok(()) } else { Err(no_such_phone()) }
}

/// The host removes a phone. Its token is worth nothing any more, and neither are the link and
/// the code with which it could come back.
pub async fn remove(
    auth: &Auth,
    session: SessionId,
    participant: ParticipantId,
) -> Result<HostedSession, ErrorBody> {
    let reader = auth.store().reader();
    let rotation = guitar::rotation(reader, session).await.map_err(read_failed)?;
    let rotation = rotation.ok_or_else(invalid_session)? + 1;
    let secret = auth.guitar_secret(session, rotation)?;
    let hash = hash_token(&secret);
    let life = minutes(auth.guitar().code_minutes);
    let code = auth
        .store()
        .write(move |tx| {
            Box::pin(async move {
                guitar::lock_session(tx, session).await?;
                if !guitar::remove_participant(tx, session, participant).await? {
                    return Err(no_such_phone().into());
                }
                // Another removal may have gone before this one.
                if guitar::rotation(&mut **tx, session).await? == Some(rotation - 1) {
                    guitar::set_secret(tx, session, rotation, &hash).await?;
                }
                fresh_code(tx, session, life).await
            })
        })
        .await?;
    Ok(HostedSession { session, secret, code, host_secret: None, guest: None })
}

/// A phone leaves by itself; the link stays good.
pub async fn leave(auth: &Auth, phone: &ParticipantIdentity) -> Result<(), ErrorBody> {
    let (session, participant) = (phone.session, phone.participant);
    auth.store()
        .write(move |tx| {
            Box::pin(async move {
                guitar::remove_participant(tx, session, participant).await?;
                Ok(())
            })
        })
        .await
        .map_err(ErrorBody::from)
}

/// What the stage shows. `base` is the address that phones can reach, if there is one; `local`
/// the one that works on this machine.
pub fn pairing(hosting: &HostedSession, base: Option<&str>, local: &str, now: Millis) -> Pairing {
    let address = base.unwrap_or(local).trim_end_matches('/');
    let link = format!("{address}/play/{}#{}", hosting.session, hosting.secret);
    // On the phone that scans it, a loopback address is the phone itself.
    let (qr_size, qr_path) = match base {
        Some(_) => qr(&link).unwrap_or_default(),
        None => (0, String::new()),
    };
    let shown = address.split_once("://").map_or(address, |(_, rest)| rest);
    Pairing {
        session_id: hosting.session,
        code: hosting.code.text.clone(),
        code_expires_at: hosting.code.expires_at,
        address: format!("{shown}/play"),
        link,
        qr_size,
        qr_path,
        server_time: now,
        loopback_only: base.is_none(),
    }
}

/// Side in modules and dark modules as an SVG path: one rectangle per run of a row.
fn qr(link: &str) -> Option<(usize, String)> {
    use std::fmt::Write;
    let code = qrcode::QrCode::with_error_correction_level(link, qrcode::EcLevel::M).ok()?;
    let size = code.width();
    let dark: Vec<bool> = code.to_colors().iter().map(|c| *c == qrcode::Color::Dark).collect();
    let mut path = String::new();
    for (y, row) in dark.chunks(size).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            if run.first() == Some(&true) {
                let length = run.len();
                // Writing to a String cannot fail.
                let _ = write!(path, "M{x} {y}h{length}v1h-{length}z");
            }
            x += run.len();
        }
    }
    Some((size, path))
}

async fn session_of_code(
    auth: &Auth,
    peer: Option<IpAddr>,
    typed: &str,
) -> Result<SessionId, ErrorBody> {
    let (now, throttles) = (auth.now(), auth.throttles());
    let limited = |wait| rate_limited("Too many wrong codes.", wait);
    // Counted before it is looked up and given back when it was right: guesses that race each
    // other get no more tries than those that wait.
    if let Some(peer) = &peer {
        throttles.wrong_codes_of_address.take(peer, now).map_err(limited)?;
    }
    throttles.wrong_codes_in_all.take(&(), now).map_err(limited)?;
    let found = match normal_code(typed) {
        Some(code) => use_code(auth, code, minutes(auth.guitar().code_minutes)).await?,
        None => None,
    };
    match found {
        Some(found) if found.expires_at > now => {
            peer.iter().for_each(|peer| throttles.wrong_codes_of_address.give_back(peer));
            throttles.wrong_codes_in_all.give_back(&());
            Ok(found.session)
        }
        Some(found) if found.expires_at > now - REMEMBERED => Err(ErrorBody::new(
            ErrorCode::CodeExpired,
            "This code has expired. Ask for a new one: the PC shows it.",
        )),
        _ => Err(ErrorBody::new(
            ErrorCode::WrongCode,
            "No session waits under this code. Compare it with the PC.",
        )),
    }
}

/// Finds a code and, when it is good, lets it live on.
async fn use_code(auth: &Auth, code: String, life: Millis) -> Result<Option<FoundCode>, ErrorBody> {
    auth.store()
        .write(move |tx| {
            Box::pin(async move {
                let found = guitar::find_code(&mut **tx, &code).await?;
                let now = tx.now();
                match found {
                    // The host asked for another code at this very moment: this one has ended.
                    Some(FoundCode { expires_at, .. })
                        if expires_at > now
                            && !guitar::renew_code(tx, &code, now + life, true).await? =>
                    {
                        Ok(guitar::find_code(&mut **tx, &code).await?)
                    }
                    found => Ok(found),
                }
            })
        })
        .await
        .map_err(ErrorBody::from)
}

/// Ends a session's codes and makes another that no session has or had within the hour.
async fn fresh_code(
    tx: &mut Tx,
    session: SessionId,
    life: Millis,
) -> Result<PairingCode, StoreError> {
    let now = tx.now();
    guitar::forget_codes(tx, now - REMEMBERED).await?;
    guitar::expire_codes(tx, session).await?;
    // A billion codes: even with a million live ones the tenth try fails once in 10^30.
    for _ in 0..10 {
        let code = PairingCode { text: random_code(), expires_at: now + life };
        if guitar::insert_code(tx, session, &code).await? {
            return Ok(code);
        }
    }
    Err(ErrorBody::new(ErrorCode::Unavailable, "No code is free. Try again in a moment.").into())
}

fn random_code() -> String {
    let mut random = rand::rng();
    (0..CODE_LENGTH).map(|_| char::from(ALPHABET[random.random_range(0..ALPHABET.len())])).collect()
}

/// A code as people type it: small letters, spaces and dashes do not matter. `None` when no code
/// looks like this.
fn normal_code(typed: &str) -> Option<String> {
    let code: String = typed
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .map(|c| c.to_ascii_uppercase())
        .take(CODE_LENGTH + 1)
        .collect();
    let known = |c: char| u8::try_from(c).is_ok_and(|c| ALPHABET.contains(&c));
    (code.len() == CODE_LENGTH && code.chars().all(known)).then_some(code)
}

/// The first phone plays and the next ones watch, until the one that plays is gone.
fn role_of_next(
    performers: &[PerformerRow],
    open: &[ParticipantId],
    arriving_since: Millis,
) -> Role {
    let present = |p: &PerformerRow| open.contains(&p.id) || p.joined_at >= arriving_since;
    if performers.iter().any(present) { Role::Spectator } else { Role::Performer }
}

/// A phone that comes back keeps its role; only the secret lets one in that was waiting.
async fn come_back(
    tx: &mut Tx,
    before: ParticipantIdentity,
    role: Role,
) -> Result<JoinedPhone, StoreError> {
    if before.role != Role::Waiting || role == Role::Waiting {
        return Ok(JoinedPhone { identity: before, token: None, changed: false });
    }
    if !guitar::set_role(tx, before.session, before.participant, role).await? {
        return Err(invalid_session().into());
    }
    let identity = ParticipantIdentity { role, ..before };
    Ok(JoinedPhone { identity, token: None, changed: true })
}

fn device_name(given: Option<&str>) -> String {
    let name: String = given
        .unwrap_or_default()
        .trim()
        .chars()
        .filter(|c| !c.is_control())
        .take(LONGEST_DEVICE)
        .collect();
    if name.is_empty() { "phone".to_owned() } else { name }
}

fn no_such_phone() -> ErrorBody {
    ErrorBody::new(ErrorCode::NotFound, "This phone is not in the session any more.")
}

#[cfg(test)]
mod tests;
