//! The nodes compare their topics with the logs of database and broker, and read them.

use super::{Simulation, event::ScheduledEvent};
use crate::node_topic::SimulatedReading;
use logic::topic::LogQuery;
use protocol::Topic;

impl Simulation {
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

    pub(super) fn answered(
        &mut self,
        node: usize,
        life: u32,
        topic: Topic,
        reading: SimulatedReading,
    ) {
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
}
