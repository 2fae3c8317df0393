//! The check of permissions, for use cases, socket and simulation. Which role has which permission
//! stands in [`Role::may`], by which pages hide what a role may not do.

use protocol::{
    ErrorBody, ErrorCode,
    account::{Permission, Role},
};

/// Refuses a role without `permission`. `role` is the account's, or for a guitar session that of the
/// seat in it; `None` when there is neither.
///
/// # Errors
/// `not_signed_in` when an account is needed and missing, otherwise `not_allowed`.
pub fn check_permission(role: Option<Role>, permission: Permission) -> Result<(), ErrorBody> {
    match role {
        Some(role) if role.may(permission) => Ok(()),
        Some(role) => {
            let text = format!("The role {} does not allow this.", role.label());
            Err(ErrorBody::new(ErrorCode::NotAllowed, text))
        }
        None if permission.is_of_account() => Err(not_signed_in()),
        None => {
            let text = "This device has no part in the session.";
            Err(ErrorBody::new(ErrorCode::NotAllowed, text))
        }
    }
}

/// What only a signed-in account may do was asked for without one.
pub fn not_signed_in() -> ErrorBody {
    ErrorBody::new(ErrorCode::NotSignedIn, "Please sign in.")
}
