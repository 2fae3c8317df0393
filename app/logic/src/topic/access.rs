//! Which role may send which message, and which topics it may follow. Socket and simulation use
//! the same check for every message.

use protocol::{
    ClientMessage, ErrorBody, ErrorCode, Topic,
    account::{Permission, Role},
};

/// What a message requires of its sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requirement {
    /// Nothing beyond an introduction.
    Nothing,
    /// A seat in the guitar session that may play.
    Play,
    /// The host's seat in the guitar session.
    Host,
    /// A signed-in account that may use the desk.
    Desk,
}

/// What a message requires. A new message does not compile until it has a line here.
pub fn requirement(message: &ClientMessage) -> Requirement {
    use ClientMessage as M;
    match message {
        M::Hello(_)
        | M::Auth(_)
        | M::Subscribe(_)
        | M::Unsubscribe { .. }
        | M::Resync(_)
        | M::Ping { .. }
        | M::Visibility { .. } => Requirement::Nothing,
        M::Note(_) | M::PracticeStart(_) | M::PracticePause(_) | M::PracticeEnd(_) => {
            Requirement::Play
        }
        M::Allow { .. } | M::Remove { .. } => Requirement::Host,
        M::CheckIn(_) | M::CheckOut(_) | M::UndoCheckIn(_) => Requirement::Desk,
    }
}

impl Requirement {
    /// Refuses a sender whose role does not meet the requirement. `role` is the one in the topic
    /// that the message is about: of the seat in the session, or of the account.
    ///
    /// # Errors
    /// `not_signed_in` for the desk without an account, otherwise `not_allowed`.
    pub fn check(self, role: Option<Role>) -> Result<(), ErrorBody> {
        let met = match self {
            Self::Nothing => true,
            Self::Play => matches!(role, Some(Role::Host | Role::Performer)),
            Self::Host => role == Some(Role::Host),
            Self::Desk => role.is_some_and(|role| role.may(Permission::UseDesk)),
        };
        match met {
            true => Ok(()),
            false => Err(self.refusal(role)),
        }
    }

    fn refusal(self, role: Option<Role>) -> ErrorBody {
        match (self, role) {
            (Self::Desk, None) => {
                ErrorBody::new(ErrorCode::NotSignedIn, "Sign in to use the desk.")
            }
            (Self::Desk, Some(role)) => {
                let text = format!("The role {} does not use the desk.", role.label());
                ErrorBody::new(ErrorCode::NotAllowed, text)
            }
            _ => {
                let text = "This device may not do that in the session.";
                ErrorBody::new(ErrorCode::NotAllowed, text)
            }
        }
    }
}

/// Refuses a role that may not follow a topic. `role` is the one in that topic.
///
/// # Errors
/// `not_signed_in`, `not_allowed` or, for a guitar session, `invalid_session`.
pub fn check_follow(role: Option<Role>, topic: Topic) -> Result<(), ErrorBody> {
    Err(match (topic, role) {
        (Topic::CheckIns, Some(role)) if role.may(Permission::SeeGym) => return Ok(()),
        (Topic::Guitar(_), Some(_)) => return Ok(()),
        (Topic::CheckIns, None) => {
            ErrorBody::new(ErrorCode::NotSignedIn, "Sign in to follow check-ins.")
        }
        (Topic::CheckIns, Some(_)) => {
            ErrorBody::new(ErrorCode::NotAllowed, "Your role does not see check-ins.")
        }
        (Topic::Guitar(_), None) => ErrorBody::new(
            ErrorCode::InvalidSession,
            "This device is not part of that guitar session, or the session has ended.",
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_meets_exactly_its_requirements() {
        use Requirement::{Desk, Host, Nothing, Play};
        let all = [Nothing, Play, Host, Desk];
        let met = |role| all.into_iter().filter(|one| one.check(role).is_ok()).collect::<Vec<_>>();
        assert_eq!(met(None), [Nothing]);
        assert_eq!(met(Some(Role::Host)), [Nothing, Play, Host]);
        assert_eq!(met(Some(Role::Performer)), [Nothing, Play]);
        for role in [Role::Spectator, Role::Waiting, Role::Player, Role::Trainer] {
            assert_eq!(met(Some(role)), [Nothing]);
        }
        for role in [Role::Admin, Role::Manager, Role::Staff, Role::FrontDesk] {
            assert_eq!(met(Some(role)), [Nothing, Desk]);
        }
    }

    #[test]
    fn a_player_account_does_not_follow_check_ins() {
        let refused = |role| check_follow(role, Topic::CheckIns).map_err(|error| error.code);
        assert_eq!(refused(None), Err(ErrorCode::NotSignedIn));
        assert_eq!(refused(Some(Role::Player)), Err(ErrorCode::NotAllowed));
        assert_eq!(refused(Some(Role::Trainer)), Ok(()));
    }
}
