//! One closed `match` over everything a client may say. Role and topic are checked here for
//! every message, not only when the connection opens.

use super::{
    connection::{Answered, Connection, Dialect, End, Place, Work},
    follow::Source,
    principal::Seat,
};
use crate::{check_in, check_out, practice, state::AppState, undo_check_in};
use cadence_realtime::hub::{Publication, Published, session::SharedSession};
use cadence_store::{
    Origin,
    commands::{Actor, CommandAnswer, CommandContext},
    turn::{Turn, not_your_turn},
};
use logic::topic::Lane;
use protocol::{
    ClientMessage, CloseCode, Envelope, ErrorBody, ErrorCode, Position, ServerMessage, Topic,
    account::{Permission, Role},
    encode,
    guitar::{PracticeCommand, Timestamp},
    server::{Ack, Outcome},
    topic::TopicRequest,
};
use std::sync::Arc;
use uuid::Uuid;

impl Connection {
    /// Handles one message.
    pub(super) async fn receive(&mut self, envelope: Envelope<ClientMessage>) -> Result<(), End> {
        let Envelope { message, id, topic, .. } = envelope;
        if !self.introduced {
            return self.introduce(id, message).await;
        }
        let topic = topic.or(self.home);
        match message {
            ClientMessage::Hello(_) => {
                self.no(id, ErrorCode::InvalidMessage, "This connection is introduced already.")
            }
            ClientMessage::Auth(credential) => return self.renew(id, credential).await,
            ClientMessage::Subscribe(request) => return self.subscribe(id, request).await,
            ClientMessage::Unsubscribe { name } => {
                self.unfollow(name);
                self.answer(id, Ok(Outcome::Done));
            }
            ClientMessage::Resync(request) => {
                if let Err(error) = self.follow(&request, |_| None).await {
                    return self.not_followed(id, request.name, error);
                }
            }
            ClientMessage::Ping { timestamp } => self.pong(id, timestamp),
            ClientMessage::Visibility { visible } => self.seen(visible),
            ClientMessage::Note(note) => match logic::guitar::check_note(note) {
                Ok(note) => self.play(id, topic, ServerMessage::Note(note)).await,
                Err(error) => self.answer(id, Err(error)),
            },
            ClientMessage::PracticeStart(c) => {
                self.practise(id, topic, practice::Step::Start, c).await;
            }
            ClientMessage::PracticePause(c) => {
                self.practise(id, topic, practice::Step::Pause, c).await;
            }
            ClientMessage::PracticeEnd(c) => {
                self.practise(id, topic, practice::Step::End, c).await;
            }
            ClientMessage::Allow { participant, role } => {
                self.allow(id, topic, participant, role).await;
            }
            ClientMessage::Remove { participant } => self.remove(id, topic, participant).await,
            ClientMessage::CheckIn(command) => {
                if let Some(context) = self.desk(id, command.at) {
                    let state = self.state.clone();
                    let work = async move {
                        desk_work(&state, check_in::check_in(&state.store, context, command).await)
                    };
                    self.run_command(Self::command(id, work)).await;
                }
            }
            ClientMessage::CheckOut(command) => {
                if let Some(context) = self.desk(id, command.at) {
                    let state = self.state.clone();
                    let work = async move {
                        desk_work(
                            &state,
                            check_out::check_out(&state.store, context, command).await,
                        )
                    };
                    self.run_command(Self::command(id, work)).await;
                }
            }
            ClientMessage::UndoCheckIn(command) => {
                if let Some(context) = self.desk(id, command.at) {
                    let state = self.state.clone();
                    let work = async move {
                        desk_work(
                            &state,
                            undo_check_in::undo_check_in(&state.store, context, command).await,
                        )
                    };
                    self.run_command(Self::command(id, work)).await;
                }
            }
        }
        Ok(())
    }

    fn no(&mut self, id: Option<Uuid>, code: ErrorCode, text: &str) {
        self.answer(id, Err(ErrorBody::new(code, text)));
    }

    async fn subscribe(&mut self, id: Option<Uuid>, request: TopicRequest) -> Result<(), End> {
        // A connection without a seat may have missed what the host decided on another node.
        if self.state.hub.is_shared()
            && let Err(error) = self.look_again().await
        {
            return self.not_followed(id, request.name, error);
        }
        let answered = self
            .follow(&request, |answer| {
                let result = Outcome::Subscribed(answer.clone());
                let ack = ServerMessage::Ack(Ack { result, identity: None });
                Some(encode(&Envelope::bare(ack).with_id(id)))
            })
            .await;
        answered.or_else(|error| self.not_followed(id, request.name, error))
    }

    /// What the server could not read now, the client gets on its next connection.
    fn not_followed(&self, id: Option<Uuid>, topic: Topic, error: ErrorBody) -> Result<(), End> {
        let retryable = error.retryable;
        self.answer_about(id, topic, error);
        if retryable { Err(End::Closed(CloseCode::Restarting)) } else { Ok(()) }
    }

    fn pong(&self, id: Option<Uuid>, timestamp: Timestamp) {
        let pong = ServerMessage::Pong { timestamp, server_time: self.state.now() };
        self.handle.push(encode(&Envelope::bare(pong).with_id(id)));
    }

    fn seen(&mut self, visible: bool) {
        self.visible = visible;
        for following in &self.following {
            if let Source::Guitar(session) = &following.source
                && let Some(seat) = self.principal.seat(session.id)
            {
                session.seen(seat.id, self.handle.id, visible, self.state.now());
            }
        }
    }

    // ── guitar ──────────────────────────────────────────────────────────────────────────────

    /// Numbers a note and lets everybody hear it. No database on this path.
    async fn play(&mut self, id: Option<Uuid>, topic: Option<Topic>, message: ServerMessage) {
        let session = match self.seated(topic, |role| matches!(role, Role::Host | Role::Performer))
        {
            Ok((session, _)) => session,
            Err(error) => return self.answer(id, Err(error)),
        };
        let turn = self.notes(topic).map_or(0, Lane::come);
        if let (Some(id), Some(notes)) = (id, self.notes(topic))
            && !notes.may(turn, id)
        {
            notes.put_off(turn, id);
            return self.answer(Some(id), Err(not_your_turn()));
        }
        let origin = Some(Origin { connection: self.handle.id, message: id });
        let publication = Publication { message, origin, outcome: Outcome::Done };
        match session.publish(publication, self.state.now()).await {
            Ok(published) => {
                if let (Some(id), Some(notes)) = (id, self.notes(topic)) {
                    notes.answered(id);
                }
                let place = place_in(&session, published);
                self.settle(Answered { id, result: Ok(Outcome::Done), place });
            }
            Err(error) => {
                if let (true, Some(id), Some(notes)) = (error.retryable, id, self.notes(topic)) {
                    notes.put_off(turn, id);
                }
                self.answer(id, Err(error));
            }
        }
    }

    /// The order of what our client plays in a session. A plain client waits for its answers.
    fn notes(&mut self, topic: Option<Topic>) -> Option<&mut Lane> {
        let ours = self.is_ours();
        let following = self.following.iter_mut().find(|f| ours && Some(f.topic) == topic);
        following.map(|following| &mut following.notes)
    }

    /// A message was refused for now, before it was looked at. Some of them the client does not
    /// send again.
    pub(super) fn put_off(&mut self, envelope: Envelope<ClientMessage>) -> Result<(), End> {
        let Envelope { message, id, topic, .. } = envelope;
        match message {
            // On the next connection everything is asked for anew.
            ClientMessage::Subscribe(_) | ClientMessage::Resync(_) => {
                return Err(End::Closed(CloseCode::TooManyMessages));
            }
            ClientMessage::Unsubscribe { name } => self.unfollow(name),
            ClientMessage::PracticeStart(_)
            | ClientMessage::PracticePause(_)
            | ClientMessage::PracticeEnd(_)
            | ClientMessage::CheckIn(_)
            | ClientMessage::CheckOut(_)
            | ClientMessage::UndoCheckIn(_) => drop(id.map(|id| self.turn(id))),
            ClientMessage::Note(_) => {
                if let (Some(id), Some(notes)) = (id, self.notes(topic.or(self.home))) {
                    let turn = notes.come();
                    notes.put_off(turn, id);
                }
            }
            // Nothing that comes later depends on these.
            ClientMessage::Hello(_)
            | ClientMessage::Auth(_)
            | ClientMessage::Ping { .. }
            | ClientMessage::Visibility { .. }
            | ClientMessage::Allow { .. }
            | ClientMessage::Remove { .. } => {}
        }
        Ok(())
    }

    /// A command of our client comes in its turn. A plain client waits for its answers.
    fn turn(&self, id: Uuid) -> Option<Arc<Turn>> {
        self.is_ours().then(|| Turn::take(&self.order, id))
    }

    async fn practise(
        &mut self,
        id: Option<Uuid>,
        topic: Option<Topic>,
        step: practice::Step,
        command: PracticeCommand,
    ) {
        // Queued commands arrive right behind `hello`, before the page follows the session.
        let seat = match self.seat(topic, |role| matches!(role, Role::Host | Role::Performer)) {
            Ok(seat) => seat,
            Err(error) => return self.answer(id, Err(error)),
        };
        let actor = Actor { user: seat.id, role: seat.role, name: self.device.clone() };
        // Before anything can fail: what comes after it would have to wait.
        let context = self.context(id, actor, command.at);
        let session = match self.state.guitar_session(seat.session).await {
            Ok(session) => session,
            Err(error) => {
                // Its turn ends before the answer, which is the last word about it.
                drop(context);
                return self.answer(id, Err(error));
            }
        };
        let state = self.state.clone();
        let connection = self.handle.id;
        let work = async move {
            // The lock is fair, so the steps of one connection keep their order.
            let _alone = session.practice_lock().await;
            state.store_played(&session).await;
            let done = practice::command(&state.store, context, session.id, step, command).await?;
            let outcome = Outcome::Practice(done.update.clone());
            if !done.fresh {
                // The first answer may be long past.
                state.publish_practice(&session).await?;
                return Ok((outcome, Place::Repeat(session.log.topic, session.log.end())));
            }
            if !session.practice_differs(&done.update) {
                return Ok((outcome, Place::None));
            }
            let published = session.publish(
                Publication {
                    message: ServerMessage::PracticeUpdate(done.update),
                    origin: Some(Origin { connection, message: id }),
                    outcome: outcome.clone(),
                },
                state.now(),
            );
            let published = published.await?;
            if state.hub.is_shared() {
                // Another node may have made a later step and told it earlier. What fails here is
                // told by the next sweep.
                let _ = state.publish_practice(&session).await;
            }
            Ok((outcome, place_in(&session, published)))
        };
        self.run_command(Self::command(id, work)).await;
    }

    async fn allow(&mut self, id: Option<Uuid>, topic: Option<Topic>, who: Uuid, role: Role) {
        let result = match self.seated(topic, |role| role == Role::Host) {
            Ok((session, _)) => self.state.clone().allow(&session, who, role).await,
            Err(error) => Err(error),
        };
        self.answer(id, result.map(|()| Outcome::Participant { participant: who }));
    }

    async fn remove(&mut self, id: Option<Uuid>, topic: Option<Topic>, who: Uuid) {
        let result = match self.seated(topic, |role| role == Role::Host) {
            Ok((session, _)) => self.state.clone().remove(&session, who).await,
            Err(error) => Err(error),
        };
        self.answer(id, result.map(|()| Outcome::Participant { participant: who }));
    }

    /// This connection's seat in the session that a message is about, if its role may.
    fn seat(&self, topic: Option<Topic>, may: impl Fn(Role) -> bool) -> Result<Seat, ErrorBody> {
        let Some(Topic::Guitar(session)) = topic else {
            return Err(ErrorBody::new(
                ErrorCode::NotSubscribed,
                "Name the guitar session as the topic.",
            ));
        };
        let seat = self.principal.seat(session).filter(|seat| may(seat.role));
        let seat = seat.ok_or_else(|| {
            ErrorBody::new(ErrorCode::NotAllowed, "This device may not do that in the session.")
        })?;
        Ok(seat.clone())
    }

    /// The followed session that a message is about and this connection's seat in it.
    fn seated(
        &self,
        topic: Option<Topic>,
        may: impl Fn(Role) -> bool,
    ) -> Result<(SharedSession, Seat), ErrorBody> {
        let following = self.following.iter().find(|f| Some(f.topic) == topic);
        let Some(Source::Guitar(session)) = following.map(|f| &f.source) else {
            return Err(ErrorBody::new(
                ErrorCode::NotSubscribed,
                "Follow the guitar session first, and name it as the topic.",
            ));
        };
        Ok((session.clone(), self.seat(topic, may)?))
    }

    /// The host changed this phone's role: a waiting phone gets its first snapshot now.
    pub(super) async fn take_role(&mut self) -> Result<(), End> {
        let Some(role) = self.handle.take_role() else { return Ok(()) };
        let Some(seat) = self.principal.seats.iter_mut().find(|s| s.role != Role::Host) else {
            return Ok(());
        };
        seat.role = role;
        let topic = Topic::Guitar(seat.session);
        if self.following.iter().any(|f| f.topic == topic && f.waiting) {
            let request = TopicRequest { name: topic, epoch: None, offset: None };
            // Boxed, as in `pull`.
            let followed = Box::pin(self.follow(&request, |_| None)).await;
            followed.map_err(|error| self.turn_away(None, error))?;
        }
        Ok(())
    }

    // ── gym ─────────────────────────────────────────────────────────────────────────────────

    /// A desk command's context, or the refusal in the queue.
    fn desk(&mut self, id: Option<Uuid>, at: Option<protocol::Millis>) -> Option<CommandContext> {
        let Some(staff) = &self.principal.staff else {
            self.no(id, ErrorCode::NotSignedIn, "Sign in to use the desk.");
            return None;
        };
        if !staff.role.may(Permission::UseDesk) {
            let text = format!("The role {} does not use the desk.", staff.role.label());
            self.no(id, ErrorCode::NotAllowed, &text);
            return None;
        }
        let actor = Actor { user: staff.user, role: staff.role, name: staff.name.clone() };
        Some(self.context(id, actor, at))
    }

    fn context(
        &self,
        id: Option<Uuid>,
        actor: Actor,
        at: Option<protocol::Millis>,
    ) -> CommandContext {
        CommandContext {
            id: id.unwrap_or_else(Uuid::now_v7),
            actor,
            connection: Some(self.handle.id),
            message: id,
            at,
            turn: id.and_then(|id| self.turn(id)),
        }
    }

    /// Whether answers to this client carry positions.
    pub(super) fn is_ours(&self) -> bool {
        matches!(self.dialect, Dialect::Ours(_))
    }
}

/// Where the answer to a message of a session belongs.
fn place_in(session: &SharedSession, published: Published) -> Place {
    match published.fresh {
        true => Place::Event(session.log.topic, published.at),
        false => Place::Repeat(session.log.topic, published.at),
    }
}

/// A desk command's answer and its place among the check-ins.
fn desk_work(state: &AppState, answer: Result<CommandAnswer, ErrorBody>) -> Work {
    let CommandAnswer { outcome, event, fresh } = answer?;
    let end = state.hub.checkins().end();
    let place = match event {
        Some((topic, offset)) if fresh => Place::Event(topic, Position { offset, ..end }),
        Some((topic, offset)) => Place::Repeat(topic, Position { offset, ..end }),
        None => Place::None,
    };
    Ok((outcome, place))
}
