//! Which role may send which message, and which topics it may follow. Socket and simulation read
//! both from here.

use crate::permission::check_permission;
use protocol::{
    ClientMessage, ErrorBody, ErrorCode, Topic,
    account::{Permission, Role},
};

/// The permission that a message needs; `None` for one that needs nothing beyond an introduction. A
/// new message does not compile until it has a line here.
pub fn needed_permission(message: &ClientMessage) -> Option<Permission> {
    use ClientMessage as M;
    match message {
        M::Hello(_)
        | M::Auth(_)
        | M::Subscribe(_)
        | M::Unsubscribe { .. }
        | M::Resync(_)
        | M::Ping { .. }
        | M::Visibility { .. } => None,
        M::Note(_) | M::PracticeStart(_) | M::PracticePause(_) | M::PracticeEnd(_) => {
            Some(Permission::PlayInSession)
        }
        M::Allow { .. } | M::Remove { .. } => Some(Permission::DecideAboutPhones),
        M::CheckIn(_) | M::CheckOut(_) | M::UndoCheckIn(_) => Some(Permission::UseDesk),
    }
}

/// Refuses a message that acts, and whose sender lacks the permission for it. `role` is the one in the topic that
/// the message is about: of the seat in the session, or of the account.
///
/// # Errors
/// As [`check_permission`].
pub fn check_message(role: Option<Role>, message: &ClientMessage) -> Result<(), ErrorBody> {
    check_needed(role, needed_permission(message))
}

/// The same for the permission that [`needed_permission`] gave. A message that acts and for which the
/// table names no permission is refused to everyone.
///
/// # Errors
/// As [`check_permission`].
pub fn check_needed(role: Option<Role>, needed: Option<Permission>) -> Result<(), ErrorBody> {
    match needed {
        Some(permission) => check_permission(role, permission),
        None => Err(ErrorBody::new(ErrorCode::NotAllowed, "No role may send this message.")),
    }
}

/// Refuses a role that may not follow a topic. `role` is the one in that topic.
///
/// # Errors
/// `not_signed_in`, `not_allowed` or, for a guitar session, `invalid_session`.
pub fn check_follow(role: Option<Role>, topic: Topic) -> Result<(), ErrorBody> {
    match (topic, role) {
        (Topic::CheckIns, role) => check_permission(role, Permission::SeeGym),
        (Topic::Guitar(_), Some(_)) => Ok(()),
        (Topic::Guitar(_), None) => Err(ErrorBody::new(
            ErrorCode::InvalidSession,
            "This device is not part of that guitar session, or the session has ended.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_has_exactly_its_permissions() {
        use Permission::{DecideAboutPhones, PlayInSession, UseDesk};
        let all = [PlayInSession, DecideAboutPhones, UseDesk];
        let met = |role| {
            let met = |one: &Permission| check_permission(role, *one).is_ok();
            all.into_iter().filter(met).collect::<Vec<_>>()
        };
        assert_eq!(met(None), []);
        assert_eq!(met(Some(Role::Host)), [PlayInSession, DecideAboutPhones]);
        assert_eq!(met(Some(Role::Performer)), [PlayInSession]);
        for role in [Role::Spectator, Role::Waiting, Role::Player, Role::Trainer] {
            assert_eq!(met(Some(role)), []);
        }
        for role in [Role::Admin, Role::Manager, Role::Staff, Role::FrontDesk] {
            assert_eq!(met(Some(role)), [UseDesk]);
        }
    }

    #[test]
    fn a_player_account_does_not_follow_check_ins() {
        let refused = |role| check_follow(role, Topic::CheckIns).map_err(|error| error.code);
        assert_eq!(refused(None), Err(ErrorCode::NotSignedIn));
        assert_eq!(refused(Some(Role::Player)), Err(ErrorCode::NotAllowed));
        assert_eq!(refused(Some(Role::Trainer)), Ok(()));
    }

    #[test]
    fn what_is_refused_for_want_of_a_sign_in_and_what_for_want_of_a_seat() {
        let refused = |permission| check_permission(None, permission).map_err(|error| error.code);
        assert_eq!(refused(Permission::UseDesk), Err(ErrorCode::NotSignedIn));
        assert_eq!(refused(Permission::PlayInSession), Err(ErrorCode::NotAllowed));
    }
}
