//! Who sits in front of a page.

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
}
