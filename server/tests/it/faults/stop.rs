//! The ordinary stop of a server, as a deployment does it, and the return of everybody.

use crate::support::{
    linked::Page,
    site::Site,
    traffic::{check_in, visit},
};
use futures_util::future::join_all;
use logic::link::Phase;
use protocol::{MessageId, Topic};
use std::{
    collections::HashSet,
    time::{Duration, Instant},
};
use tokio::time::{sleep, timeout};

#[tokio::test]
async fn a_stop_in_the_middle_of_work_is_a_short_pause_for_everybody() {
    const CHECK_INS: usize = 60;
    let mut site = Site::new().await;
    let network = site.network();
    let members = site.members_outside(CHECK_INS).await;
    let staff = site.staff(&network, "desk").await;
    let desk = Page::following(staff.clone(), "desk", Topic::CheckIns).await;
    let dashboard = Page::following(staff, "dashboard", Topic::CheckIns).await;
    let rows = site.rows().await;
    let before: HashSet<String> = rows.visits().await.into_iter().collect();
    assert_eq!(site.ready().await, Some(200));

    let (early, late) = members.split_at(CHECK_INS / 2);
    let mut sent: Vec<MessageId> =
        early.iter().map(|m| desk.send(Topic::CheckIns, check_in(m))).collect();
    site.terminate();
    sent.extend(late.iter().map(|m| desk.send(Topic::CheckIns, check_in(m))));
    dashboard.until("the goodbye", |record| !record.closes.is_empty()).await;
    assert_ne!(site.ready().await, Some(200), "nobody is sent to a server that stops");
    let status = site.ended().await;
    assert!(status.success(), "{status}");
    assert_eq!(desk.see(|record| record.closes[0]), 4112);
    assert_eq!(dashboard.see(|record| record.closes[0]), 4112);

    site.start(None).await;
    desk.answered(&sent).await;
    let after = rows.visits().await;
    let made: HashSet<String> = after.into_iter().filter(|v| !before.contains(v)).collect();
    let told: HashSet<String> =
        desk.see(|record| sent.iter().filter_map(|id| visit(record, *id)).collect());
    assert_eq!((told.len(), told), (CHECK_INS, made), "each check-in once");
    rows.assert_shown_by(&[&desk, &dashboard]).await;
    for page in [&desk, &dashboard] {
        assert_eq!(page.see(|record| record.snapshots(Topic::CheckIns)), 1, "no page reloads");
    }
}

#[tokio::test]
async fn a_server_that_stops_says_so_first_and_serves_on_until_it_closes() {
    let mut site = Site::with(&[("CADENCE_SERVER__UNREADY_SECONDS", "3")]).await;
    let network = site.network();
    let members = site.members_outside(1).await;
    let staff = site.staff(&network, "desk").await;
    let desk = Page::following(staff, "desk", Topic::CheckIns).await;
    site.terminate();
    while site.ready().await != Some(503) {
        sleep(Duration::from_millis(20)).await;
    }
    let scan = desk.send(Topic::CheckIns, check_in(&members[0]));
    desk.answered(&[scan]).await;
    assert!(desk.see(|record| record.closes.is_empty()), "it is still open");
    desk.until("the goodbye", |record| record.closes == [4112]).await;
    assert!(site.ended().await.success());
    desk.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_clients_come_back_from_a_restart_one_after_the_other() {
    const CLIENTS: usize = 2_000;
    const TOGETHER: usize = 50;
    const BUCKET: Duration = Duration::from_millis(100);
    raise_open_files(20_000);
    let mut site = Site::new().await;
    let session = site.guitar_session().await;
    let topic = Topic::Guitar(session.session_id);
    let network = site.network();
    let mut pages = Vec::with_capacity(CLIENTS);
    while pages.len() < CLIENTS {
        let opening =
            (0..TOGETHER).map(|_| Page::following(site.pc(&network, &session), "PC", topic));
        pages.extend(join_all(opening).await);
    }
    let arrived = network.arrivals().len();
    assert_eq!(arrived, CLIENTS, "each dialled once");

    site.terminate();
    let stopped = Instant::now();
    let status = site.ended().await;
    assert!(status.success(), "{status}");
    let ended = stopped.elapsed();
    site.start(None).await;
    let back = async {
        for page in &pages {
            page.until("its return", |record| {
                record.phase == Phase::Live && record.dials.len() >= 2
            })
            .await;
        }
    };
    timeout(Duration::from_secs(60), back).await.expect("all are back");
    let took = stopped.elapsed();

    let mut buckets = vec![0usize; 1];
    for page in &pages {
        let (first, code) = page.see(|record| (record.dials[1], record.closes[0]));
        assert_eq!(code, 4112);
        let bucket = (first.duration_since(stopped).as_millis() / BUCKET.as_millis()) as usize;
        buckets.resize(buckets.len().max(bucket + 1), 0);
        buckets[bucket] += 1;
    }
    let most = buckets.iter().max().copied().unwrap_or(0);
    println!(
        "restart: {CLIENTS} clients; the server ended after {} ms; first attempts per 100 ms: \
         {buckets:?}; all live after {} ms, {} connections in all",
        ended.as_millis(),
        took.as_millis(),
        network.arrivals().len() - arrived,
    );
    // The window is 1,900 ms: evenly spread, each 100 ms takes 5.3 %. A stampede would be near
    // 100 %; a busy machine may be late with a few of them together.
    assert!(most * 100 <= CLIENTS * 20, "{most} of {CLIENTS} in 100 ms: {buckets:?}");
    assert!(buckets.iter().filter(|count| **count > 0).count() >= 10, "{buckets:?}");
    for page in &pages {
        page.assert_clean();
    }
    // Readiness follows.
    while site.ready().await != Some(200) {
        sleep(Duration::from_millis(50)).await;
    }
}

/// Each client is two ends at the proxy and one of its own.
fn raise_open_files(least: u64) {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < least) {
        limit.current = Some(limit.maximum.map_or(least, |most| most.min(least)));
        setrlimit(Resource::Nofile, limit).unwrap();
    }
}
