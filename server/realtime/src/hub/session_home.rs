//! Where a session's log is kept: on this node alone, or with the broker for all nodes.

use super::{
    publication::PublishReceipt,
    session_state::{SessionCore, SessionState},
};
use futures_util::future::BoxFuture;
use logic::{presence::PhoneDecision, topic::TopicEvent};
use protocol::{ErrorBody, Millis};
use std::fmt;

/// What a session does differently when other nodes share it. Methods with a `state` are called
/// while the session's state is locked.
pub(super) trait SessionHome: fmt::Debug + Send + Sync {
    /// Numbers an event and delivers it. The same message id is published once.
    ///
    /// # Errors
    /// `broker_unavailable` when the session is shared and the broker cannot be reached;
    /// `id_conflict` when the message's id came before with other content.
    fn publish<'s>(
        &'s self,
        core: &'s SessionCore,
        event: TopicEvent,
    ) -> BoxFuture<'s, Result<PublishReceipt, ErrorBody>>;

    /// A seat of this node has changed: publishes what follows for the participants.
    fn seats_changed(&self, core: &SessionCore, state: &mut SessionState, now: Millis);

    /// A host decided on this node; the seat is changed already.
    fn decided(
        &self,
        core: &SessionCore,
        state: &mut SessionState,
        decision: PhoneDecision,
        now: Millis,
    );

    /// The database holds this decision: earlier ones about the same phone are not published.
    fn drop_overtaken(&self, decision: PhoneDecision);

    /// Gives up seats whose time to come back is over.
    fn sweep(&self, core: &SessionCore, state: &mut SessionState, now: Millis);

    /// Reads the session's log now, because a client has seen more of it than this node.
    ///
    /// # Errors
    /// `broker_unavailable` when the session is shared and the broker cannot be reached.
    fn catch_up<'s>(
        &'s self,
        core: &'s SessionCore,
        now: Millis,
    ) -> BoxFuture<'s, Result<(), ErrorBody>>;
}
