//! Two server processes on one PostgreSQL and one Redis, of which one is killed while people work
//! and play, and a database that is cut off from its server.

use crate::support::{
    backend::{Backend, TestDatabase},
    linked::Page,
    proxy::{Flow, Proxy},
    redis::TestRedis,
    site::{Rows, Site},
    traffic::{Flowing, assert_visits, notes},
};
use protocol::Topic;
use sqlx::PgPool;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{sync::watch, time::sleep};

const NOTE_EVERY: Duration = Duration::from_millis(15);
const SCAN_EVERY: Duration = Duration::from_millis(25);

/// Two processes, as `cargo xtask run --nodes 2` starts them.
struct Pair {
    one: Site,
    two: Site,
    rows: Rows,
    redis: TestRedis,
}

impl Pair {
    async fn new() -> Self {
        let (database, redis) = (TestDatabase::new(Backend::Postgres).await, TestRedis::one());
        let url = redis.url();
        let settings = [("CADENCE_DATABASE__URL", &*database.url), ("CADENCE_REDIS__URL", &*url)];
        let one = Site::with(&settings).await;
        let two = Site::with(&settings).await;
        let rows = Rows::Postgres(PgPool::connect(&database.url).await.unwrap());
        Self { one, two, rows, redis }
    }
}

/// A desk scans until its server dies at `fault`, and goes on at the other one.
async fn check_node_killed(fault: &str) {
    let Pair { mut one, two, rows, redis: _redis } = Pair::new().await;
    let members = one.members_outside(60).await;
    let before = rows.visits().await;
    one.kill().await;
    one.start(Some(fault)).await;
    let (balanced, direct) = (one.network_with(&two), two.network());
    let staff = one.staff(&balanced, "desk").await;
    let desk = Arc::new(Page::following(staff, "desk", Topic::CheckIns).await);
    let staff = two.staff(&direct, "desk").await;
    let dashboard = Page::following(staff, "dashboard", Topic::CheckIns).await;

    let working = Flowing::visits(&desk, members, SCAN_EVERY);
    assert!(!one.ended().await.success(), "it was to be killed");
    desk.until("the end", |record| !record.closes.is_empty()).await;
    let answers = desk.see(|record| record.answers.len());
    desk.until("work at the other server", |record| record.answers.len() >= answers + 8).await;
    let sent = working.stop().await;
    desk.answered(&sent).await;
    assert_visits(&desk, &sent, &rows, &before).await;
    rows.assert_shown_by(&[&*desk, &dashboard]).await;
    for page in [&*desk, &dashboard] {
        assert_eq!(page.see(|record| record.snapshots(Topic::CheckIns)), 1, "no page reloads");
    }
    assert!(dashboard.see(|record| record.closes.is_empty()), "its server was never away");
}

#[tokio::test]
async fn a_node_that_is_killed_before_its_commit_loses_no_check_in() {
    check_node_killed("before_commit:4").await;
}

#[tokio::test]
async fn a_node_that_is_killed_between_commit_and_publishing_leaves_no_gap_on_the_other() {
    check_node_killed("after_commit:4").await;
}

#[tokio::test]
async fn a_node_that_is_killed_between_publishing_and_answer_checks_nobody_in_twice() {
    check_node_killed("after_publish:4").await;
}

/// Ends a song and fails unless the PC heard each note once and in order.
async fn assert_heard(pc: &Page, phone: &Page, playing: Flowing, topic: Topic) {
    let sent = playing.stop().await;
    phone.answered(&sent).await;
    pc.until("the last note", |record| notes(record, topic).len() >= sent.len()).await;
    let expected: Vec<usize> = (0..sent.len()).collect();
    assert_eq!(pc.see(|record| notes(record, topic)), expected, "each once and in order");
}

/// A phone plays to a PC; one of them is on the server that is killed in the middle of the song.
async fn check_song(phone_moves: bool) {
    let Pair { mut one, two, rows: _, redis: _redis } = Pair::new().await;
    let (balanced, direct) = (one.network_with(&two), two.network());
    let (phones, pcs) = if phone_moves { (balanced, direct) } else { (direct, balanced) };
    let session = two.guitar_session().await;
    let topic = Topic::Guitar(session.session_id);
    let pc = Page::following(two.pc(&pcs, &session), "PC", topic).await;
    let phone = Page::following(two.phone(&phones, &session).await, "phone", topic).await;
    let phone = Arc::new(phone);

    let playing = Flowing::notes(&phone, topic, NOTE_EVERY);
    let heard = |page: &Page| page.see(|record| notes(record, topic).len());
    pc.until("a song", |record| notes(record, topic).len() >= 40).await;
    one.kill().await;
    let moved = if phone_moves { &*phone } else { &pc };
    moved.until("the other server", |record| !record.closes.is_empty()).await;
    let before = heard(&pc);
    pc.until("the song", |record| notes(record, topic).len() >= before + 40).await;
    assert_heard(&pc, &phone, playing, topic).await;
    for page in [&*phone, &pc] {
        page.assert_clean();
        assert_eq!(page.see(|record| record.snapshots(topic)), 1, "the ring reached back");
    }
}

#[tokio::test]
async fn a_phone_whose_node_is_killed_in_a_song_loses_no_note() {
    check_song(true).await;
}

#[tokio::test]
async fn a_pc_whose_node_is_killed_in_a_song_hears_every_note() {
    check_song(false).await;
}

#[tokio::test]
async fn a_redis_that_hangs_for_a_moment_in_a_song_loses_no_note_and_silences_no_phone() {
    let Pair { one, two, rows: _, redis } = Pair::new().await;
    let session = two.guitar_session().await;
    let topic = Topic::Guitar(session.session_id);
    let pc = Page::following(two.pc(&two.network(), &session), "PC", topic).await;
    let phone = one.phone(&one.network(), &session).await;
    let phone = Arc::new(Page::following(phone, "phone", topic).await);

    let playing = Flowing::notes(&phone, topic, NOTE_EVERY);
    let heard = |page: &Page| page.see(|record| notes(record, topic).len());
    for _ in 0..3 {
        let before = heard(&pc);
        pc.until("the song", |record| notes(record, topic).len() >= before + 40).await;
        // Longer than a server waits: what was asked of Redis is refused for now, and done later.
        redis.freeze();
        sleep(Duration::from_millis(900)).await;
        redis.thaw();
    }
    let before = heard(&pc);
    pc.until("the song", |record| notes(record, topic).len() >= before + 40).await;
    assert_heard(&pc, &phone, playing, topic).await;
    for page in [&*phone, &pc] {
        assert!(page.see(|record| record.closes.is_empty()), "nobody had to dial anew");
    }
}

/// PostgreSQL behind a network of its own.
fn behind_proxy(url: &str) -> (Proxy, String) {
    let (server, name) = url.rsplit_once('/').unwrap();
    let (user, address) = server.rsplit_once('@').unwrap();
    let address: SocketAddr = address.parse().unwrap();
    let (leads, target) = watch::channel(Some(address));
    let proxy = Proxy::to(target);
    drop(leads);
    let url = format!("{user}@{}/{name}", proxy.address);
    (proxy, url)
}

// Two threads: the network must carry while the test waits for the server to start.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_cannot_be_reached_keeps_scans_waiting_and_none_is_lost_or_double() {
    let database = TestDatabase::new(Backend::Postgres).await;
    let (cable, url) = behind_proxy(&database.url);
    let site = Site::with(&[("CADENCE_DATABASE__URL", &url)]).await;
    let rows = Rows::Postgres(PgPool::connect(&database.url).await.unwrap());
    let members = site.members_outside(90).await;
    let before = rows.visits().await;
    let network = site.network();
    let staff = site.staff(&network, "desk").await;
    let desk = Arc::new(Page::following(staff.clone(), "desk", Topic::CheckIns).await);
    let dashboard = Page::following(staff, "dashboard", Topic::CheckIns).await;

    let working = Flowing::visits(&desk, members, SCAN_EVERY);
    // Stopped; and cut off without a word, so that nobody knows whether a COMMIT happened.
    for silent in [false, true] {
        let answers = desk.see(|record| record.answers.len());
        desk.until("work", |record| record.answers.len() >= answers + 8).await;
        match silent {
            false => {
                cable.refuse(true);
                cable.cut();
            }
            true => cable.flow(Flow::Freeze, Flow::Freeze),
        }
        ready(&site, 503).await;
        assert!(desk.see(|record| record.closes.is_empty()), "the desk's own link is fine");
        cable.refuse(false);
        cable.flow(Flow::Pass, Flow::Pass);
        ready(&site, 200).await;
    }
    let sent = working.stop().await;
    desk.answered(&sent).await;
    assert_visits(&desk, &sent, &rows, &before).await;
    rows.assert_shown_by(&[&*desk, &dashboard]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_stopped_while_its_database_hangs_ends_and_the_next_one_goes_on() {
    let database = TestDatabase::new(Backend::Postgres).await;
    let (cable, url) = behind_proxy(&database.url);
    let mut site = Site::with(&[("CADENCE_DATABASE__URL", &url)]).await;
    let rows = Rows::Postgres(PgPool::connect(&database.url).await.unwrap());
    let members = site.members_outside(60).await;
    let before = rows.visits().await;
    let network = site.network();
    let staff = site.staff(&network, "desk").await;
    let desk = Arc::new(Page::following(staff, "desk", Topic::CheckIns).await);

    let working = Flowing::visits(&desk, members, SCAN_EVERY);
    desk.until("work", |record| record.answers.len() >= 8).await;
    cable.flow(Flow::Freeze, Flow::Freeze);
    ready(&site, 503).await;
    site.terminate();
    desk.until("the goodbye", |record| record.closes == [4112]).await;
    assert!(site.ended().await.success(), "an ordinary stop");
    cable.flow(Flow::Pass, Flow::Pass);
    site.start(None).await;
    let answers = desk.see(|record| record.answers.len());
    desk.until("work again", |record| record.answers.len() >= answers + 8).await;
    let sent = working.stop().await;
    desk.answered(&sent).await;
    assert_visits(&desk, &sent, &rows, &before).await;
    rows.assert_shown_by(&[&*desk]).await;
}

async fn ready(site: &Site, status: u16) {
    let looking = async {
        while site.ready().await != Some(status) {
            sleep(Duration::from_millis(20)).await;
        }
    };
    let patience = Duration::from_secs(60);
    tokio::time::timeout(patience, looking).await.expect("readiness follows the database");
}
