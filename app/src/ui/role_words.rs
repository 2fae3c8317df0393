//! Roles in words.

use protocol::account::Role;
use texts::words;

/// A role's name in the page's language.
pub(crate) fn role_words(role: Role) -> &'static str {
    match role {
        Role::Admin => words!(shared.role_admin),
        Role::Manager => words!(shared.role_manager),
        Role::Staff => words!(shared.role_staff),
        Role::Trainer => words!(shared.role_trainer),
        Role::FrontDesk => words!(shared.role_front_desk),
        Role::Player => words!(shared.role_player),
        Role::Host => words!(shared.role_host),
        Role::Performer => words!(shared.role_performer),
        Role::Spectator => words!(shared.role_spectator),
        Role::Waiting => words!(shared.role_waiting),
    }
}
