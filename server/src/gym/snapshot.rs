//! What the dashboard and the desk begin with.

use cadence_base::identity::StaffIdentity;
use cadence_store::{Store, read_failed};
use protocol::{ErrorBody, account::Permission, gym::GymSnapshot, http::AtPosition};

/// The gym now, at one position of `checkins`.
pub async fn snapshot(
    store: &Store,
    actor: &StaffIdentity,
) -> Result<AtPosition<GymSnapshot>, ErrorBody> {
    actor.check_permission(Permission::SeeGym)?;
    store.gym_snapshot(store.clock().now()).await.map_err(read_failed)
}
