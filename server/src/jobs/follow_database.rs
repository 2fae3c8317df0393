//! What this node reads of the others from the database that they share: check-ins that the
//! bus did not bring, sign-ins that were revoked and phones about which a host decided elsewhere.

use crate::state::AppState;
use cadence_realtime::hub::log::NodeLog;
use cadence_store::{DatabaseError, auth_sessions, events::ReplayError, guitar};
use logic::topic::{LogQuery, TopicEvent};
use protocol::{CloseCode, Millis, Topic, server::Outcome};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// How often it is asked who may do less now: a person who was signed out, or a phone that was
/// removed, is out within a second.
const REVOKED_EVERY: Duration = Duration::from_millis(500);
/// So far back it is asked each time. A transaction may be committed a while after the moment that
/// stands in it; closing a connection twice does nothing, nor does learning a role twice.
const REVOKED_WITHIN_MS: Millis = 30_000;
/// Events of one reading; a node that missed more goes on from the log's end.
const READ: u32 = 1_001;
/// Figures are counted again at most so often because of what others did.
const COUNT_EVERY: Duration = Duration::from_millis(100);

/// Runs until cancelled.
pub(crate) async fn run(state: AppState, stop: CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = follow_check_ins(&state) => {}
        () = follow_revocations(&state) => {}
    }
}

async fn follow_check_ins(state: &AppState) {
    let log = state.hub.checkins();
    let changes = log.changes();
    let mut counted = Instant::now();
    loop {
        let mut wake = log.deadline();
        if let Err(cause) = read_check_ins(state, log).await {
            tracing::debug!(%cause, "the log of check-ins cannot be read now");
            log.failed();
        } else if log.end().offset > log.figures_as_of() {
            // Check-ins of another node, which counted the figures for its own pages only.
            let at = counted + COUNT_EVERY;
            wake = wake.min(at);
            if Instant::now() >= at {
                counted = Instant::now();
                match state.store.stats(state.now()).await {
                    Ok(stats) => state.hub.publish_stats(stats),
                    Err(cause) => tracing::debug!(%cause, "the figures cannot be counted now"),
                }
            }
        }
        tokio::select! {
            () = changes.notified() => {}
            () = tokio::time::sleep_until(wake.min(log.deadline()).into()) => {}
        }
    }
}

async fn read_check_ins(state: &AppState, log: &NodeLog) -> Result<(), DatabaseError> {
    let topic = Topic::CheckIns;
    let (from, with_events) = match log.next_query() {
        None => return Ok(()),
        Some(LogQuery::End(from)) => (from, false),
        Some(LogQuery::Events(from)) => (from, true),
    };
    // Asked after `from` was taken: an end before it means that the log went back.
    let end = state.store.position(topic).await?;
    if end.epoch == from.epoch && end.offset < from.offset {
        // The database went back in time: its next offsets would name other events than before.
        let renewed = state.store.begin_epoch(topic, &from.epoch).await;
        return renewed.map_err(|cause| DatabaseError::Protocol(cause.to_string()));
    }
    if !with_events {
        log.compared(&from, &end);
        return Ok(());
    }
    match state.store.events_after(topic, from.offset, READ).await {
        Ok(events) => {
            let fact = |event: cadence_store::LoggedEvent| {
                let outcome = event.outcome.unwrap_or(Outcome::Done);
                let (ts, message, origin) = (event.ts, event.message, event.origin);
                (event.offset, TopicEvent { ts, message, origin, outcome, decided: false })
            };
            log.read(&from, &end, events.into_iter().map(fact).collect());
        }
        Err(ReplayError::Database(cause)) => return Err(cause),
        // Of a newer release: all followers get the whole state.
        Err(_) => log.begin(end),
    }
    Ok(())
}

async fn follow_revocations(state: &AppState) {
    let mut ticks = tokio::time::interval(REVOKED_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    // Until when each was asked for: what is decided while the database is away is not missed.
    let (mut revoked_until, mut decided_until) = (state.now(), state.now());
    loop {
        ticks.tick().await;
        let now = state.now();
        let moment = revoked_until.min(now) - REVOKED_WITHIN_MS;
        match auth_sessions::revoked_since(state.store.reader(), moment).await {
            Ok(revoked) => {
                revoked_until = now;
                for sign_in in revoked {
                    state.hub.end_sign_in(sign_in, CloseCode::NotSignedIn);
                }
            }
            Err(cause) => tracing::debug!(%cause, "revoked sign-ins cannot be asked for now"),
        }
        let moment = decided_until.min(now) - REVOKED_WITHIN_MS;
        match guitar::decided_since(state.store.reader(), moment).await {
            Ok(decided) => {
                decided_until = now;
                for one in decided {
                    state.hub.apply_decision(&one, now);
                }
            }
            Err(cause) => tracing::debug!(%cause, "hosts' decisions cannot be asked for now"),
        }
    }
}
