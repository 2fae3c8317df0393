//! How a connection says who it is: `hello` of our client, `auth` of a plain one, and the renewal
//! of a sign-in on an open socket.

use super::{
    connection::{Connection, End},
    follow::too_many_topics,
    principal::{Principal, Seat, Staff},
};
use crate::{
    auth::{Accepted, OriginKind, identity::not_signed_in},
    pairing::invalid_session,
};
use cadence_base::identity::{HostIdentity, ParticipantIdentity, StaffIdentity};
use protocol::{
    ClientMessage, CloseCode, Envelope, ErrorBody, ErrorCode, ServerMessage, Topic,
    account::{Credential, Role},
    client::Hello,
    encode,
    server::{Ack, Limits, Outcome, RefusedTopic, Welcome},
    topic::TopicRequest,
};
use std::collections::HashSet;
use uuid::Uuid;

/// Characters of a device's name.
const DEVICE_NAME: usize = 40;

impl Connection {
    /// The first message: `hello` from our client, `auth` from a plain one.
    pub(super) async fn introduce(
        &mut self,
        id: Option<Uuid>,
        message: ClientMessage,
    ) -> Result<(), End> {
        match (self.is_ours(), message) {
            (true, ClientMessage::Hello(hello)) => self.hello(hello).await,
            (false, ClientMessage::Auth(credential)) => self.authenticate(id, &credential).await,
            (ours, _) => {
                let first = if ours { "hello" } else { "auth" };
                let text = format!("Introduce yourself by `{first}` first.");
                self.answer(id, Err(ErrorBody::new(ErrorCode::NotSignedIn, text)));
                Err(End::Closed(CloseCode::NotSignedIn))
            }
        }
    }

    async fn hello(&mut self, mut hello: Hello) -> Result<(), End> {
        self.device = hello.client.device.chars().take(DEVICE_NAME).collect();
        self.visible = hello.client.visible;
        self.principal = std::mem::take(&mut self.cookies);
        if let Some(credential) = &hello.auth {
            self.accept(credential).await.map_err(|error| self.turn_away(None, error))?;
        }
        let wants_gym = hello.topics.iter().any(|topic| topic.name == Topic::CheckIns);
        if wants_gym && self.principal.staff.is_none() && self.stale_sign_in {
            let error = ErrorBody::new(ErrorCode::SignInRefused, "The sign-in has expired.");
            return Err(self.turn_away(None, error));
        }
        if self.principal.is_nobody() {
            let error = match hello.topics.first().map(|topic| topic.name) {
                Some(Topic::Guitar(_)) => ErrorBody::new(
                    ErrorCode::InvalidSession,
                    "This device is not part of that guitar session, or the session has ended.",
                ),
                _ => ErrorBody::new(ErrorCode::NotSignedIn, "Please sign in."),
            };
            return Err(self.turn_away(None, error));
        }
        self.enrol().await?;
        self.introduced = true;

        // Opening a topic queues its replay or snapshot; the welcome goes before them. Nothing is
        // written meanwhile: this task is the only writer.
        let mut topics = Vec::new();
        let mut refused = Vec::new();
        let mut named = HashSet::new();
        hello.topics.retain(|request| named.insert(request.name));
        let most = self.state.config.limits.topics as usize;
        for request in hello.topics.iter().skip(most) {
            refused.push(RefusedTopic { name: request.name, error: too_many_topics() });
        }
        for request in hello.topics.iter().take(most) {
            let opened = self.follow(request, |answer| {
                topics.push(answer.clone());
                None
            });
            match opened.await {
                Ok(()) => {}
                Err(error) if error.retryable => return Err(self.turn_away(None, error)),
                Err(error) => refused.push(RefusedTopic { name: request.name, error }),
            }
        }
        let limits = &self.state.config.limits;
        let welcome = Welcome {
            connection: self.handle.id,
            node: self.state.config.server.name.clone(),
            server_time: self.state.now(),
            identity: self.principal.identity(hello.topics.first().map(|topic| topic.name)),
            limits: Limits {
                messages_per_second: limits.messages_per_second,
                burst: limits.burst,
                frame_bytes: limits.frame_bytes,
                topics: limits.topics,
            },
            topics,
            refused,
        };
        let welcome = encode(&Envelope::bare(ServerMessage::Welcome(welcome)));
        self.handle.push_first(welcome);
        Ok(())
    }

    async fn authenticate(&mut self, id: Option<Uuid>, credential: &Credential) -> Result<(), End> {
        self.accept(credential).await.map_err(|error| self.turn_away(id, error))?;
        self.enrol().await?;
        self.introduced = true;
        let identity = Some(self.principal.identity(self.home));
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
        id: Option<Uuid>,
        credential: Credential,
    ) -> Result<(), End> {
        let Credential::Ticket(_) = credential else {
            let text = "An open connection takes a ticket only. Open another one to join.";
            self.answer(id, Err(ErrorBody::new(ErrorCode::NotAllowed, text)));
            return Ok(());
        };
        let before = self.principal.staff.as_ref().map(|staff| staff.user);
        let mut renewed = Principal { staff: None, seats: self.principal.seats.clone() };
        std::mem::swap(&mut self.principal, &mut renewed);
        if let Err(error) = self.accept(&credential).await {
            return Err(self.turn_away(id, error));
        }
        let after = self.principal.staff.as_ref().map(|staff| staff.user);
        if before.is_some() && before != after {
            let text = "Another account cannot take over an open connection.";
            return Err(self.turn_away(id, ErrorBody::new(ErrorCode::NotAllowed, text)));
        }
        self.enrol().await?;
        self.expiry_moved();
        let lost = self.leave_lost_topics();
        self.tell_lost_topics(lost);
        let identity = Some(self.principal.identity(self.home));
        let ack = ServerMessage::Ack(Ack { result: Outcome::Done, identity });
        self.handle.push(encode(&Envelope::bare(ack).with_id(id)));
        Ok(())
    }

    /// The sign-in was revoked from elsewhere.
    pub(super) fn take_revocation(&mut self) -> Result<(), End> {
        match (self.handle.take_revoked(), &self.principal.staff) {
            (Some((sign_in, code)), Some(staff)) if staff.sign_in == sign_in => {
                self.lose_sign_in(code)
            }
            _ => Ok(()),
        }
    }

    /// Goes on without the account. A guitar of the same browser plays on; a connection to which
    /// nothing is left ends.
    pub(super) fn lose_sign_in(&mut self, code: CloseCode) -> Result<(), End> {
        self.principal.staff = None;
        self.handle.forget_sign_in();
        let lost = self.leave_lost_topics();
        if self.principal.is_nobody() || (!lost.is_empty() && self.following.is_empty()) {
            return Err(End::Closed(code));
        }
        self.tell_lost_topics(lost);
        Ok(())
    }

    /// Leaves the topics that the principal does not see any more, and says why of each.
    fn leave_lost_topics(&mut self) -> Vec<(Topic, ErrorBody)> {
        let topics = self.following.iter().map(|following| following.topic);
        let lost: Vec<_> =
            topics.filter_map(|topic| Some((topic, self.may_follow(topic).err()?))).collect();
        lost.iter().for_each(|(topic, _)| self.unfollow(*topic));
        lost
    }

    fn tell_lost_topics(&self, lost: Vec<(Topic, ErrorBody)>) {
        for (topic, error) in lost {
            self.answer_about(None, topic, error);
        }
    }

    async fn accept(&mut self, credential: &Credential) -> Result<(), ErrorBody> {
        let origin = match &self.origin {
            Some(origin) => OriginKind::Ours(origin.clone()),
            None => OriginKind::Absent,
        };
        let connected = self.state.connected();
        match self.state.auth.accept(credential, &origin, &connected).await? {
            Accepted::Staff(staff) => self.principal.staff = Some(staff.into()),
            Accepted::Host(host) => self.principal.take_seat(host.into()),
            Accepted::Participant(phone) => self.principal.take_seat(phone.into()),
        }
        Ok(())
    }

    /// Makes the connection findable, and only then reads its proofs again: a revocation between
    /// the proof and this moment would close nothing.
    async fn enrol(&mut self) -> Result<(), End> {
        let staff = self.principal.staff.as_ref();
        let user = staff.map(|staff| staff.user);
        self.handle.identify(user, staff.map(|staff| staff.sign_in), self.principal.participant());
        let per_user = self.state.config.limits.connections_per_user as usize;
        if user.is_some_and(|user| self.state.hub.connections_of(user) > per_user) {
            return Err(End::Closed(CloseCode::TooManyConnections));
        }
        // A PC that nobody is signed in on counts as its session: others behind its address, such
        // as a school's, must not take its share.
        let seat = self.principal.seats.first().map(|seat| seat.id);
        if let Some(user) = user.or(self.principal.participant()).or(seat) {
            self.count_as(user);
        }
        self.look_again().await.map_err(|error| self.turn_away(None, error))
    }

    /// Reads the rows behind the proofs again: what they say now counts.
    pub(super) async fn look_again(&mut self) -> Result<(), ErrorBody> {
        if let Some(staff) = &self.principal.staff {
            let (sign_in, expires_at) = (staff.sign_in, staff.expires_at);
            let row = self.state.auth.sign_in_row(sign_in, expires_at).await?;
            self.principal.staff = row.map(Into::into);
            if self.principal.is_nobody() {
                return Err(not_signed_in());
            }
        }
        if let Some(phone) = self.principal.participant() {
            let row = self.state.auth.participant_row(phone).await?;
            // With the role of now: the host may have allowed it since the handshake.
            self.principal.take_seat(row.ok_or_else(invalid_session)?.into());
        }
        Ok(())
    }

    /// Says why, and how to go on, in the code of the close frame.
    pub(super) fn turn_away(&mut self, id: Option<Uuid>, error: ErrorBody) -> End {
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
        End::Closed(code)
    }
}

impl From<StaffIdentity> for Staff {
    fn from(staff: StaffIdentity) -> Self {
        Self {
            user: staff.user,
            name: staff.name,
            role: staff.role,
            sign_in: staff.sign_in,
            expires_at: staff.expires_at,
        }
    }
}

impl From<HostIdentity> for Seat {
    fn from(host: HostIdentity) -> Self {
        Self { session: host.session, id: host.session, role: Role::Host }
    }
}

impl From<ParticipantIdentity> for Seat {
    fn from(phone: ParticipantIdentity) -> Self {
        Self { session: phone.session, id: phone.participant, role: phone.role }
    }
}
