//! What the dashboard and the desk begin with.

use cadence_store::{Store, commands::Actor, read_failed};
use protocol::{ErrorBody, account::Permission, gym::GymSnapshot, http::AtPosition};

/// The gym now, at one position of `checkins`.
pub async fn snapshot(store: &Store, actor: &Actor) -> Result<AtPosition<GymSnapshot>, ErrorBody> {
    actor.must(Permission::SeeGym)?;
    store.gym_snapshot(store.clock().now()).await.map_err(read_failed)
}
