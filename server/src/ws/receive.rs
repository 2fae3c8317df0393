//! The dispatch of a client's messages: one arm per message, each of which calls one function.

use super::{
    connection::{Connection, ConnectionEnd},
    source::FollowedSource,
};
use crate::{
    guitar::practice::PracticeChange,
    gym::{check_in, check_out, undo_check_in},
};
use logic::topic::access::needed_permission;
use protocol::{
    ClientMessage, CloseCode, Envelope, ErrorBody, ErrorCode, MessageId, ServerMessage, Topic,
    encode,
    guitar::Timestamp,
    server::{Ack, Outcome},
    topic::TopicRequest,
};

impl Connection {
    /// Handles one message.
    pub(super) async fn receive(
        &mut self,
        envelope: Envelope<ClientMessage>,
    ) -> Result<(), ConnectionEnd> {
        use ClientMessage as M;
        let Envelope { message, id, topic, .. } = envelope;
        if !self.client.introduced {
            return self.introduce(id, message).await;
        }
        let topic = topic.or(self.home);
        let needed = needed_permission(&message);
        match message {
            M::Hello(_) => {
                let text = "This connection is introduced already.";
                self.answer(id, Err(ErrorBody::new(ErrorCode::InvalidMessage, text)));
            }
            M::Auth(credential) => return self.renew(id, credential).await,
            M::Subscribe(request) => return self.subscribe(id, request).await,
            M::Unsubscribe { name } => {
                self.leave(name);
                self.answer(id, Ok(Outcome::Done));
            }
            M::Resync(request) => return self.resync(id, request).await,
            M::Ping { timestamp } => self.pong(id, timestamp),
            M::Visibility { visible } => self.page_visibility(visible),
            M::Note(note) => self.play(id, topic, needed, note).await,
            M::PracticeStart(command) => {
                self.practise(id, topic, needed, PracticeChange::Start, command).await
            }
            M::PracticePause(command) => {
                self.practise(id, topic, needed, PracticeChange::Pause, command).await
            }
            M::PracticeEnd(command) => {
                self.practise(id, topic, needed, PracticeChange::End, command).await
            }
            M::Allow { participant, role } => {
                self.allow(id, topic, needed, participant, role).await
            }
            M::Remove { participant } => self.remove(id, topic, needed, participant).await,
            M::CheckIn(command) => {
                let at = command.at;
                let run = |store, context| async move {
                    check_in::check_in(&store, context, command).await
                };
                self.run_desk_command(id, needed, at, run).await;
            }
            M::CheckOut(command) => {
                let at = command.at;
                let run = |store, context| async move {
                    check_out::check_out(&store, context, command).await
                };
                self.run_desk_command(id, needed, at, run).await;
            }
            M::UndoCheckIn(command) => {
                let at = command.at;
                let run = |store, context| async move {
                    undo_check_in::undo_check_in(&store, context, command).await
                };
                self.run_desk_command(id, needed, at, run).await;
            }
        }
        Ok(())
    }

    async fn subscribe(
        &mut self,
        id: Option<MessageId>,
        request: TopicRequest,
    ) -> Result<(), ConnectionEnd> {
        // A connection without a seat may have missed what the host decided on another node.
        if self.state.hub.is_shared()
            && let Err(error) = self.read_proofs_again().await
        {
            return self.not_followed(id, request.name, error);
        }
        let followed = self.follow(&request, |answer| {
            let result = Outcome::Subscribed(answer.clone());
            let ack = ServerMessage::Ack(Ack { result, identity: None });
            Some(encode(&Envelope::bare(ack).with_id(id)))
        });
        followed.await.or_else(|error| self.not_followed(id, request.name, error))
    }

    async fn resync(
        &mut self,
        id: Option<MessageId>,
        request: TopicRequest,
    ) -> Result<(), ConnectionEnd> {
        let followed = self.follow(&request, |_| None).await;
        followed.or_else(|error| self.not_followed(id, request.name, error))
    }

    /// What the server cannot read now, the client asks for on its next connection.
    fn not_followed(
        &self,
        id: Option<MessageId>,
        topic: Topic,
        error: ErrorBody,
    ) -> Result<(), ConnectionEnd> {
        let retryable = error.retryable;
        self.answer_about(id, topic, error);
        if retryable { Err(ConnectionEnd::Closed(CloseCode::Restarting)) } else { Ok(()) }
    }

    fn pong(&self, id: Option<MessageId>, timestamp: Timestamp) {
        let pong = ServerMessage::Pong { timestamp, server_time: self.state.now() };
        self.handle.push(encode(&Envelope::bare(pong).with_id(id)));
    }

    fn page_visibility(&mut self, visible: bool) {
        self.client.visible = visible;
        for subscription in self.topics.iter() {
            if let FollowedSource::Guitar(session) = &subscription.source
                && let Some(seat) = self.client.principal.seat(session.id())
            {
                session.seen(seat.id, self.handle.id, visible, self.state.now());
            }
        }
    }
}
