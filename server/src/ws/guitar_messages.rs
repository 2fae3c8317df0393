//! Messages of a guitar session: notes, practice, and the host's decisions about phones.

use super::{
    commands::CommandResult,
    connection::{Connection, ConnectionEnd},
    principal::Seat,
    source::FollowedSource,
};
use crate::{
    guitar::{pairing::invalid_session, practice, session as guitar_session},
    state::AppState,
};
use cadence_realtime::hub::{Publication, PublishReceipt, session::SharedSession};
use logic::topic::{
    AnswerPlace, EventOrigin, Permit, PlacedAnswer, access::check_needed, practice::AfterStep,
};
use protocol::{
    ErrorBody, ErrorCode, MessageId, Note, ParticipantId, ServerMessage, Topic,
    account::{Permission, Role},
    guitar::PracticeCommand,
    server::Outcome,
    topic::TopicRequest,
};
use uuid::Uuid;

impl Connection {
    /// Publishes a note in its session. This path does not use the database.
    pub(super) async fn play(
        &mut self,
        id: Option<MessageId>,
        topic: Option<Topic>,
        needed: Option<Permission>,
        note: Note,
    ) {
        let published = match self.publish_note(id, topic, needed, note).await {
            Ok((session, published)) => {
                let place = place_in(&session, published);
                PlacedAnswer { id, result: Ok(Outcome::Done), place }
            }
            Err(error) => return self.answer(id, Err(error)),
        };
        self.place_answer(published);
    }

    async fn publish_note(
        &mut self,
        id: Option<MessageId>,
        topic: Option<Topic>,
        needed: Option<Permission>,
        note: Note,
    ) -> Result<(SharedSession, PublishReceipt), ErrorBody> {
        let message = ServerMessage::Note(logic::guitar::check_note(note)?);
        let session = self.permitted_session(topic, needed)?;
        let permit = self.topics.admit_note(session.log().topic, id)?;
        let origin = Some(EventOrigin { connection: self.handle.id, message: id });
        let publication = Publication { message, origin, outcome: Outcome::Done };
        let published = session.publish(publication, self.state.now()).await;
        if let Some(permit) = permit {
            permit.end(&published);
        }
        Ok((session, published?))
    }

    /// Starts, pauses or ends the practice of a session.
    pub(super) async fn practise(
        &mut self,
        id: Option<MessageId>,
        topic: Option<Topic>,
        needed: Option<Permission>,
        step: practice::PracticeChange,
        command: PracticeCommand,
    ) {
        // Queued commands arrive right behind `hello`, before the page follows the session.
        let seat = match self.seat(topic, needed) {
            Ok(seat) => seat,
            Err(error) => return self.answer(id, Err(error)),
        };
        let permit = self.topics.admit_command(id);
        let session =
            match guitar_session::open(&self.state.store, &self.state.hub, seat.session).await {
                Ok(session) => session,
                Err(error) => {
                    if let Some(permit) = permit.filter(|_| error.retryable) {
                        permit.retry();
                    }
                    return self.answer(id, Err(error));
                }
            };
        let origin = EventOrigin { connection: self.handle.id, message: id };
        let state = self.state.clone();
        let work = carry_out_step(state, session, origin, permit.clone(), step, command);
        self.run_command(id, permit, work).await;
    }

    /// Lets a waiting phone in, or changes its role.
    pub(super) async fn allow(
        &mut self,
        id: Option<MessageId>,
        topic: Option<Topic>,
        needed: Option<Permission>,
        participant: ParticipantId,
        role: Role,
    ) {
        let result = match self.permitted_session(topic, needed) {
            Ok(session) => {
                let AppState { auth, hub, .. } = &self.state;
                guitar_session::allow(auth, hub, &session, participant, role).await
            }
            Err(error) => Err(error),
        };
        self.answer(id, result.map(|()| Outcome::Participant { participant }));
    }

    /// Removes a phone.
    pub(super) async fn remove(
        &mut self,
        id: Option<MessageId>,
        topic: Option<Topic>,
        needed: Option<Permission>,
        participant: ParticipantId,
    ) {
        let result = match self.permitted_session(topic, needed) {
            Ok(session) => {
                let AppState { auth, hub, .. } = &self.state;
                guitar_session::remove(auth, hub, &session, participant).await
            }
            Err(error) => Err(error),
        };
        self.answer(id, result.map(|()| Outcome::Participant { participant }));
    }

    /// This connection's seat in the session that a message is about.
    fn seat(&self, topic: Option<Topic>, needed: Option<Permission>) -> Result<Seat, ErrorBody> {
        let Some(Topic::Guitar(session)) = topic else {
            let text = "Name the guitar session as the topic.";
            return Err(ErrorBody::new(ErrorCode::NotSubscribed, text));
        };
        let seat = self.client.principal.seat(session);
        check_needed(seat.map(|seat| seat.role), needed)?;
        seat.cloned().ok_or_else(invalid_session)
    }

    /// The followed session that a message is about; refuses a role without the permission.
    fn permitted_session(
        &self,
        topic: Option<Topic>,
        needed: Option<Permission>,
    ) -> Result<SharedSession, ErrorBody> {
        let subscription = topic.and_then(|topic| self.topics.get(topic));
        let Some(FollowedSource::Guitar(session)) = subscription.map(|one| &one.source) else {
            let text = "Follow the guitar session first, and name it as the topic.";
            return Err(ErrorBody::new(ErrorCode::NotSubscribed, text));
        };
        self.seat(topic, needed)?;
        Ok(session.clone())
    }

    /// The host changed this phone's role: a waiting phone gets its first snapshot now.
    pub(super) async fn take_role(&mut self) -> Result<(), ConnectionEnd> {
        let Some(role) = self.handle.take_role() else { return Ok(()) };
        let seats = &mut self.client.principal.seats;
        let Some(seat) = seats.iter_mut().find(|seat| seat.role != Role::Host) else {
            return Ok(());
        };
        seat.role = role;
        let topic = Topic::Guitar(seat.session);
        if self.topics.get(topic).is_some_and(|subscription| subscription.waiting) {
            let request = TopicRequest::new(topic, None);
            // Boxed: an idle connection would keep room for it.
            let followed = Box::pin(self.follow(&request, |_| None)).await;
            followed.map_err(|error| self.turn_away(None, error))?;
        }
        Ok(())
    }
}

/// A practice step is stored, announced in the session, and answered.
async fn carry_out_step(
    state: AppState,
    session: SharedSession,
    origin: EventOrigin,
    permit: Option<Permit>,
    step: practice::PracticeChange,
    command: PracticeCommand,
) -> CommandResult {
    // The lock is fair, so the steps of one connection keep their order.
    let _alone = session.practice_lock().await;
    guitar_session::store_played(&state.store, &session).await;
    let id = origin.message.unwrap_or_else(|| MessageId(Uuid::now_v7()));
    let done = practice::command(&state.store, id, permit, session.id(), step, command).await?;
    let (outcome, shown) = (Outcome::Practice(done.update.clone()), session.snapshot().0);
    match AfterStep::of(done.fresh, &shown, &done.update) {
        AfterStep::Answer => Ok((outcome, AnswerPlace::Anywhere)),
        AfterStep::AnnounceCurrent => {
            guitar_session::publish_practice(&state.store, &session).await?;
            Ok((outcome, AnswerPlace::Repeat(session.log().topic, session.log().end())))
        }
        AfterStep::Announce => {
            let message = ServerMessage::PracticeUpdate(done.update);
            let publication =
                Publication { message, origin: Some(origin), outcome: outcome.clone() };
            let published = session.publish(publication, state.now()).await?;
            if state.hub.is_shared() {
                // What fails here is announced by the next sweep.
                let _ = guitar_session::publish_practice(&state.store, &session).await;
            }
            Ok((outcome, place_in(&session, published)))
        }
    }
}

/// Where the answer to a message of a session belongs.
fn place_in(session: &SharedSession, published: PublishReceipt) -> AnswerPlace {
    match published.fresh {
        true => AnswerPlace::Event(session.log().topic, published.at),
        false => AnswerPlace::Repeat(session.log().topic, published.at),
    }
}
