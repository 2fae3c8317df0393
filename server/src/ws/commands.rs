//! Commands whose answers are not there yet.

use super::connection::Connection;
use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesOrdered};
use logic::topic::{AnswerPlace, Permit, PlacedAnswer};
use protocol::{ErrorBody, MessageId, server::Outcome};

/// Commands that wait for their commit; beyond, the connection is not read until some are done.
const MAX_COMMANDS_IN_FLIGHT: usize = 64;

/// Commands in flight, answered in the order in which they arrived.
#[derive(Default)]
pub(super) struct CommandsInFlight {
    commands: FuturesOrdered<BoxFuture<'static, PlacedAnswer>>,
}

/// What a command's work results in.
pub(super) type CommandResult = Result<(Outcome, AnswerPlace), ErrorBody>;

impl CommandsInFlight {
    /// The next answer; `None` when no command is in flight.
    pub(super) async fn next(&mut self) -> Option<PlacedAnswer> {
        self.commands.next().await
    }

    pub(super) fn is_empty(&self) -> bool {
        self.commands.is_empty()
    }

    /// Whether another command may be read.
    pub(super) fn has_room(&self) -> bool {
        self.commands.len() < MAX_COMMANDS_IN_FLIGHT
    }
}

impl Connection {
    /// Carries a command out while further messages are read. A client of the simple protocol is
    /// answered in order, so its commands run one after the other.
    pub(super) async fn run_command(
        &mut self,
        id: Option<MessageId>,
        permit: Option<Permit>,
        work: impl Future<Output = CommandResult> + Send + 'static,
    ) {
        let command = async move {
            match work.await {
                Ok((outcome, place)) => PlacedAnswer { id, result: Ok(outcome), place },
                Err(error) => {
                    // It may have failed before it reached the writer. If it is on disk, its permit
                    // is done and this has no effect.
                    if let Some(permit) = permit.filter(|_| error.retryable) {
                        permit.retry();
                    }
                    PlacedAnswer { id, result: Err(error), place: AnswerPlace::Anywhere }
                }
            }
        };
        if self.topics.is_cadence() {
            self.commands.commands.push_back(command.boxed());
        } else {
            let answer = command.await;
            self.place_answer(answer);
        }
    }
}
