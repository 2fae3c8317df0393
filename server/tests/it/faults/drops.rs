//! The promise of the link, counted: whoever loses the network for two seconds every ten misses
//! nothing, hears nothing twice, and nothing out of order.
//!
//! `CADENCE_DROPS_CLIENTS=200 CADENCE_DROPS_SECONDS=300` makes it the long form.

use crate::support::{
    linked::Page,
    site::Site,
    traffic::{Flowing, notes},
};
use logic::link::Phase;
use protocol::Topic;
use std::{env, sync::Arc, time::Duration};
use tokio::time::{Instant, sleep_until};

const PERIOD: Duration = Duration::from_secs(10);
const OUTAGE: Duration = Duration::from_secs(2);
const NOTE_EVERY: Duration = Duration::from_millis(50);
/// Every so many clients there is a phone, whose coming and going everybody is told of; the others
/// are pages of the PC.
const PHONE_EVERY: u32 = 10;

fn setting(name: &str, usual: u32) -> u32 {
    env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_drop_out_every_ten_seconds_get_every_message_once_and_in_order() {
    let clients = setting("CADENCE_DROPS_CLIENTS", 40);
    let lasts = Duration::from_secs(setting("CADENCE_DROPS_SECONDS", 25).into());
    let site = Site::new().await;
    let session = site.guitar_session().await;
    let topic = Topic::Guitar(session.session_id);
    let fine = site.network();
    let player = Arc::new(Page::following(site.pc(&fine, &session), "PC", topic).await);
    let mut pages = Vec::new();
    for number in 0..clients {
        let network = site.network();
        let page = if number % PHONE_EVERY == 0 {
            Page::following(site.phone(&network, &session).await, "phone", topic).await
        } else {
            Page::following(site.pc(&network, &session), "PC", topic).await
        };
        pages.push((Arc::new(page), network));
    }

    let began = Instant::now();
    let playing = Flowing::notes(&player, topic, NOTE_EVERY);
    let mut outages = Vec::new();
    for (number, (_, network)) in (0..).zip(&pages) {
        let network = network.clone();
        let first = PERIOD * number / clients;
        outages.push(tokio::spawn(async move {
            let mut cuts = 0;
            let mut at = first;
            while at + OUTAGE < lasts {
                sleep_until(began + at).await;
                network.drop_for(OUTAGE).await;
                (at, cuts) = (at + PERIOD, cuts + 1);
            }
            cuts
        }));
    }
    sleep_until(began + lasts).await;
    let sent = playing.stop().await;
    let mut cuts = 0;
    for outage in outages {
        cuts += outage.await.unwrap();
    }
    player.answered(&sent).await;
    let end = player.see(|record| record.offset(topic));

    let expected: Vec<usize> = (0..sent.len()).collect();
    let (mut reconnects, mut snapshots, mut places, mut wrong) = (0, 0, 0, 0);
    let mut gaps = Vec::new();
    for (page, _) in &pages {
        page.until("the last note", |record| {
            record.phase == Phase::Live && record.offset(topic) >= end
        })
        .await;
        page.assert_clean();
        page.see(|record| {
            wrong += usize::from(notes(record, topic) != expected);
            reconnects += record.closes.len();
            snapshots += record.snapshots(topic) - 1;
            places += record.of(topic).len() - 1;
            gaps.push(record.longest_gap_ms);
        });
    }
    gaps.sort_unstable();
    println!(
        "drops: {clients} clients, {} s, {cuts} outages of {} s, {reconnects} lost connections, \
         {} notes, {places} events delivered in order; {wrong} clients that miss or double a note, {snapshots} \
         snapshots after the first; longest time without a connection: median {} ms, most {} ms",
        lasts.as_secs(),
        OUTAGE.as_secs(),
        sent.len(),
        gaps[gaps.len() / 2],
        gaps[gaps.len() - 1],
    );
    assert_eq!(wrong, 0, "every client has every note, in order, none twice");
    assert_eq!(snapshots, 0, "an outage of two seconds lies within the ring");
    assert!(reconnects >= cuts as usize, "{reconnects} lost connections in {cuts} outages");
}
