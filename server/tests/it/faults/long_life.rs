//! A server that works for long holds on to nothing: towards the end it needs the memory that it
//! needed after its start, although songs were played, people came and went, and devices lost
//! their connection thousands of times.
//!
//! `CADENCE_LIFE_SECONDS=3600` makes it the long form; `CADENCE_SERVER` names another build of the
//! server, for instance the release.

use crate::support::{
    client::Socket,
    linked::Page,
    site::Site,
    traffic::{Flowing, note},
    world::{hello_stage, topic},
};
use futures_util::future::{Either, select};
use protocol::{Codec, Envelope, MessageId, Topic, encode, http::SessionResponse};
use serde_json::json;
use std::{
    env,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    task::JoinSet,
    time::{Instant, interval, sleep_until},
};
use uuid::Uuid;

/// One song has so many listeners, the others one each.
const LISTENERS: usize = 40;
const SONGS: usize = 10;
const NOTE_EVERY: Duration = Duration::from_millis(20);
const SCAN_EVERY: Duration = Duration::from_millis(100);
/// A device comes and goes this often.
const VISITOR_EVERY: Duration = Duration::from_millis(50);
/// A session that is played once and never again is opened this often.
const SESSION_EVERY: Duration = Duration::from_secs(1);
/// What may be new memory and is none: pages of the allocator and of the database, per cent of all.
const TOLERANCE_PERCENT: i64 = 6;

fn url(site: &Site) -> String {
    site.url("/ws").replace("http", "ws")
}

async fn stage(url: &str, session: &SessionResponse) -> Socket {
    let mut socket = Socket::open(url, Some(Codec::Json.subprotocol()), &[]).await.unwrap();
    socket.say(hello_stage(session, json!([{"name": topic(session)}]))).await;
    socket.hear("snapshot").await;
    socket
}

/// What happened, to be sure that something did.
#[derive(Default)]
struct Counts {
    heard: AtomicU64,
    visitors: AtomicU64,
    sessions: AtomicU64,
}

async fn listen(mut pc: Socket, counts: Arc<Counts>) {
    while pc.next().await.is_some() {
        counts.heard.fetch_add(1, Relaxed);
    }
}

async fn play(mut player: Socket, session: SessionResponse) {
    let mut ticks = interval(NOTE_EVERY);
    for number in 0.. {
        // Its answers are read: one that does not read is closed one day.
        while !matches!(select(pin!(ticks.tick()), pin!(player.next())).await, Either::Left(_)) {}
        let envelope = Envelope::bare(note(number)).with_id(Some(MessageId(Uuid::now_v7())));
        let topic = Some(Topic::Guitar(session.session_id));
        player.say_text(&encode(&Envelope { topic, ..envelope })).await;
    }
}

/// Devices of one session come, play a note and are gone, some of them without a goodbye.
async fn visit(url: String, session: SessionResponse, counts: Arc<Counts>) {
    let mut ticks = interval(VISITOR_EVERY);
    loop {
        ticks.tick().await;
        let mut pc = stage(&url, &session).await;
        pc.say(json!({"type": "mute", "topic": topic(&session), "id": Uuid::now_v7()})).await;
        pc.hear("ack").await;
        if counts.visitors.fetch_add(1, Relaxed).is_multiple_of(2) {
            pc.leave().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_hour_of_work_leaves_the_memory_as_it_was() {
    let seconds = env::var("CADENCE_LIFE_SECONDS").ok().and_then(|text| text.parse().ok());
    let lasts = Duration::from_secs(seconds.unwrap_or(24));
    // Full within seconds, as the usual ones are within minutes or hours.
    let full = [("CADENCE_GUITAR__RING_EVENTS", "64"), ("CADENCE_DATABASE__CACHE_MIB", "1")];
    let site = Arc::new(Site::with(&full).await);
    let (url, counts) = (url(&site), Arc::<Counts>::default());
    let mut work = JoinSet::new();
    for song in 0..SONGS {
        let session = site.guitar_session().await;
        for _ in 0..if song == 0 { LISTENERS } else { 1 } {
            work.spawn(listen(stage(&url, &session).await, Arc::clone(&counts)));
        }
        work.spawn(play(stage(&url, &session).await, session));
    }
    let session = site.guitar_session().await;
    work.spawn(visit(url.clone(), session, Arc::clone(&counts)));
    work.spawn({
        let (site, counts) = (Arc::clone(&site), Arc::clone(&counts));
        async move {
            let mut ticks = interval(SESSION_EVERY);
            loop {
                ticks.tick().await;
                let session = site.guitar_session().await;
                stage(&url, &session).await.leave().await;
                counts.sessions.fetch_add(1, Relaxed);
            }
        }
    });
    let network = site.network();
    let staff = site.staff(&network, "desk").await;
    let desk = Arc::new(Page::following(staff, "desk", Topic::CheckIns).await);
    let members = site.members_outside(80).await;
    let scans = (members.len() * 2 * lasts.as_secs() as usize / 16).max(members.len());
    let members = members.iter().cycle().take(scans).cloned().collect();
    let working = Flowing::visits(&desk, members, SCAN_EVERY);

    let began = Instant::now();
    let mut quarters = [const { Vec::<i64>::new() }; 4];
    for (place, quarter) in quarters.iter_mut().enumerate() {
        let ends = began + lasts * (place as u32 + 1) / 4;
        let mut ticks = interval(lasts / 80);
        while Instant::now() < ends {
            tokio::select! {
                _ = ticks.tick() => quarter.push(site.memory_kb()),
                () = sleep_until(ends) => {}
                Some(ended) = work.join_next() => panic!("somebody has no connection: {ended:?}"),
            }
        }
    }
    let sent = working.stop().await;
    desk.answered(&sent).await;
    desk.assert_clean();
    let medians = quarters.map(|mut quarter| {
        quarter.sort_unstable();
        quarter[quarter.len() / 2]
    });
    let [_, second, _, last] = medians;
    println!(
        "long life: {} s, {} notes heard, {} devices came and went, {} sessions, {} scans; memory \
         in each quarter: {medians:?} KB",
        lasts.as_secs(),
        counts.heard.load(Relaxed),
        counts.visitors.load(Relaxed),
        counts.sessions.load(Relaxed),
        sent.len(),
    );
    assert!(counts.heard.load(Relaxed) > 1_000 * lasts.as_secs());
    assert!(counts.visitors.load(Relaxed) > 2 * lasts.as_secs());
    assert!(
        (last - second) * 100 <= second * TOLERANCE_PERCENT,
        "the memory grew from {second} to {last} KB"
    );
}
