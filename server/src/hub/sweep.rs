//! What happens because time passed: gone phones, idle practice, forgotten sessions, the gym's
//! new day.

use super::Publication;
use crate::{check_out, config::days, practice, state::AppState, store};
use protocol::{Millis, ServerMessage};
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
            store_and_pause(&state, now).await;
            state.buckets.sweep(std::time::Instant::now());
        }
        if now >= day_end {
            day_end = state.store.clock().day(now).end;
            begin_day(&state, now).await;
        }
    }
}

/// Stores what was played, and pauses practices that show no sign of life.
async fn store_and_pause(state: &AppState, now: Millis) {
    let sessions = state.hub.sessions();
    for session in &sessions {
        let _alone = session.practice_lock().await;
        state.store_played(session).await;
    }
    // Held until everybody has been told: nobody starts a clock in between.
    let mut alone = Vec::new();
    let mut activity = Vec::new();
    for session in sessions.iter().filter(|session| session.signs_of_life(now).is_some()) {
        alone.push(session.practice_lock().await);
        if let Some((input, presence)) = session.signs_of_life(now) {
            activity.push(practice::Activity { session: session.id, input, presence });
        }
    }
    let Ok(paused) = practice::sweep(&state.store, &state.config.guitar, now, &activity).await
    else {
        return;
    };
    for (session, update) in paused {
        if let Some(session) = state.hub.session(session) {
            let message = ServerMessage::PracticeUpdate(update);
            // Everybody is told by the next reading of the clock at the latest.
            let _ = session.publish(Publication::by_server(message), now).await;
        }
    }
}

/// The gym's day begins without an event: who forgot to check out is checked out, what is past
/// its time is forgotten, and the figures are sent because of the clock.
async fn begin_day(state: &AppState, now: Millis) {
    // The cause of a failure is in the log already; the next day tries again.
    let _ = check_out::close_forgotten(&state.store, state.store.clock().day(now).start).await;
    let _ = state.auth.purge(&state.config.retention).await;
    let commands = now - days(state.config.retention.commands_days);
    let _ = state.store.forget_commands(commands).await;
    match state.store.stats(now).await {
        Ok(stats) => state.hub.publish_stats(stats),
        Err(cause) => {
            let _: protocol::ErrorBody = store::read_failed(cause);
        }
    }
}
