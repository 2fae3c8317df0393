//! How a connection introduces itself: `hello` of our client, `auth` of a plain one, and the renewal
//! of a sign-in on an open socket.

use super::{
    connection::{Connection, ConnectionEnd},
    principal::{Principal, Seat},
};
use crate::{
    accounts::introduction::{self, AcceptedIdentity},
    auth::OriginKind,
    guitar::{pairing::invalid_session, session},
};
use cadence_base::{
    identity::{HostIdentity, ParticipantIdentity},
    rate_limit::CountedBy,
};
use logic::{
    permission::not_signed_in,
    topic::{access, subscriptions::too_many_topics},
};
use protocol::{
    ClientMessage, CloseCode, Envelope, ErrorBody, ErrorCode, MessageId, SeatId, ServerMessage,
    Topic,
    account::{Credential, Role},
    client::Hello,
    encode,
    server::{Ack, Limits, Outcome, RefusedTopic, Welcome},
    topic::{TopicAnswer, TopicRequest},
};
use std::collections::HashSet;

/// Characters of a device's name; more are cut off.
const MAX_DEVICE_NAME: usize = 40;

/// Who a connection's client is, before and after it has introduced itself.
pub(super) struct ClientIdentity {
    /// The `Origin` of the handshake; programs send none.
    pub(super) origin: Option<String>,
    /// What the cookies of the handshake prove; used by `hello`.
    pub(super) cookies: Principal,
    /// The cookies hold a sign-in that has expired: the client can refresh it.
    pub(super) stale_sign_in: bool,
    /// What was proved by the introduction, and by renewals since.
    pub(super) principal: Principal,
    /// The first message was accepted.
    pub(super) introduced: bool,
    /// What to call the device.
    pub(super) device: String,
    /// Whether a person can see the page.
    pub(super) visible: bool,
}

impl Default for ClientIdentity {
    fn default() -> Self {
        Self {
            origin: None,
            cookies: Principal::default(),
            stale_sign_in: false,
            principal: Principal::default(),
            introduced: false,
            device: "program".to_owned(),
            visible: true,
        }
    }
}

impl Connection {
    /// The first message: `hello` from our client, `auth` from a plain one.
    pub(super) async fn introduce(
        &mut self,
        id: Option<MessageId>,
        message: ClientMessage,
    ) -> Result<(), ConnectionEnd> {
        match (self.topics.is_cadence(), message) {
            (true, ClientMessage::Hello(hello)) => self.hello(hello).await,
            (false, ClientMessage::Auth(credential)) => self.authenticate(id, &credential).await,
            (cadence, _) => {
                let first = if cadence { "hello" } else { "auth" };
                let text = format!("Introduce yourself by `{first}` first.");
                self.answer(id, Err(ErrorBody::new(ErrorCode::NotSignedIn, text)));
                Err(ConnectionEnd::Closed(CloseCode::NotSignedIn))
            }
        }
    }

    async fn hello(&mut self, hello: Hello) -> Result<(), ConnectionEnd> {
        self.client.device = hello.client.device.chars().take(MAX_DEVICE_NAME).collect();
        self.client.visible = hello.client.visible;
        self.client.principal = std::mem::take(&mut self.client.cookies);
        if let Some(credential) = &hello.auth {
            self.accept(credential).await.map_err(|error| self.turn_away(None, error))?;
        }
        self.check_proofs(&hello).map_err(|error| self.turn_away(None, error))?;
        self.enrol().await?;
        self.client.introduced = true;

        let (topics, refused) = self.follow_all(&hello.topics).await?;
        let about = hello.topics.first().map(|topic| topic.name);
        let welcome = self.welcome(about, topics, refused);
        // Before the replays and snapshots that it announces. Nothing was written meanwhile: this
        // task is the only writer.
        self.handle.push_first(encode(&Envelope::bare(ServerMessage::Welcome(welcome))));
        Ok(())
    }

    /// The refusal of a client that has proved nothing, or whose sign-in has expired.
    fn check_proofs(&self, hello: &Hello) -> Result<(), ErrorBody> {
        let ClientIdentity { principal, stale_sign_in, .. } = &self.client;
        let wants_gym = hello.topics.iter().any(|topic| topic.name == Topic::CheckIns);
        if wants_gym && principal.staff.is_none() && *stale_sign_in {
            return Err(ErrorBody::new(ErrorCode::SignInRefused, "The sign-in has expired."));
        }
        if !principal.is_nobody() {
            return Ok(());
        }
        let wanted = hello.topics.first().map_or(Topic::CheckIns, |topic| topic.name);
        access::check_follow(None, wanted)
    }

    /// Follows the topics of a `hello`, each once and as many as a connection may.
    async fn follow_all(
        &mut self,
        requests: &[TopicRequest],
    ) -> Result<(Vec<TopicAnswer>, Vec<RefusedTopic>), ConnectionEnd> {
        let (mut topics, mut refused) = (Vec::new(), Vec::new());
        let mut named = HashSet::new();
        let most = self.state.config.limits.topics as usize;
        for request in requests.iter().filter(|request| named.insert(request.name)) {
            let name = request.name;
            if topics.len() + refused.len() >= most {
                refused.push(RefusedTopic { name, error: too_many_topics() });
                continue;
            }
            let followed = self.follow(request, |answer| {
                topics.push(answer.clone());
                None
            });
            match followed.await {
                Ok(()) => {}
                Err(error) if error.retryable => return Err(self.turn_away(None, error)),
                Err(error) => refused.push(RefusedTopic { name, error }),
            }
        }
        Ok((topics, refused))
    }

    fn welcome(
        &self,
        about: Option<Topic>,
        topics: Vec<TopicAnswer>,
        refused: Vec<RefusedTopic>,
    ) -> Welcome {
        let limits = &self.state.config.limits;
        Welcome {
            connection: self.handle.id,
            node: self.state.config.server.name.clone(),
            server_time: self.state.now(),
            identity: self.client.principal.identity(about),
            limits: Limits {
                messages_per_second: limits.messages_per_second,
                burst: limits.burst,
                frame_bytes: limits.frame_bytes,
                topics: limits.topics,
            },
            topics,
            refused,
        }
    }

    async fn authenticate(
        &mut self,
        id: Option<MessageId>,
        credential: &Credential,
    ) -> Result<(), ConnectionEnd> {
        self.accept(credential).await.map_err(|error| self.turn_away(id, error))?;
        self.enrol().await?;
        self.client.introduced = true;
        let identity = Some(self.client.principal.identity(self.home));
        let ack = ServerMessage::Ack(Ack { result: Outcome::Done, identity });
        self.handle.push(encode(&Envelope::bare(ack).with_id(id)));
        if let Some(name) = self.home {
            let request = TopicRequest { name, epoch: None, offset: None };
            let followed = self.follow(&request, |_| None).await;
            followed.map_err(|error| self.turn_away(None, error))?;
        }
        Ok(())
    }

    /// A later `auth`: the same account goes on, and every topic is checked again. Seats in guitar
    /// sessions are taken once, at the introduction: each secret makes another participant.
    pub(super) async fn renew(
        &mut self,
        id: Option<MessageId>,
        credential: Credential,
    ) -> Result<(), ConnectionEnd> {
        let Credential::Ticket(_) = credential else {
            let text = "An open connection takes a ticket only. Open another one to join.";
            self.answer(id, Err(ErrorBody::new(ErrorCode::NotAllowed, text)));
            return Ok(());
        };
        let before = self.client.principal.staff.as_ref().map(|staff| staff.user);
        let mut renewed = Principal { staff: None, seats: self.client.principal.seats.clone() };
        std::mem::swap(&mut self.client.principal, &mut renewed);
        if let Err(error) = self.accept(&credential).await {
            return Err(self.turn_away(id, error));
        }
        let after = self.client.principal.staff.as_ref().map(|staff| staff.user);
        if before.is_some() && before != after {
            let text = "Another account cannot take over an open connection.";
            return Err(self.turn_away(id, ErrorBody::new(ErrorCode::NotAllowed, text)));
        }
        self.enrol().await?;
        self.heartbeat.sign_in_renewed();
        let lost = self.leave_lost_topics();
        self.report_lost_topics(lost);
        let identity = Some(self.client.principal.identity(self.home));
        let ack = ServerMessage::Ack(Ack { result: Outcome::Done, identity });
        self.handle.push(encode(&Envelope::bare(ack).with_id(id)));
        Ok(())
    }

    /// The sign-in was revoked from elsewhere.
    pub(super) fn take_revocation(&mut self) -> Result<(), ConnectionEnd> {
        match (self.handle.take_revoked(), &self.client.principal.staff) {
            (Some((sign_in, code)), Some(staff)) if staff.sign_in == sign_in => {
                self.lose_sign_in(code)
            }
            _ => Ok(()),
        }
    }

    /// Goes on without the account. A guitar of the same browser plays on; a connection to which
    /// nothing is left ends.
    pub(super) fn lose_sign_in(&mut self, code: CloseCode) -> Result<(), ConnectionEnd> {
        self.client.principal.staff = None;
        self.handle.forget_sign_in();
        let lost = self.leave_lost_topics();
        if self.client.principal.is_nobody() || (!lost.is_empty() && self.topics.is_empty()) {
            return Err(ConnectionEnd::Closed(code));
        }
        self.report_lost_topics(lost);
        Ok(())
    }

    /// Leaves the topics that the principal may not follow any more, and returns the reason for each.
    fn leave_lost_topics(&mut self) -> Vec<(Topic, ErrorBody)> {
        let topics = self.topics.iter().map(|subscription| subscription.topic);
        let lost: Vec<_> = topics
            .filter_map(|topic| {
                let role = self.client.principal.role_in(topic);
                Some((topic, access::check_follow(role, topic).err()?))
            })
            .collect();
        lost.iter().for_each(|(topic, _)| self.leave(*topic));
        lost
    }

    fn report_lost_topics(&self, lost: Vec<(Topic, ErrorBody)>) {
        for (topic, error) in lost {
            self.answer_about(None, topic, error);
        }
    }

    async fn accept(&mut self, credential: &Credential) -> Result<(), ErrorBody> {
        let origin = match &self.client.origin {
            Some(origin) => OriginKind::Ours(origin.clone()),
            None => OriginKind::Absent,
        };
        let connected = session::connected(&self.state.store, &self.state.hub);
        match introduction::accept(&self.state.auth, credential, &origin, &connected).await? {
            AcceptedIdentity::Staff(staff) => self.client.principal.staff = Some(staff),
            AcceptedIdentity::Host(host) => self.client.principal.take_seat(host.into()),
            AcceptedIdentity::Participant(phone) => self.client.principal.take_seat(phone.into()),
        }
        Ok(())
    }

    /// Makes the connection findable, and only then reads its proofs again: a revocation between
    /// the proof and this moment would close nothing.
    async fn enrol(&mut self) -> Result<(), ConnectionEnd> {
        let staff = self.client.principal.staff.as_ref();
        let user = staff.map(|staff| staff.user);
        self.handle.identify(
            user,
            staff.map(|staff| staff.sign_in),
            self.client.principal.participant(),
        );
        let per_user = self.state.config.limits.connections_per_user as usize;
        if user.is_some_and(|user| self.state.hub.connections_of(user) > per_user) {
            return Err(ConnectionEnd::Closed(CloseCode::TooManyConnections));
        }
        // A PC without an account counts as its session: others behind its address, such
        // as a school's, must not take its share.
        let principal = &self.client.principal;
        let phone = principal.participant().map(SeatId::phone);
        let seat = phone.or(principal.seats.first().map(|seat| seat.id));
        if let Some(counted) = user.map(CountedBy::Account).or(seat.map(CountedBy::Seat)) {
            self.limits.count_as(&self.state, counted);
        }
        self.read_proofs_again().await.map_err(|error| self.turn_away(None, error))
    }

    /// Reads the rows behind the proofs again: their present content counts.
    pub(super) async fn read_proofs_again(&mut self) -> Result<(), ErrorBody> {
        if let Some(staff) = &self.client.principal.staff {
            let (sign_in, expires_at) = (staff.sign_in, staff.expires_at);
            let row = self.state.auth.sign_in_row(sign_in, expires_at).await?;
            self.client.principal.staff = row;
            if self.client.principal.is_nobody() {
                return Err(not_signed_in());
            }
        }
        if let Some(phone) = self.client.principal.participant() {
            let row = self.state.auth.participant_row(phone).await?;
            // A removed phone has no row and is refused here. The role is the present one: the host
            // may have allowed the phone since the handshake.
            self.client.principal.take_seat(row.ok_or_else(invalid_session)?.into());
        }
        Ok(())
    }

    /// Answers with the error; the code of the close frame gives the reason and whether to reconnect.
    pub(super) fn turn_away(&mut self, id: Option<MessageId>, error: ErrorBody) -> ConnectionEnd {
        let code = match error.code {
            ErrorCode::InvalidSession => CloseCode::InvalidSession,
            ErrorCode::SignInRefused => CloseCode::SignInRefused,
            ErrorCode::NotSignedIn => CloseCode::NotSignedIn,
            // The server could not look: come back.
            ErrorCode::Unavailable
            | ErrorCode::BrokerUnavailable
            | ErrorCode::RateLimited
            | ErrorCode::Internal => CloseCode::Restarting,
            _ => CloseCode::NotAllowed,
        };
        self.answer(id, Err(error));
        ConnectionEnd::Closed(code)
    }
}

impl From<HostIdentity> for Seat {
    fn from(host: HostIdentity) -> Self {
        Self { session: host.session, id: SeatId::host(host.session), role: Role::Host }
    }
}

impl From<ParticipantIdentity> for Seat {
    fn from(phone: ParticipantIdentity) -> Self {
        Self { session: phone.session, id: SeatId::phone(phone.participant), role: phone.role }
    }
}
