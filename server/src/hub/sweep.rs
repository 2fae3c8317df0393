//! What happens because time passed: gone phones, idle practice, forgotten sessions, the gym's
//! new day.

use super::Publication;
use crate::{check_out, config::days, practice, state::AppState, store};
use protocol::{ErrorBody, Millis, ServerMessage};
use std::time::Duration;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

/// How often presence is looked at.
const TICK: Duration = Duration::from_secs(1);
/// Every so many ticks, what was played is stored: a power cut costs at most this much.
const STORE_EVERY: u64 = 10;
/// A session that nobody has been connected to for so long leaves the memory.
const FORGET_MS: Millis = 10 * 60 * 1000;

/// Runs until cancelled.
pub async fn run(state: AppState, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut count = 0;
    // Since when the database answers.
    let mut steady = None;
    // Zero: what was due while no server ran is done at start.
    let mut day_end = 0;
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
            let since = *steady.get_or_insert(now);
            if store_and_pause(&state, now, since).await.is_err() {
                steady = None;
            }
            state.buckets.sweep(std::time::Instant::now());
        }
        // The cause of a failure is in the log already, and it is tried again.
        if now >= day_end && begin_day(&state, now).await.is_ok() {
            day_end = state.store.clock().day(now).end;
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
            state.store_played(session).await;
        }
    }
    // Held until everybody has been told: nobody starts a clock in between.
    let mut held = Vec::new();
    let mut activity = Vec::new();
    for session in sessions.iter().filter(|session| session.signs_of_life(now).is_some()) {
        let alone = session.try_practice_lock();
        let signs = match &alone {
            Some(_) => session.signs_of_life(now),
            // Somebody is at the clock just now.
            None => Some((now, now)),
        };
        if let Some((input, presence)) = signs {
            activity.push(practice::Activity { session: session.id, input, presence });
            held.extend(alone.map(|alone| (session, alone)));
        }
    }
    let guitar = &state.config.guitar;
    let steady = state.config.database.url.options().is_some().then_some(steady);
    let paused = practice::sweep(&state.store, guitar, now, &activity, steady).await?;
    for (session, update) in paused {
        if let Some(session) = state.hub.session(session) {
            let message = ServerMessage::PracticeUpdate(update);
            // Whoever is not told now is told below, the next time.
            let _ = session.publish(Publication::by_server(message), now).await;
        }
    }
    drop(held);
    if !state.hub.is_shared() {
        return Ok(());
    }
    for session in &sessions {
        // Another node that changed the clock may have died before it told anybody, or not have the
        // session at all.
        if let Some(_alone) = session.try_practice_lock() {
            let _ = state.publish_practice(session).await;
        }
    }
    Ok(())
}

/// The gym's day begins without an event: who forgot to check out is checked out, what is past
/// its time is forgotten, and the figures are sent because of the clock.
async fn begin_day(state: &AppState, now: Millis) -> Result<(), ErrorBody> {
    check_out::close_forgotten(&state.store, state.store.clock().day(now).start).await?;
    state.auth.purge(&state.config.retention).await?;
    let commands = now - days(state.config.retention.commands_days);
    state.store.forget_commands(commands).await?;
    state.hub.publish_stats(state.store.stats(now).await.map_err(store::read_failed)?);
    Ok(())
}
