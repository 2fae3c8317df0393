//! What flows while the network fails: notes that carry a number, and desk commands, each counted.

use crate::support::{
    client::Socket,
    linked::Page,
    record::{Place, Record},
    site::Rows,
};
use protocol::{
    ClientMessage, MessageId, Note, ServerMessage, Topic,
    guitar::FretUpdate,
    gym::{CheckIn, CheckOut},
    server::Outcome,
};
use serde_json::json;
use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{task::JoinHandle, time::interval};
use uuid::Uuid;

/// Frets of a neck, with the open string.
const FRETS: usize = 25;

/// The note with this number: six frets hold it.
pub(crate) fn note(number: usize) -> ClientMessage {
    let digit = |place: u32| (number / FRETS.pow(place) % FRETS) as i8;
    ClientMessage::Note(Note::FretUpdate(FretUpdate {
        frets: std::array::from_fn(|i| digit(i as u32)),
    }))
}

/// The numbers of the notes of others, in the order in which the page applied them.
pub(crate) fn notes(record: &Record, topic: Topic) -> Vec<usize> {
    let number = |place: &Place| match place {
        Place::Event { message: ServerMessage::Note(Note::FretUpdate(update)), .. } => {
            let digits = update.frets.iter().rev();
            Some(digits.fold(0, |number, fret| number * FRETS + *fret as usize))
        }
        _ => None,
    };
    record.of(topic).iter().filter_map(number).collect()
}

pub(crate) fn check_in(member: &str) -> ClientMessage {
    ClientMessage::CheckIn(CheckIn {
        member: member.to_owned(),
        location: None,
        notes: None,
        override_reason: None,
        at: None,
    })
}

fn check_out(member: &str) -> ClientMessage {
    ClientMessage::CheckOut(CheckOut { member: Some(member.to_owned()), ..CheckOut::default() })
}

/// The visit that came of a check-in.
pub(crate) fn visit(record: &Record, id: MessageId) -> Option<String> {
    match record.outcome(id)? {
        Outcome::CheckIn(answer) => answer.visit.as_ref().map(|visit| visit.id.to_string()),
        _ => None,
    }
}

/// Something that goes on until it is stopped, and what it sent.
pub(crate) struct Flowing {
    stop: Arc<AtomicBool>,
    task: JoinHandle<Vec<MessageId>>,
}

impl Flowing {
    fn start(every: Duration, send: impl Fn(usize) -> Option<MessageId> + Send + 'static) -> Self {
        let stop = Arc::<AtomicBool>::default();
        let stopped = Arc::clone(&stop);
        let task = tokio::spawn(async move {
            let mut ticks = interval(every);
            let mut sent = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                ticks.tick().await;
                match send(sent.len()) {
                    Some(id) => sent.push(id),
                    None => break,
                }
            }
            sent
        });
        Self { stop, task }
    }

    /// One numbered note after the other.
    pub(crate) fn notes(page: &Arc<Page>, topic: Topic, every: Duration) -> Self {
        let page = Arc::clone(page);
        Self::start(every, move |count| Some(page.send(topic, note(count))))
    }

    /// One member after the other comes and goes, until none is left.
    pub(crate) fn visits(page: &Arc<Page>, members: Vec<String>, every: Duration) -> Self {
        let page = Arc::clone(page);
        Self::start(every, move |count| {
            let member = members.get(count / 2)?;
            let message = if count % 2 == 0 { check_in(member) } else { check_out(member) };
            Some(page.send(Topic::CheckIns, message))
        })
    }

    /// Stops it; the ids of what it sent, in order.
    pub(crate) async fn stop(self) -> Vec<MessageId> {
        self.stop.store(true, Ordering::Relaxed);
        self.task.await.unwrap()
    }
}

/// Fails unless each of a desk's check-ins made one visit, in the answers and in the database.
pub(crate) async fn assert_visits(desk: &Page, sent: &[MessageId], rows: &Rows, before: &[String]) {
    let before: HashSet<&String> = before.iter().collect();
    let after = rows.visits().await;
    let made: HashSet<String> = after.into_iter().filter(|v| !before.contains(v)).collect();
    let asked = sent.len().div_ceil(2);
    let told: HashSet<String> =
        desk.see(|record| sent.iter().step_by(2).filter_map(|id| visit(record, *id)).collect());
    assert_eq!((told.len(), made.len()), (asked, asked), "answers and visits of check-ins");
    assert_eq!(told, made);
    let ended = desk.see(|record| {
        let outcome =
            |id: &&MessageId| matches!(record.outcome(**id), Some(Outcome::CheckOut { .. }));
        sent.iter().skip(1).step_by(2).filter(outcome).count()
    });
    assert_eq!(ended, sent.len() / 2, "answers of check-outs");
}

/// A phone plays several notes under one id; the PC hears the first of them, once.
pub(crate) async fn notes_with_one_id(phone: &mut Socket, pc: &mut Socket) {
    let id = MessageId(Uuid::now_v7());
    let strum = |at| json!({"type": "strum", "id": id, "data": {"direction": "down", "at": at}});
    phone.say(strum(1)).await;
    phone.hear("ack").await;
    pc.hear("strum").await;
    // The same again: its moment was corrected meanwhile.
    phone.say(strum(2)).await;
    assert_eq!(phone.hear("ack").await["id"], json!(id));
    let others = [
        json!({"type": "strum", "id": id, "data": {"direction": "up"}}),
        json!({"type": "mute", "id": id}),
        json!({"type": "chord_change", "id": id, "data": {"chord": "Am7"}}),
    ];
    for other in others {
        phone.say(other).await;
        let refused = phone.hear("error").await;
        assert_eq!((&refused["id"], &refused["data"]["code"]), (&json!(id), &json!("id_conflict")));
    }
    phone.say(json!({"type": "chord_change", "id": Uuid::now_v7(), "data": {"chord": "G"}})).await;
    phone.hear("ack").await;
    let heard = pc.next().await.expect("the chord");
    assert_eq!((&heard["type"], &heard["data"]["chord"]), (&json!("chord_change"), &json!("G")));
}
