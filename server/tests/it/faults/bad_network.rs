//! One phone and one desk behind a network that fails, others beside them: whatever happens, each
//! command is carried out and answered once, and everybody ends with the same state.

use crate::support::{
    linked::Page,
    proxy::{Flow, Proxy},
    record::Record,
    site::Site,
    traffic::{Flowing, assert_visits, check_in, note, notes, visit},
};
use logic::link::Phase;
use protocol::{MessageId, Topic};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep, timeout};

/// While the fault lasts, healthy clients get so many answers one after the other.
const ROUND_TRIPS: usize = 30;

/// Everybody.
struct Scene {
    site: Site,
    topic: Topic,
    /// What fails.
    network: Proxy,
    phone: Arc<Page>,
    desk: Arc<Page>,
    pc: Arc<Page>,
    other_desk: Arc<Page>,
    dashboard: Page,
    members: Vec<String>,
}

impl Scene {
    async fn new() -> Self {
        let site = Site::new().await;
        let session = site.guitar_session().await;
        let topic = Topic::Guitar(session.session_id);
        let (network, fine) = (site.network(), site.network());
        let members = site.members_outside(90).await;
        let mut staff = site.staff(&network, "desk").await;
        let desk = Page::following(staff.clone(), "desk", Topic::CheckIns).await;
        staff.address = fine.address;
        let other_desk = Page::following(staff.clone(), "desk", Topic::CheckIns).await;
        let dashboard = Page::following(staff, "dashboard", Topic::CheckIns).await;
        let phone = site.phone(&network, &session).await;
        let phone = Page::following(phone, "phone", topic).await;
        let pc = Page::following(site.pc(&fine, &session), "PC", topic).await;
        let [phone, desk, pc, other_desk] = [phone, desk, pc, other_desk].map(Arc::new);
        Self { site, topic, network, phone, desk, pc, other_desk, dashboard, members }
    }

    /// The healthy ones work as if nothing was.
    async fn assert_others_unaffected(&mut self) {
        let began = Instant::now();
        for round in 0..ROUND_TRIPS {
            let id = self.pc.send(self.topic, note(round));
            self.pc.answered(&[id]).await;
        }
        let member = self.members.pop().unwrap();
        let id = self.other_desk.send(Topic::CheckIns, check_in(&member));
        self.other_desk.answered(&[id]).await;
        let offset = self.other_desk.see(|record| record.offset(Topic::CheckIns));
        let reached = |record: &Record| record.offset(Topic::CheckIns) >= offset;
        self.dashboard.until("the other desk's visit", reached).await;
        let took = began.elapsed();
        // Far below every timeout: nobody waited for the one that is frozen.
        assert!(took < Duration::from_secs(8), "{ROUND_TRIPS} round trips took {took:?}");
        for page in [&*self.pc, &*self.other_desk, &self.dashboard] {
            page.see(|record| assert_eq!(record.phase, Phase::Live));
        }
    }
}

/// Lets notes and visits flow, makes a fault and mends it, and counts.
async fn check<F>(fault: impl FnOnce(Proxy) -> F, mend: impl AsyncFnOnce(&Scene))
where
    F: Future<Output = ()>,
{
    let mut scene = Scene::new().await;
    let rows = scene.site.rows().await;
    let before = rows.visits().await;
    let playing = Flowing::notes(&scene.phone, scene.topic, Duration::from_millis(100));
    let own = scene.members.split_off(scene.members.len() - 80);
    let working = Flowing::visits(&scene.desk, own, Duration::from_millis(120));
    // Something of both is on its way when it happens.
    scene.pc.until("some notes", |record| notes(record, scene.topic).len() >= 5).await;
    fault(scene.network.clone()).await;
    scene.assert_others_unaffected().await;
    mend(&scene).await;
    let (played, worked) = (playing.stop().await, working.stop().await);
    assert!(played.len() > 10 && worked.len() > 10, "{} {}", played.len(), worked.len());
    scene.phone.answered(&played).await;
    scene.desk.answered(&worked).await;

    let everything: Vec<usize> = (0..played.len()).collect();
    let topic = scene.topic;
    scene.pc.until("every note", |record| notes(record, topic).len() >= everything.len()).await;
    assert_eq!(scene.pc.see(|record| notes(record, topic)), everything, "in order, none twice");
    let end = scene.pc.see(|record| record.offset(topic));
    scene.phone.until("the session's end", |record| record.offset(topic) >= end).await;
    // The other desk's visit, which it was told of.
    let mut known = before;
    let others = scene.other_desk.see(|record| {
        let ids: Vec<_> = record.answers.keys().copied().collect();
        ids.iter().filter_map(|id| visit(record, *id)).collect::<Vec<_>>()
    });
    known.extend(others);
    assert_visits(&scene.desk, &worked, &rows, &known).await;
    rows.assert_shown_by(&[&*scene.desk, &*scene.other_desk, &scene.dashboard]).await;
    for page in [&*scene.phone, &*scene.pc, &*scene.desk, &*scene.other_desk, &scene.dashboard] {
        page.assert_clean();
        let snapshots = |topic| page.see(|record| record.snapshots(topic));
        assert_eq!(snapshots(scene.topic) + snapshots(Topic::CheckIns), 1, "only the first one");
    }
}

/// Both that suffer are connected anew.
async fn returned(scene: &Scene) {
    for page in [&scene.phone, &scene.desk] {
        page.until("its return", |r| r.phase == Phase::Live && r.dials.len() >= 2).await;
    }
}

#[tokio::test]
async fn a_connection_that_is_reset_again_and_again_loses_nothing() {
    let fault = async |network: Proxy| {
        for _ in 0..4 {
            network.cut();
            sleep(Duration::from_millis(300)).await;
        }
    };
    check(fault, returned).await;
}

#[tokio::test]
async fn a_network_that_stands_still_for_a_moment_only_delays() {
    let fault = async |network: Proxy| network.flow(Flow::Freeze, Flow::Freeze);
    let mend = async |scene: &Scene| {
        // The moment.
        sleep(Duration::from_secs(2)).await;
        scene.network.flow(Flow::Pass, Flow::Pass);
        for page in [&scene.phone, &scene.desk] {
            let nothing_waits = |record: &Record| record.unanswered < 3;
            page.until("the answers of the moment", nothing_waits).await;
            assert_eq!(page.see(|record| record.dials.len()), 1, "it was no reason to dial anew");
        }
    };
    check(fault, mend).await;
}

#[tokio::test]
async fn a_phone_that_wakes_on_a_dead_network_dials_anew() {
    let fault = async |network: Proxy| network.flow(Flow::Freeze, Flow::Freeze);
    let mend = async |scene: &Scene| {
        for page in [&scene.phone, &scene.desk] {
            page.wake();
            page.until("a new attempt", |record| record.dials.len() >= 2).await;
        }
        scene.network.flow(Flow::Pass, Flow::Pass);
        returned(scene).await;
    };
    check(fault, mend).await;
}

#[tokio::test]
async fn a_client_whose_words_arrive_but_hears_nothing_dials_anew() {
    let fault = async |network: Proxy| network.flow(Flow::Pass, Flow::Freeze);
    let mend = async |scene: &Scene| {
        for page in [&scene.phone, &scene.desk] {
            page.until("a new attempt", |record| record.dials.len() >= 2).await;
        }
        scene.network.flow(Flow::Pass, Flow::Pass);
        returned(scene).await;
    };
    check(fault, mend).await;
}

#[tokio::test]
async fn a_client_that_hears_and_whose_words_are_lost_dials_anew() {
    let fault = async |network: Proxy| network.flow(Flow::Freeze, Flow::Pass);
    let mend = async |scene: &Scene| {
        for page in [&scene.phone, &scene.desk] {
            page.until("a new attempt", |record| record.dials.len() >= 2).await;
        }
        scene.network.flow(Flow::Pass, Flow::Pass);
        returned(scene).await;
    };
    check(fault, mend).await;
}

#[tokio::test]
async fn a_network_of_two_kilobytes_a_second_is_slow_and_complete() {
    let fault = async |network: Proxy| {
        network.flow(Flow::Throttle(2_000), Flow::Throttle(2_000));
    };
    let mend = async |scene: &Scene| {
        // Long enough to be felt; a modem of 1995 had as much.
        let lasts = async {
            scene.desk.until("twenty answers", |record| record.answers.len() >= 20).await;
        };
        let _ = timeout(Duration::from_secs(4), lasts).await;
        scene.network.flow(Flow::Pass, Flow::Pass);
    };
    check(fault, mend).await;
}

#[tokio::test]
async fn a_network_that_answers_late_is_late_and_complete() {
    let late = Flow::Delay(Duration::from_millis(150));
    let fault = async |network: Proxy| network.flow(late, late);
    let mend = async |scene: &Scene| {
        let answers = scene.desk.see(|record| record.answers.len());
        scene.desk.until("more answers", |record| record.answers.len() >= answers + 10).await;
        scene.network.flow(Flow::Pass, Flow::Pass);
    };
    check(fault, mend).await;
}

#[tokio::test]
async fn a_desk_that_is_reloaded_in_the_dark_sends_what_it_kept() {
    const CHECK_INS: usize = 20;
    let scene = Scene::new().await;
    let rows = scene.site.rows().await;
    let before = rows.visits().await;
    scene.network.flow(Flow::Freeze, Flow::Freeze);
    let members = &scene.members[..CHECK_INS];
    let sent: Vec<MessageId> =
        members.iter().map(|m| scene.desk.send(Topic::CheckIns, check_in(m))).collect();
    for _ in 0..3 {
        scene.desk.until("the queue", |record| record.queued == CHECK_INS).await;
        scene.desk.reload();
    }
    assert_eq!(rows.visits().await.len(), before.len(), "nothing has arrived");
    scene.network.flow(Flow::Pass, Flow::Pass);
    scene.desk.answered(&sent).await;
    assert_eq!(rows.visits().await.len(), before.len() + CHECK_INS);
    rows.assert_shown_by(&[&*scene.desk, &*scene.other_desk, &scene.dashboard]).await;
}

#[tokio::test]
async fn a_phone_whose_words_are_lost_dials_anew_also_while_others_play() {
    let site = Site::new().await;
    let session = site.guitar_session().await;
    let topic = Topic::Guitar(session.session_id);
    let (network, fine) = (site.network(), site.network());
    let phone = Page::following(site.phone(&network, &session).await, "phone", topic).await;
    let pc = Arc::new(Page::following(site.pc(&fine, &session), "PC", topic).await);
    let playing = Flowing::notes(&pc, topic, Duration::from_millis(200));
    network.flow(Flow::Freeze, Flow::Pass);
    let began = Instant::now();
    phone.hold_chord(topic, "C");
    phone.until("a new attempt", |record| record.dials.len() >= 2).await;
    let took = began.elapsed();
    playing.stop().await;
    assert!(took < Duration::from_secs(20), "it took {took:?}, and the chip said Live");
}
