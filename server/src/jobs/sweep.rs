//! What happens because time passed: gone phones, idle practice, forgotten sessions, the gym's
//! new day.

use crate::{
    guitar::{practice, session},
    gym::check_out,
    state::AppState,
};
use cadence_config::days;
use cadence_realtime::hub::Publication;

use protocol::{ErrorBody, ErrorCode, Millis, ServerMessage};
use std::time::Duration;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

/// How often presence is looked at.
const TICK: Duration = Duration::from_secs(1);
/// Every so many ticks, what was played is stored: a power cut costs at most this much.
const STORE_EVERY: u64 = 10;
/// After so long without a sweep, this node cannot conclude what was written since the last one.
const STEADY_MS: Millis = 3 * STORE_EVERY as Millis * 1_000;
/// A day that could not be begun is begun again after this.
const BEGIN_AGAIN_MS: Millis = 10_000;
/// A session without a connection for so long leaves the memory.
const FORGET_MS: Millis = 10 * 60 * 1000;

/// Runs until cancelled.
pub(crate) async fn run(state: AppState, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut count = 0;
    // Since when the database answers, and when it was asked last.
    let mut steady: Option<(Millis, Millis)> = None;
    // Zero: what was due while no server ran is done at start.
    let mut begin_at = 0;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        count += 1;
        let now = state.now();
        for session in state.hub.sessions() {
            session.sweep(now);
        }
        state.hub.forget_sessions(now - FORGET_MS);
        if count % STORE_EVERY == 0 {
            let since = steady.filter(|(_, last)| now - last <= STEADY_MS);
            let since = since.map_or(now, |(since, _)| since);
            let swept = store_and_pause(&state, now, since).await;
            steady = swept.is_ok().then_some((since, now));
            state.buckets.sweep(std::time::Instant::now());
        }
        if now >= begin_at {
            // The cause of a failure is in the log already.
            begin_at = match begin_day(&state, now).await {
                Ok(()) => state.store.clock().day(now).end,
                Err(_) => now + BEGIN_AGAIN_MS,
            };
        }
    }
}

/// Stores what was played, and pauses practices that show no sign of life. `steady`: since when the
/// database answers.
async fn store_and_pause(state: &AppState, now: Millis, steady: Millis) -> Result<(), ErrorBody> {
    let sessions = state.hub.sessions();
    for session in &sessions {
        // A command at work stores it itself.
        if let Some(_alone) = session.try_practice_lock() {
            session::store_played(&state.store, session).await;
        }
    }
    // Kept until the pause is published, so that no clock is started in between.
    let mut locks = Vec::new();
    let mut activity = Vec::new();
    for session in sessions.iter().filter(|session| session.signs_of_life(now).is_some()) {
        let alone = session.try_practice_lock();
        let signs = match &alone {
            Some(_) => session.signs_of_life(now),
            // A command holds the clock just now.
            None => Some((now, now)),
        };
        if let Some((input, presence)) = signs {
            activity.push(practice::SessionActivity { session: session.id(), input, presence });
            locks.extend(alone);
        }
    }
    let guitar = &state.config.guitar;
    let steady = state.config.database.url.options().is_some().then_some(steady);
    let paused = practice::sweep(&state.store, guitar, now, &activity, steady).await?;
    for (session, update) in paused {
        if let Some(session) = state.hub.session(session) {
            let message = ServerMessage::PracticeUpdate(update);
            // What is not published now is published below, the next time.
            let _ = session.publish(Publication::by_server(message), now).await;
        }
    }
    drop(locks);
    if !state.hub.is_shared() {
        return Ok(());
    }
    for session in &sessions {
        // Another node that changed the clock may have died before it published the change, or not
        // have the session at all.
        let Some(_alone) = session.try_practice_lock() else { continue };
        match session::publish_practice(&state.store, session).await {
            Ok(()) => {}
            // It is published when the broker answers again.
            Err(error) if error.code == ErrorCode::BrokerUnavailable => break,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The gym's day begins without an event: who forgot to check out is checked out, what is past
/// its time is forgotten, and the figures are sent because of the clock.
async fn begin_day(state: &AppState, now: Millis) -> Result<(), ErrorBody> {
    let (store, retention) = (&state.store, &state.config.retention);
    let closed = check_out::close_forgotten(store, store.clock().day(now).start).await;
    let purged = state.auth.purge(retention).await;
    let forgotten = store.forget_commands(now - days(retention.commands_days)).await;
    let figures = store.stats(now).await.map_err(cadence_store::read_failed);
    let published = figures.map(|figures| state.hub.publish_stats(figures));
    closed.and(purged).and(forgotten.map_err(ErrorBody::from)).and(published)
}
