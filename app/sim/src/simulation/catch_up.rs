//! A connection catches up: the decisions are those of `logic::topic::CatchUp`, the queries take
//! their time, and what happens meanwhile is part of the test.

use super::{Simulation, event::ScheduledEvent};
use crate::{
    node,
    node_topic::SharedTopic,
    reference::ROOM,
    served_connection::{CatchUpProgress, CatchUpReason, CatchUpTask, PendingRead},
    wire_check::FollowMark,
};
use logic::topic::{CatchUp, CatchUpStep, CaughtUp, LogQuery, LogReplay, TopicSource, access};
use protocol::{
    CloseCode, Envelope, ServerMessage, Topic, encode,
    server::{Ack, Outcome},
    topic::TopicRequest,
};

impl Simulation {
    /// A connection asks for topics. Messages that arrive meanwhile wait.
    pub(super) fn begin_catch_up(
        &mut self,
        node: usize,
        conn: u32,
        reason: CatchUpReason,
        requests: Vec<TopicRequest>,
    ) {
        if let Some(served) = self.nodes[node].connections.get_mut(&conn) {
            served.busy = true;
            let requests = requests.into();
            let task = CatchUpTask { reason, requests, current: None, answers: Vec::new() };
            served.catching_up = Some(task);
            self.soon(1, 80, ScheduledEvent::CatchUp { conn });
        }
    }

    /// A query of the catch-up is answered, or its first step is due.
    pub(super) fn continue_catch_up(&mut self, conn: u32) {
        let Some(node) = self.sockets.get(&conn).map(|socket| socket.node) else { return };
        let Some(served) = self.nodes[node].connections.get_mut(&conn) else { return };
        let Some(mut task) = served.catching_up.take() else { return };
        if self.now < self.database_away_until || self.now < self.broker_away_until {
            return self.give_up(node, conn, &task);
        }
        let mut step = match task.current.take() {
            Some((progress, read)) => self.after_read(progress, read),
            None => match self.next_topic(node, conn, &mut task) {
                Some(begun) => begun,
                None => return self.end_catch_up(node, conn, task),
            },
        };
        loop {
            let (progress, next) = step;
            let read = match next {
                CatchUpStep::Done(caught_up) => {
                    self.caught_up(node, conn, &mut task, progress, caught_up);
                    match self.next_topic(node, conn, &mut task) {
                        Some(begun) => step = begun,
                        None => return self.end_catch_up(node, conn, task),
                    }
                    continue;
                }
                CatchUpStep::RefreshRing => PendingRead::Ring,
                CatchUpStep::Replay(from) => {
                    let end = self.reference.gym.end().clone();
                    PendingRead::Replay { after: from.offset, end }
                }
                CatchUpStep::Snapshot => PendingRead::Snapshot,
            };
            task.current = Some((progress, read));
            if let Some(served) = self.nodes[node].connections.get_mut(&conn) {
                served.catching_up = Some(task);
            }
            return self.soon(0, 40, ScheduledEvent::CatchUp { conn });
        }
    }

    /// Begins the next topic. The queries of opening a session are left out.
    fn next_topic(
        &mut self,
        node: usize,
        conn: u32,
        task: &mut CatchUpTask,
    ) -> Option<(CatchUpProgress, CatchUpStep)> {
        let request = task.requests.pop_front()?;
        let topic = self.open_topic(node, request.name);
        if request.name == ROOM && !self.follows_room(node, conn) {
            self.take_seat(node, conn);
        }
        let served = &self.nodes[node].connections[&conn];
        let role = served.roles.in_topic(request.name);
        access::check_follow(Some(role), request.name).expect("every page may see its topics");
        let mut catch_up = CatchUp::new(request.name, request.position(), served.topics.protocol());
        let (figures_version, step) =
            topic.with_log(|log| (log.figures_version(), catch_up.next(log)));
        Some((CatchUpProgress { topic, catch_up, figures_version }, step))
    }

    fn follows_room(&self, node: usize, conn: u32) -> bool {
        let served = self.nodes[node].connections.get(&conn);
        served.is_some_and(|served| served.topics.get(ROOM).is_some())
    }

    fn open_topic(&mut self, node: usize, topic: Topic) -> SharedTopic {
        if self.nodes[node].topic(topic).is_none() {
            self.nodes[node].open_room(self.now, &self.reference);
            self.look(node, ROOM);
            self.announce_if_wrong(node);
        }
        self.nodes[node].topic(topic).expect("it was opened").clone()
    }

    fn after_read(
        &mut self,
        mut progress: CatchUpProgress,
        read: PendingRead,
    ) -> (CatchUpProgress, CatchUpStep) {
        let step = match read {
            PendingRead::Ring => {
                // The session is asked whatever the follower believes to be due.
                let query = LogQuery::Events(progress.topic.end());
                let reading = progress.topic.query(&query, &self.reference);
                progress.topic.read(self.now, reading);
                let topic = progress.topic.clone();
                topic.with_log(|log| progress.catch_up.next(log))
            }
            PendingRead::Replay { after, end } => {
                let events = self.reference.gym.after(after).into_iter();
                let events =
                    events.map(|(offset, record)| (offset, record.event.ts, record.event.message));
                // A newer release wrote an event that this node cannot read.
                let unreadable = self.now < self.calm && self.rng.chance(20);
                let events = (!unreadable).then(|| events.collect());
                progress.catch_up.replayed(LogReplay { end, events })
            }
            PendingRead::Snapshot => {
                let (snapshot, position) = progress.topic.snapshot(&self.reference);
                CatchUpStep::Done(progress.catch_up.snapshot(snapshot, position))
            }
        };
        (progress, step)
    }

    fn caught_up(
        &mut self,
        node: usize,
        conn: u32,
        task: &mut CatchUpTask,
        progress: CatchUpProgress,
        mut caught_up: CaughtUp,
    ) {
        let Some(served) = self.nodes[node].connections.get_mut(&conn) else { return };
        let CatchUpProgress { topic, figures_version, .. } = progress;
        let name = topic.name();
        let answer = caught_up.answer(name, false);
        if let CatchUpReason::Subscribe(id) = task.reason {
            let result = Outcome::Subscribed(answer.clone());
            let ack = ServerMessage::Ack(Ack { result, identity: None });
            served.queued.push_back(encode(&Envelope::bare(ack).with_id(id)));
        }
        task.answers.push(answer);
        let mark = FollowMark::of(name, &caught_up);
        served.queued.push_back(served.wire.mark(mark));
        served.queued.extend(std::mem::take(&mut caught_up.texts));
        let skipped = served.topics.follow(name, topic, caught_up, figures_version, false);
        served.queued.extend(skipped);
    }

    fn end_catch_up(&mut self, node: usize, conn: u32, task: CatchUpTask) {
        let now = self.now;
        if let Some(served) = self.nodes[node].connections.get_mut(&conn) {
            match task.reason {
                CatchUpReason::Hello => {
                    served.queued.push_front(node::welcome(now, task.answers));
                }
                CatchUpReason::Auth => served.queued.push_front(node::auth_ack()),
                _ => {}
            }
            served.resume();
        }
        self.read_inbox(conn);
    }

    /// What the server cannot read now, the client asks for on its next connection.
    fn give_up(&mut self, node: usize, conn: u32, task: &CatchUpTask) {
        if !self.follows_room(node, conn) {
            self.left(node, conn, ROOM);
        }
        if let Some(served) = self.nodes[node].connections.get_mut(&conn) {
            served.resume();
            served.push(ServerMessage::Error(node::unavailable(500)));
            served.closing = Some(match task.reason {
                CatchUpReason::LostCursor => CloseCode::SlowConsumer,
                _ => CloseCode::Restarting,
            });
        }
        self.write(conn);
    }
}
