//! Who sits in front of a page.

use crate::rng::SeededRng;
use protocol::{Topic, account::Role};

/// What one device may do.
#[derive(Debug, Clone, Copy)]
pub struct PageRoles {
    /// The role of the account.
    pub gym: Role,
    /// The role of the seat in the session.
    pub session: Role,
}

impl PageRoles {
    /// The role in a topic.
    pub fn in_topic(self, topic: Topic) -> Role {
        match topic {
            Topic::CheckIns => self.gym,
            Topic::Guitar(_) => self.session,
        }
    }

    /// Any roles.
    pub fn choose(rng: &mut SeededRng) -> Self {
        Self {
            gym: [Role::FrontDesk, Role::FrontDesk, Role::Trainer][rng.below(3)],
            session: [Role::Host, Role::Performer, Role::Performer, Role::Spectator][rng.below(4)],
        }
    }

    /// Whether the role may act in a topic. Written here again, as the reference for the server's
    /// check.
    pub fn may_act_in(self, topic: Topic) -> bool {
        match topic {
            Topic::CheckIns => matches!(self.gym, Role::FrontDesk),
            Topic::Guitar(_) => matches!(self.session, Role::Host | Role::Performer),
        }
    }
}
