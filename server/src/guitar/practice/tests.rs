use super::*;
use crate::auth::{
    Caller, OriginKind, RequestIdentity,
    cookies::Cookies,
    test_auth::{self, START, TestAuth},
};
use protocol::{GuestId, MessageId, SessionId};
use std::net::IpAddr;
use uuid::Uuid;

const SECOND: Millis = 1_000;
const MINUTE: Millis = 60_000;

struct Stage {
    test: TestAuth,
    session: SessionId,
    owner: PracticeOwner,
}

async fn stage() -> Stage {
    let test = test_auth::auth().await;
    let pc = Caller {
        peer: IpAddr::from([127, 0, 0, 1]),
        may_sign_in: true,
        origin: OriginKind::Ours("http://localhost:3000".to_owned()),
        who: RequestIdentity::default(),
        cookies: Cookies::default(),
    };
    let hosting = pairing::open(&test.auth, &pc).await.expect("opened");
    let (guest, _) = hosting.guest.expect("a browser is a guest");
    Stage { test, session: hosting.session, owner: PracticeOwner::Guest(guest) }
}

fn message_id() -> MessageId {
    MessageId(Uuid::now_v7())
}

impl Stage {
    async fn run(&self, step: PracticeChange) -> Result<PracticeAnswer, ErrorCode> {
        self.run_as(message_id(), step, PracticeCommand::default()).await
    }

    async fn run_as(
        &self,
        id: MessageId,
        step: PracticeChange,
        said: PracticeCommand,
    ) -> Result<PracticeAnswer, ErrorCode> {
        command(self.test.auth.store(), id, None, self.session, step, said)
            .await
            .map_err(|e| e.code)
    }

    async fn sweep(&self, activity: &[SessionActivity]) -> Vec<(SessionId, PracticeUpdate)> {
        self.sweep_beside_others(activity, None).await
    }

    async fn sweep_beside_others(
        &self,
        activity: &[SessionActivity],
        steady: Option<Millis>,
    ) -> Vec<(SessionId, PracticeUpdate)> {
        let (store, guitar) = (self.test.auth.store(), self.test.auth.guitar());
        sweep(store, guitar, self.test.auth.now(), activity, steady).await.expect("swept")
    }

    async fn clock(&self) -> PracticeUpdate {
        current(self.test.auth.store(), self.session).await.expect("read").expect("a practice")
    }

    async fn page(&self) -> PracticePage {
        page(&self.test.auth, self.owner, None).await.expect("a page")
    }
}

#[tokio::test]
async fn pauses_are_left_out_and_an_end_begins_a_new_record() {
    let stage = stage().await;
    let started = stage.run(PracticeChange::Start).await.expect("started");
    assert_eq!(started.update.status, PracticeStatus::Started);
    assert_eq!(started.update.timestamp, Timestamp::Millis(START));
    assert!(started.changed && started.fresh);
    stage.test.pass(10 * SECOND);
    assert_eq!(stage.clock().await.elapsed_ms, 10 * SECOND, "it runs");
    stage.run(PracticeChange::Pause).await.expect("paused");
    stage.test.pass(60 * SECOND);
    assert_eq!(stage.clock().await.elapsed_ms, 10 * SECOND, "it stands");
    stage.run(PracticeChange::Start).await.expect("goes on");
    stage.test.pass(5 * SECOND);
    let ended = stage.run(PracticeChange::End).await.expect("ended");
    assert_eq!(ended.update.status, PracticeStatus::Ended);
    assert_eq!(ended.update.elapsed_ms, 15 * SECOND);

    stage.test.pass(SECOND);
    stage.run(PracticeChange::Start).await.expect("another");
    let page = stage.page().await;
    assert_eq!((page.total, page.total_ms), (2, 15 * SECOND));
    assert_eq!(page.records[0].status, PracticeStatus::Started);
    assert_eq!(page.records[1].ended_at, Some(START + 75 * SECOND));
}

#[tokio::test]
async fn what_is_so_already_changes_nothing() {
    let stage = stage().await;
    assert_eq!(stage.run(PracticeChange::Pause).await.err(), Some(ErrorCode::NoPractice));
    assert_eq!(stage.run(PracticeChange::End).await.err(), Some(ErrorCode::NoPractice));
    stage.run(PracticeChange::Start).await.expect("started");
    stage.test.pass(3 * SECOND);
    let again = stage.run(PracticeChange::Start).await.expect("the other device");
    assert!(!again.changed);
    assert_eq!(again.update.elapsed_ms, 3 * SECOND);
    stage.run(PracticeChange::End).await.expect("ended");
    assert_eq!(stage.run(PracticeChange::End).await.err(), Some(ErrorCode::NoPractice));
    assert_eq!(stage.page().await.total, 1);
}

#[tokio::test]
async fn one_id_runs_once() {
    let stage = stage().await;
    let (id, said) = (message_id(), PracticeCommand::default());
    let first = stage.run_as(id, PracticeChange::Start, said.clone()).await.expect("started");
    stage.run(PracticeChange::End).await.expect("ended");
    let again =
        stage.run_as(id, PracticeChange::Start, said.clone()).await.expect("the first answer");
    assert_eq!(again.update, first.update);
    assert!(!again.fresh);
    assert_eq!(stage.page().await.total, 1, "the repeated start began nothing");
    let other = stage.run_as(id, PracticeChange::Pause, said).await;
    assert_eq!(other.err(), Some(ErrorCode::IdConflict));
}

#[tokio::test]
async fn a_late_command_counts_from_when_it_was_made() {
    let stage = stage().await;
    let at =
        |at| PracticeCommand { timestamp: Some(Timestamp::Text("T".to_owned())), at: Some(at) };
    let late = stage.run_as(message_id(), PracticeChange::Start, at(START - MINUTE)).await;
    let late = late.expect("started a minute ago");
    assert_eq!(late.update.elapsed_ms, MINUTE);
    assert_eq!(late.update.timestamp, Timestamp::Text("T".to_owned()), "as the client said it");
    let before = stage.run_as(message_id(), PracticeChange::Pause, at(START - 2 * MINUTE)).await;
    assert_eq!(before.expect("paused").update.elapsed_ms, 0, "never before what is stored");
    let future = stage.run_as(message_id(), PracticeChange::Start, at(START + MINUTE)).await;
    assert_eq!(future.err(), Some(ErrorCode::FromTheFuture));
    let old = stage.run_as(message_id(), PracticeChange::Start, at(START - 25 * 60 * MINUTE)).await;
    assert_eq!(old.err(), Some(ErrorCode::TooOld));
    let nowhere = Stage { session: SessionId(Uuid::nil()), ..stage };
    assert_eq!(nowhere.run(PracticeChange::Start).await.err(), Some(ErrorCode::InvalidSession));
}

#[tokio::test]
async fn silence_pauses_at_the_last_input() {
    let stage = stage().await;
    stage.run(PracticeChange::Start).await.expect("started");
    stage.test.pass(12 * MINUTE);
    let activity =
        |input| SessionActivity { session: stage.session, input, presence: START + 12 * MINUTE };
    assert!(stage.sweep(&[activity(START + 3 * MINUTE)]).await.is_empty(), "nine minutes");
    let paused = stage.sweep(&[activity(START + 2 * MINUTE)]).await;
    let (session, update) = paused.first().expect("ten minutes");
    assert_eq!(*session, stage.session);
    assert_eq!(update.status, PracticeStatus::Paused);
    assert_eq!(update.elapsed_ms, 2 * MINUTE);
    assert!(stage.sweep(&[activity(START + 2 * MINUTE)]).await.is_empty(), "once");
}

#[tokio::test]
async fn two_minutes_without_devices_pause_when_they_went() {
    let stage = stage().await;
    stage.run(PracticeChange::Start).await.expect("started");
    stage.test.pass(5 * MINUTE);
    let gone = |at| SessionActivity { session: stage.session, input: START, presence: at };
    assert!(stage.sweep(&[gone(START + 4 * MINUTE)]).await.is_empty(), "one minute");
    stage.test.pass(MINUTE);
    let paused = stage.sweep(&[gone(START + 4 * MINUTE)]).await;
    assert_eq!(paused.first().expect("two minutes").1.elapsed_ms, 4 * MINUTE);
}

#[tokio::test]
async fn a_practice_on_another_node_is_not_paused_because_its_database_was_away() {
    let stage = stage().await;
    stage.run(PracticeChange::Start).await.expect("started");
    // Nobody could write a sign of life for five minutes.
    stage.test.pass(5 * MINUTE);
    let back = stage.test.auth.now();
    assert!(stage.sweep_beside_others(&[], Some(back)).await.is_empty());
    stage.test.pass(MINUTE);
    assert!(stage.sweep_beside_others(&[], Some(back)).await.is_empty());
    // Its node had time enough to say that it lives.
    stage.test.pass(MINUTE);
    let paused = stage.sweep_beside_others(&[], Some(back)).await;
    assert_eq!(paused.first().expect("nobody is there").1.elapsed_ms, 0);
}

#[tokio::test]
async fn after_a_power_cut_the_stored_sign_of_life_counts() {
    let stage = stage().await;
    stage.run(PracticeChange::Start).await.expect("started");
    stage.test.pass(MINUTE);
    let there = SessionActivity { session: stage.session, input: START, presence: START + MINUTE };
    assert!(stage.sweep(&[there]).await.is_empty());
    // The server is away for a minute; nobody has come back yet.
    stage.test.pass(MINUTE);
    assert!(stage.sweep(&[]).await.is_empty(), "a restart does not stop the clock");
    stage.test.pass(60 * MINUTE);
    let paused = stage.sweep(&[]).await;
    assert_eq!(paused.first().expect("an hour").1.elapsed_ms, MINUTE);
    assert_eq!(stage.page().await.total_ms, MINUTE, "the practice stays in the history");
}

#[tokio::test]
async fn what_was_played_is_added_up() {
    let stage = stage().await;
    stage.run(PracticeChange::Start).await.expect("started");
    let store = stage.test.auth.store();
    let chords = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
    record_play(store, stage.session, chords(&["Em", "G"]), 4).await.expect("stored");
    record_play(store, stage.session, chords(&["G", "C"]), 3).await.expect("stored");
    let page = stage.page().await;
    assert_eq!(page.records[0].chords, ["Em", "G", "C"]);
    assert_eq!(page.records[0].changes, 7);
    assert!(
        record_play(store, SessionId(Uuid::nil()), chords(&["A"]), 1).await.is_ok(),
        "nobody practises"
    );
}

#[tokio::test]
async fn pages_follow_each_other() {
    let stage = stage().await;
    for _ in 0..21 {
        stage.run(PracticeChange::Start).await.expect("started");
        stage.test.pass(SECOND);
        stage.run(PracticeChange::End).await.expect("ended");
        stage.test.pass(SECOND);
    }
    let first = stage.page().await;
    assert_eq!((first.records.len(), first.more, first.total), (20, true, 21));
    let before = first.records.last().map(|record| record.started_at);
    let second = page(&stage.test.auth, stage.owner, before).await.expect("a page");
    assert_eq!((second.records.len(), second.more), (1, false));
    let nobody = page(&stage.test.auth, PracticeOwner::Guest(GuestId(Uuid::nil())), None)
        .await
        .expect("a page");
    assert_eq!(nobody.total, 0);
}
