//! What the nodes receive. Decisions about order and permission are those of `logic::topic`.

use super::{Simulation, event::ScheduledEvent};
use crate::{
    node::{self, QueuedCommand, QueuedNote},
    reference::BEGIN,
    served_connection::CatchUpReason,
};
use logic::topic::{Deferral, access};
use protocol::{
    ClientMessage, Envelope, ErrorBody, ErrorCode, MessageId, ServerMessage, Topic, server::Outcome,
};

impl Simulation {
    pub(super) fn read_inbox(&mut self, conn: u32) {
        let Some(node) = self.sockets.get(&conn).map(|socket| socket.node) else { return };
        loop {
            let Some(served) = self.nodes[node].connections.get_mut(&conn) else { return };
            if served.busy {
                return;
            }
            if served.topics.answers_first() {
                break;
            }
            let Some(envelope) = served.inbox.pop_front() else { break };
            self.receive(node, conn, envelope);
        }
        self.write(conn);
    }

    fn receive(&mut self, node: usize, conn: u32, envelope: Envelope<ClientMessage>) {
        let Envelope { message, id, topic, .. } = envelope;
        let home = self.nodes[node].connections.get(&conn).and_then(|served| served.home);
        let topic = topic.or(home);
        let counted = !matches!(
            message,
            ClientMessage::Hello(_) | ClientMessage::Ping { .. } | ClientMessage::Visibility { .. }
        );
        if counted && self.now < self.calm && self.rng.chance(10) {
            return self.refuse_for_now(node, conn, id, topic, &message);
        }
        let Some(served) = self.nodes[node].connections.get_mut(&conn) else { return };
        match message {
            ClientMessage::Hello(hello) => {
                served.visible = hello.client.visible;
                self.begin_catch_up(node, conn, CatchUpReason::Hello, hello.topics);
            }
            ClientMessage::Subscribe(request) => {
                self.begin_catch_up(node, conn, CatchUpReason::Subscribe(id), vec![request]);
            }
            ClientMessage::Resync(request) => {
                self.begin_catch_up(node, conn, CatchUpReason::Resync, vec![request]);
            }
            ClientMessage::Unsubscribe { name } => {
                served.leave(name);
                let done = served.topics.answer(id, Ok(Outcome::Done));
                served.queued.push_back(done);
                self.left(node, conn, name);
            }
            ClientMessage::Ping { timestamp } => {
                let server_time = BEGIN + self.now;
                served.push(ServerMessage::Pong { timestamp, server_time });
            }
            ClientMessage::Visibility { visible } => self.set_visible(node, conn, visible),
            message => {
                let id = id.expect("every other message has an id");
                self.carry_out(node, conn, id, topic.expect("and a topic"), message);
            }
        }
    }

    /// A message over the limit.
    fn refuse_for_now(
        &mut self,
        node: usize,
        conn: u32,
        id: Option<MessageId>,
        topic: Option<Topic>,
        message: &ClientMessage,
    ) {
        let wait = self.rng.range(50, 1_000) as u64;
        let Some(served) = self.nodes[node].connections.get_mut(&conn) else { return };
        let error = served.topics.answer(id, Err(node::unavailable(wait)));
        served.queued.push_back(error);
        match served.topics.defer(id, topic, message) {
            Deferral::Nothing => {}
            Deferral::Leave(topic) => {
                served.leave(topic);
                self.left(node, conn, topic);
            }
            Deferral::Close(code) => served.closing = Some(code),
        }
    }

    /// A command or a note.
    fn carry_out(
        &mut self,
        node: usize,
        conn: u32,
        id: MessageId,
        topic: Topic,
        message: ClientMessage,
    ) {
        let Some(served) = self.nodes[node].connections.get_mut(&conn) else { return };
        let role = served.roles.in_topic(topic);
        if let Err(error) = access::check_message(Some(role), &message) {
            return served.answer(node::refusal(id, error));
        }
        // A host takes a role away for a moment; desks keep theirs.
        let is_note = matches!(message, ClientMessage::Note(_));
        if is_note && self.now < self.calm && self.rng.chance(5) {
            self.refused.insert(id);
            let error = ErrorBody::new(ErrorCode::NotAllowed, "The host took the role away.");
            return served.answer(node::refusal(id, error));
        }
        if is_note {
            return self.play(node, conn, id, topic, &message);
        }
        let permit = served.topics.admit_command(Some(id));
        if permit.is_none() {
            (served.awaited, served.busy) = (Some(id), true);
        }
        let command = QueuedCommand { conn, id, permit, message };
        match topic {
            Topic::CheckIns => self.enqueue(node, command),
            Topic::Guitar(_) => self.step(node, command),
        }
    }

    /// A note becomes an event: at once on the only node, otherwise through the broker.
    fn play(
        &mut self,
        node: usize,
        conn: u32,
        id: MessageId,
        topic: Topic,
        message: &ClientMessage,
    ) {
        let shared = self.is_shared();
        let Some(served) = self.nodes[node].connections.get_mut(&conn) else { return };
        if served.topics.get(topic).is_none() {
            let error = ErrorBody::new(ErrorCode::NotSubscribed, "Follow the session first.");
            return served.answer(node::refusal(id, error));
        }
        let permit = match served.topics.admit_note(topic, Some(id)) {
            Ok(permit) => permit,
            Err(error) => return served.answer(node::refusal(id, error)),
        };
        let record = node::record_of(id, message, BEGIN + self.now).expect("a note");
        let note = QueuedNote { conn, permit, record: record.from_connection(conn) };
        (served.awaited, served.busy) = (Some(id), true);
        if !shared {
            return self.publish(node, note);
        }
        let life = self.nodes[node].life;
        let at = self.next_script(node);
        self.at(at, ScheduledEvent::Script { node, life, note: Box::new(note) });
    }

    /// A command waits for the writer.
    pub(super) fn enqueue(&mut self, node: usize, command: QueuedCommand) {
        if self.nodes[node].queue.is_empty() {
            let life = self.nodes[node].life;
            self.soon(1, 60, ScheduledEvent::Commit { node, life });
        }
        self.nodes[node].queue.push(command);
    }
}
