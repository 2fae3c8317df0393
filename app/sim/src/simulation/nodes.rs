//! What the nodes do: receive, commit, publish, inform each other, read logs, write, end and start
//! again. Decisions about topics and order are those of `logic::topic`.

use super::{SILENCE_MS, Simulation, event::ScheduledEvent};
use crate::{
    node::{self, CatchUpReason, LogReading, QueuedCommand, QueuedNote, ServerNode},
    reference::{BEGIN, GYM, LogRecord, ROOM},
};
use logic::topic::{AnswerPlace, Deferral, LogQuery, PlacedAnswer, TopicEvent, access};
use protocol::{
    ClientMessage, CloseCode, Envelope, ErrorBody, ErrorCode, Position, ServerMessage, Topic,
    server::Outcome,
};
use uuid::Uuid;

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
            }
            ClientMessage::Ping { timestamp } => {
                let server_time = BEGIN + self.now;
                served.push(ServerMessage::Pong { timestamp, server_time });
            }
            ClientMessage::Visibility { .. } => {}
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
        id: Option<Uuid>,
        topic: Option<Topic>,
        message: &ClientMessage,
    ) {
        let wait = self.rng.range(50, 1_000) as u64;
        let Some(served) = self.nodes[node].connections.get_mut(&conn) else { return };
        let error = served.topics.answer(id, Err(node::unavailable(wait)));
        served.queued.push_back(error);
        match served.topics.defer(id, topic, message) {
            Deferral::Nothing => {}
            Deferral::Leave(topic) => served.leave(topic),
            Deferral::Close(code) => served.closing = Some(code),
        }
    }

    /// A command or a note.
    fn carry_out(
        &mut self,
        node: usize,
        conn: u32,
        id: Uuid,
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
        let permit = served.topics.admit_command(Some(id)).expect("Cadence's client keeps order");
        let command = QueuedCommand { conn, id, permit, message };
        match topic {
            Topic::CheckIns => self.enqueue(node, command),
            Topic::Guitar(_) => self.step(node, command),
        }
    }

    /// A note becomes an event: at once on the only node, otherwise through the broker.
    fn play(&mut self, node: usize, conn: u32, id: Uuid, topic: Topic, message: &ClientMessage) {
        let shared = self.nodes.len() > 1;
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
        if !shared {
            return self.publish(node, note);
        }
        served.busy = true;
        let life = self.nodes[node].life;
        let delay = self.delay();
        let at = self.script_at[node].max(self.now + delay);
        self.script_at[node] = at;
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

    pub(super) fn write_all(&mut self, node: usize) {
        let conns: Vec<u32> = self.nodes[node].connections.keys().copied().collect();
        conns.into_iter().for_each(|conn| self.write(conn));
    }

    pub(super) fn write(&mut self, conn: u32) {
        let Some(node) = self.sockets.get(&conn).map(|socket| socket.node) else { return };
        let (now, limits) = (self.now, self.frame_limits);
        let Some(served) = self.nodes[node].connections.get_mut(&conn) else { return };
        if now < served.blocked_until || served.busy {
            return;
        }
        if now - served.received_at > SILENCE_MS {
            return self.end_at_server(conn);
        }
        let protocol = served.topics.protocol();
        let (parts, lost) = match served.next_parts(now, &limits) {
            Ok(next) => (next.parts, next.catch_up),
            Err(code) => {
                served.closing = Some(code);
                (Vec::new(), Vec::new())
            }
        };
        let closing = served.closing;
        if !parts.is_empty() {
            let texts = parts.into_iter().map(|part| node::text(part, protocol)).collect();
            self.send_down(node, conn, texts);
        }
        for topic in [GYM, ROOM] {
            if self.nodes[node].topic(topic).is_some_and(|topic| topic.take_suspicion(now)) {
                self.look(node, topic);
            }
        }
        if let Some(code) = closing {
            self.nodes[node].connections.remove(&conn);
            return self.cut(conn, code.number());
        }
        if !lost.is_empty() {
            self.begin_catch_up(node, conn, CatchUpReason::LostCursor, lost);
        }
    }

    pub(super) fn commit(&mut self, node: usize, life: u32) {
        if !self.alive(node, life) {
            return;
        }
        let queue = std::mem::take(&mut self.nodes[node].queue);
        if self.now < self.database_away_until {
            for command in queue {
                let wait = self.rng.range(100, 2_000) as u64;
                command.permit.retry();
                self.nodes[node].refuse(command.conn, command.id, wait);
                self.not_committed(node, &command);
            }
            return self.write_all(node);
        }
        // Where the process dies, if it does: before the commit, after it, or after it has informed
        // some of the others.
        let dies = (self.now < self.calm && self.rng.chance(15)).then(|| self.rng.below(3));
        if dies == Some(0) {
            return self.crash(node);
        }
        let mut answers = Vec::new();
        let mut steps = Vec::new();
        let mut events = Vec::new();
        for command in queue {
            // One of two transactions that waited for each other gives way.
            let deadlock = self.now < self.calm && self.rng.chance(5);
            if deadlock || !command.permit.is_due() {
                command.permit.retry();
                self.nodes[node].refuse(command.conn, command.id, 100);
                self.not_committed(node, &command);
                continue;
            }
            let (conn, id) = (command.conn, command.id);
            if Self::is_step(&command.message) {
                let (step, fresh) = self.reference.step(id);
                steps.push((command, step, fresh));
                continue;
            }
            let Some(record) = node::record_of(id, &command.message, BEGIN + self.now) else {
                continue;
            };
            let (at, fresh) = self.reference.gym.append(record.clone());
            let outcome = self.reference.gym.answer(id).unwrap_or(Outcome::Done);
            answers.push((command, outcome, fresh.then(|| at.clone())));
            if fresh {
                events.push((at, record.from_connection(conn).event));
            }
        }
        if dies == Some(1) {
            return self.crash(node);
        }
        for (at, event) in &events {
            let event = TopicEvent { origin: None, ..event.clone() };
            self.inform_others(node, GYM, at, &event);
        }
        if dies == Some(2) {
            return self.crash(node);
        }
        for (at, event) in events {
            self.nodes[node].gym.hint(self.now, &at, event);
        }
        // Connections may write between the events and the answers.
        if self.rng.chance(500) {
            self.write_all(node);
        }
        for (command, outcome, event) in answers {
            let place = match event {
                Some(at) => AnswerPlace::Event(GYM, at),
                None => AnswerPlace::Repeat(GYM, self.reference.gym.end().clone()),
            };
            command.permit.done();
            let (id, result) = (Some(command.id), Ok(outcome));
            self.nodes[node].answer(command.conn, PlacedAnswer { id, result, place });
        }
        for (command, step, fresh) in steps {
            self.stepped(node, command, step, fresh);
        }
        self.look(node, GYM);
        self.write_all(node);
    }

    fn not_committed(&mut self, node: usize, command: &QueuedCommand) {
        if Self::is_step(&command.message) {
            self.step_over(node);
        }
    }

    pub(super) fn script(&mut self, node: usize, life: u32, note: QueuedNote) {
        if !self.alive(node, life) {
            return;
        }
        let conn = note.conn;
        if let Some(served) = self.nodes[node].connections.get_mut(&conn) {
            served.resume();
        }
        if self.now < self.broker_away_until {
            self.not_published(node, &note);
        } else {
            self.publish(node, note);
        }
        self.read_inbox(conn);
    }

    fn not_published(&mut self, node: usize, note: &QueuedNote) {
        if let Some(permit) = &note.permit {
            permit.retry();
        }
        self.nodes[node].refuse(note.conn, note.record.id, 300);
    }

    fn publish(&mut self, node: usize, note: QueuedNote) {
        let conn = note.conn;
        let (at, fresh) = self.reference.room.append(note.record.clone());
        if fresh {
            self.inform_others(node, ROOM, &at, &note.record.event);
        }
        // The reply may be lost although the script ran.
        if self.nodes.len() > 1 && self.now < self.calm && self.rng.chance(20) {
            self.not_published(node, &note);
            return self.write(conn);
        }
        let QueuedNote { permit, record: LogRecord { id, event }, .. } = note;
        let result = Ok(event.outcome.clone());
        if fresh && let Some(room) = &self.nodes[node].room {
            room.hint(self.now, &at, event);
        }
        if self.rng.chance(500) {
            self.write_all(node);
        }
        if let Some(permit) = permit {
            permit.done();
        }
        let place = match fresh {
            true => AnswerPlace::Event(ROOM, at),
            false => AnswerPlace::Repeat(ROOM, at),
        };
        self.nodes[node].answer(conn, PlacedAnswer { id: Some(id), result, place });
        self.look(node, ROOM);
        self.write_all(node);
    }

    pub(super) fn inform_others(
        &mut self,
        from: usize,
        topic: Topic,
        at: &Position,
        event: &TopicEvent,
    ) {
        for node in (0..self.nodes.len()).filter(|node| *node != from) {
            let times = match self.rng.below(20) {
                0 => 0,
                1 => 2,
                _ => 1,
            };
            for _ in 0..times {
                let life = self.nodes[node].life;
                let (at, event) = (at.clone(), Box::new(event.clone()));
                self.soon(0, 90, ScheduledEvent::Hint { node, life, at, topic, event });
            }
        }
    }

    pub(super) fn hint(
        &mut self,
        node: usize,
        life: u32,
        topic: Topic,
        at: &Position,
        event: TopicEvent,
    ) {
        if self.alive(node, life)
            && let Some(topic_of_node) = self.nodes[node].topic(topic)
        {
            topic_of_node.hint(self.now, at, event);
            self.look(node, topic);
            self.write_all(node);
        }
    }

    /// Schedules the moment at which a follower's next query becomes due.
    pub(super) fn look(&mut self, node: usize, topic: Topic) {
        let (now, life) = (self.now, self.nodes[node].life);
        if let Some(topic_of_node) = self.nodes[node].topic(topic) {
            let at = topic_of_node.deadline().max(now);
            self.at(at, ScheduledEvent::Look { node, life, topic });
        }
    }

    pub(super) fn look_now(&mut self, node: usize, life: u32, topic: Topic) {
        if !self.alive(node, life) {
            return;
        }
        let now = self.now;
        let Some(topic_of_node) = self.nodes[node].topic(topic) else { return };
        if topic_of_node.reading.get() {
            return;
        }
        if let Some(query) = topic_of_node.next_query(now) {
            topic_of_node.reading.set(true);
            self.soon(1, 60, ScheduledEvent::Query { node, life, topic, query });
        }
    }

    pub(super) fn query(&mut self, node: usize, life: u32, topic: Topic, query: &LogQuery) {
        if !self.alive(node, life) {
            return;
        }
        let away = match topic {
            Topic::CheckIns => self.database_away_until,
            Topic::Guitar(_) => self.broker_away_until,
        };
        let Some(topic_of_node) = self.nodes[node].topic(topic) else { return };
        if self.now < away {
            topic_of_node.reading.set(false);
            topic_of_node.failed(self.now);
            return self.look(node, topic);
        }
        let reading = Box::new(topic_of_node.query(query, &self.reference));
        self.soon(0, 40, ScheduledEvent::Answered { node, life, topic, reading });
    }

    pub(super) fn answered(&mut self, node: usize, life: u32, topic: Topic, reading: LogReading) {
        if !self.alive(node, life) {
            return;
        }
        if let Some(topic_of_node) = self.nodes[node].topic(topic) {
            topic_of_node.reading.set(false);
            let (before, epoch) = (topic_of_node.state(), topic_of_node.end().epoch);
            topic_of_node.read(self.now, reading);
            let (after, now) = (topic_of_node.state(), topic_of_node.end().epoch);
            if epoch != now
                && let Some(update) = logic::topic::practice::to_restore(before, &after)
            {
                self.restore_clock(node, &update, &now);
            }
        }
        self.look(node, topic);
        self.write_all(node);
    }

    pub(super) fn crash(&mut self, node: usize) {
        if !self.nodes[node].up {
            return;
        }
        let conns: Vec<u32> = self.nodes[node].connections.keys().copied().collect();
        self.nodes[node].crash();
        if self.nodes.len() == 1 {
            self.reference.room.lose();
        }
        for conn in conns {
            // A killed process's kernel closes its sockets; a machine without power does not.
            if self.rng.chance(800) {
                self.soon(0, 100, ScheduledEvent::EndAtClient { conn, code: 1006 });
            }
        }
        self.soon(50, 8_000, ScheduledEvent::Start { node });
    }

    pub(super) fn start(&mut self, node: usize) {
        if !self.nodes[node].up {
            let life = self.nodes[node].life + 1;
            self.nodes[node] = ServerNode::start(self.now, life, self.capacity, &self.reference);
            self.look(node, GYM);
            let life = self.nodes[node].life;
            self.soon(0, 10_000, ScheduledEvent::Sweep { node, life });
        }
    }

    /// A server that is asked to stop: it tells its clients when to come back, and closes.
    pub(super) fn drain(&mut self, node: usize) {
        let conns: Vec<u32> = self.nodes[node].connections.keys().copied().collect();
        for conn in conns {
            let message = ServerMessage::ServerRestart { min_ms: 100, max_ms: 3_000 };
            if let Some(served) = self.nodes[node].connections.get_mut(&conn) {
                served.push(message);
                served.closing = Some(CloseCode::Restarting);
                served.resume();
                served.blocked_until = 0;
            }
            self.write(conn);
        }
        self.crash(node);
    }
}
