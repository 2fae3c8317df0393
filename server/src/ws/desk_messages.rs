//! A desk's commands: who gives them, and where their answers belong.

use super::{commands::CommandResult, connection::Connection};
use crate::state::AppState;
use cadence_store::{
    Store,
    commands::{CommandAnswer, CommandContext},
};
use logic::{
    permission::not_signed_in,
    topic::{AnswerPlace, access::check_needed},
};
use protocol::{ErrorBody, MessageId, Millis, Position, account::Permission};
use uuid::Uuid;

impl Connection {
    /// Carries out a desk's command, made at `at`, or refuses it.
    pub(super) async fn run_desk_command<R>(
        &mut self,
        id: Option<MessageId>,
        needed: Option<Permission>,
        at: Option<Millis>,
        run: impl FnOnce(Store, CommandContext) -> R + Send + 'static,
    ) where
        R: Future<Output = Result<CommandAnswer, ErrorBody>> + Send + 'static,
    {
        let staff = self.client.principal.staff.as_ref();
        let allowed = check_needed(staff.map(|staff| staff.role), needed);
        let (Some(staff), Ok(())) = (staff, &allowed) else {
            return self.answer(id, Err(allowed.err().unwrap_or_else(not_signed_in)));
        };
        let actor = staff.clone();
        let permit = self.topics.admit_command(id);
        let context = CommandContext {
            id: id.unwrap_or_else(|| MessageId(Uuid::now_v7())),
            actor,
            connection: Some(self.handle.id),
            message: id,
            at,
            permit: permit.clone(),
        };
        let state = self.state.clone();
        let work = async move {
            let answer = run(state.store.clone(), context).await;
            place_desk_answer(&state, answer)
        };
        self.run_command(id, permit, work).await;
    }
}

/// A desk command's answer and its place among the check-ins.
fn place_desk_answer(state: &AppState, answer: Result<CommandAnswer, ErrorBody>) -> CommandResult {
    let CommandAnswer { outcome, event, fresh } = answer?;
    let end = state.hub.checkins().end();
    let place = match event {
        Some((topic, offset)) if fresh => AnswerPlace::Event(topic, Position { offset, ..end }),
        Some((topic, offset)) => AnswerPlace::Repeat(topic, Position { offset, ..end }),
        None => AnswerPlace::Anywhere,
    };
    Ok((outcome, place))
}
