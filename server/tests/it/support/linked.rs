//! A page without a browser: the real `logic::link::Link` over a real socket, driven as
//! `frontend/src/socket.rs` drives it, with an exact record of what the page got.

use crate::support::{
    browser::{ABNORMAL, Browser, Heard, Mouth, converse, refresh, renew},
    record::Record,
};
use logic::{
    Monotonic,
    link::{Delivery, Effect, Link, Now, OutboxRecord},
    session::SessionView,
};
use protocol::{
    ClientMessage, Frame, MessageId, Note, Position, ServerMessage, Topic, guitar::ChordChange,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use tokio::{
    sync::{
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
        watch,
    },
    time::{sleep_until, timeout},
};
use uuid::Uuid;

/// Long enough for a busy machine; a test that needs it has failed.
const PATIENCE: Duration = Duration::from_secs(40);

/// What a test lets the page do.
enum Order {
    Follow(Topic, Option<Position>),
    Send(MessageId, Topic, ClientMessage),
    Hold(Topic, ClientMessage),
    Wake,
    Clock(i64),
    Reload,
}

/// A page; it ends when it is dropped.
pub(crate) struct Page {
    orders: UnboundedSender<Order>,
    record: Arc<Mutex<Record>>,
    changes: watch::Receiver<()>,
}

impl Page {
    /// A page that follows nothing yet.
    pub(crate) fn open(browser: Browser, device: &str) -> Self {
        let (orders, ordered) = unbounded_channel();
        let (changed, changes) = watch::channel(());
        let record = Arc::<Mutex<Record>>::default();
        let (heard, hearing) = unbounded_channel();
        let mut driver = Driver {
            link: new_link(device),
            device: device.to_owned(),
            browser,
            record: Arc::clone(&record),
            outbox: BTreeMap::new(),
            followed: Vec::new(),
            wire: None,
            life: 0,
            heard,
            started: Instant::now(),
            clock: 0,
        };
        driver.link.restore(driver.now(), Vec::new());
        tokio::spawn(driver.run(ordered, hearing, changed));
        Self { orders, record, changes }
    }

    /// A page that follows a topic, once it has its state.
    pub(crate) async fn following(browser: Browser, device: &str, topic: Topic) -> Self {
        let page = Self::open(browser, device);
        page.follow(topic, None);
        page.until("the first snapshot", |record| record.snapshots(topic) > 0).await;
        page
    }

    pub(crate) fn follow(&self, topic: Topic, from: Option<Position>) {
        self.order(Order::Follow(topic, from));
    }

    /// Sends a message and returns its id.
    pub(crate) fn send(&self, topic: Topic, message: ClientMessage) -> MessageId {
        let id = MessageId(Uuid::now_v7());
        self.order(Order::Send(id, topic, message));
        id
    }

    /// The left hand holds a chord, as `Performance::hold_chord` does it.
    pub(crate) fn hold_chord(&self, topic: Topic, chord: &str) {
        let change = ChordChange { chord: chord.to_owned() };
        self.order(Order::Hold(topic, ClientMessage::Note(Note::ChordChange(change))));
    }

    /// The browser says that the network is back.
    pub(crate) fn wake(&self) {
        self.order(Order::Wake);
    }

    /// Somebody sets this device's clock, in milliseconds ahead of the true time.
    pub(crate) fn set_clock(&self, ahead: i64) {
        self.order(Order::Clock(ahead));
    }

    /// The person reloads the page: only the outbox stays.
    pub(crate) fn reload(&self) {
        self.order(Order::Reload);
    }

    fn order(&self, order: Order) {
        self.orders.send(order).expect("the page lives");
    }

    /// Looks into the record.
    pub(crate) fn see<T>(&self, look: impl FnOnce(&Record) -> T) -> T {
        look(&self.record.lock().unwrap())
    }

    /// Waits until the page shows something.
    pub(crate) async fn until(&self, what: &str, shown: impl Fn(&Record) -> bool) {
        let mut changes = self.changes.clone();
        let waiting = async {
            loop {
                changes.mark_unchanged();
                if self.see(&shown) {
                    return;
                }
                changes.changed().await.expect("the page lives");
            }
        };
        if timeout(PATIENCE, waiting).await.is_err() {
            panic!("no sign of {what}: {}", self.see(|record| record.summary()));
        }
    }

    /// Waits until every message is answered.
    pub(crate) async fn answered(&self, ids: &[MessageId]) {
        self.until("every answer", |record| ids.iter().all(|id| record.answers.contains_key(id)))
            .await;
    }

    /// Fails if a promise was broken on this page.
    pub(crate) fn assert_clean(&self) {
        self.see(|record| {
            assert!(record.broken.is_empty(), "{:#?}", record.broken);
            assert!(record.refused.is_empty(), "{:?}", record.refused);
        });
    }
}

/// The browser's part: one socket, one timer, the outbox.
struct Driver {
    link: Link,
    device: String,
    browser: Browser,
    record: Arc<Mutex<Record>>,
    /// What IndexedDB would hold.
    outbox: BTreeMap<MessageId, String>,
    followed: Vec<(Topic, Option<Position>)>,
    /// Frames to the open socket, under its number.
    wire: Option<(u32, UnboundedSender<Frame>)>,
    /// Grows with each reload: what an earlier page's socket says counts no more.
    life: u32,
    heard: UnboundedSender<(u32, Heard)>,
    started: Instant,
    /// How far this device's clock is ahead.
    clock: i64,
}

fn new_link(device: &str) -> Link {
    let seed = Uuid::new_v4().as_u64_pair().0;
    Link::new(device, true, seed, ServerMessage::read)
}

impl Driver {
    fn now(&self) -> Now {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64;
        let mono = Monotonic::from_ms(self.started.elapsed().as_millis() as i64);
        Now { mono, wall: wall + self.clock }
    }

    async fn run(
        mut self,
        mut ordered: UnboundedReceiver<Order>,
        mut hearing: UnboundedReceiver<(u32, Heard)>,
        changed: watch::Sender<()>,
    ) {
        loop {
            self.carry_out();
            self.show();
            changed.send_replace(());
            let deadline = self.link.deadline(self.now());
            let wait_ms = deadline.unwrap_or_default().as_ms().max(0) as u64;
            let at = self.started + Duration::from_millis(wait_ms);
            tokio::select! {
                order = ordered.recv() => match order {
                    Some(order) => self.obey(order),
                    None => return,
                },
                Some((life, heard)) = hearing.recv() => {
                    if life == self.life {
                        self.hear(heard);
                    }
                }
                () = sleep_until(at.into()), if deadline.is_some() => {
                    // Deadlines are whole milliseconds and sleeps end a little early.
                    let mut now = self.now();
                    now.mono = now.mono.max(deadline.unwrap_or_default());
                    self.link.on_timer(now);
                }
            }
        }
    }

    fn obey(&mut self, order: Order) {
        let now = self.now();
        match order {
            Order::Follow(topic, from) => {
                self.followed.push((topic, from.clone()));
                self.link.follow(now, topic, from);
            }
            Order::Send(id, topic, message) => self.link.send(now, id, topic, message),
            Order::Hold(topic, message) => self.hold(topic, message),
            Order::Wake => self.link.wake(now),
            Order::Clock(ahead) => self.clock = ahead,
            Order::Reload => self.reload(),
        }
    }

    fn reload(&mut self) {
        self.wire = None;
        self.life += 1;
        self.link = new_link(&self.device);
        self.record.lock().unwrap().view = SessionView::default();
        let now = self.now();
        for (topic, from) in &self.followed {
            self.link.follow(now, *topic, from.clone());
        }
        let records = self.outbox.values().filter_map(|text| OutboxRecord::from_text(text));
        self.link.restore(now, records.collect());
    }

    fn hold(&mut self, topic: Topic, message: ClientMessage) {
        let (now, id) = (self.now(), MessageId(Uuid::now_v7()));
        self.link.send(now, id, topic, message.clone());
        let at = self.link.server_now(now);
        self.record.lock().unwrap().view.hold(message, Some(id), at);
    }

    fn hear(&mut self, heard: Heard) {
        let now = self.now();
        match heard {
            Heard::Opened(number, codec) => self.link.opened(now, number, codec),
            Heard::Frame(number, frame) => self.link.frame(now, number, &frame),
            Heard::Closed(number, code) => {
                if self.wire.as_ref().is_some_and(|(open, _)| *open == number) {
                    self.record.lock().unwrap().closes.push(code);
                }
                self.link.closed(now, number, code);
            }
            Heard::Refreshed(renewal) => self.link.refreshed(now, renewal),
            Heard::Renewed(ticket) => self.link.renewed(now, ticket),
        }
    }

    fn carry_out(&mut self) {
        while let Some(effect) = self.link.poll() {
            match effect {
                Effect::Dial(number) => self.dial(number),
                Effect::Close(number) => {
                    // Its task closes the socket when nobody can send any more.
                    self.wire.take_if(|(open, _)| *open == number);
                }
                Effect::Transmit(frame) => {
                    if let Some((_, wire)) = &self.wire {
                        // A socket whose task has ended reports its close by itself.
                        let _ = wire.send(frame);
                    }
                }
                Effect::Deliver(topic, delivery) => self.deliver(topic, &delivery),
                Effect::Save(record) => {
                    self.outbox.insert(record.id, record.to_text());
                }
                Effect::Forget(id) => {
                    self.outbox.remove(&id);
                }
                Effect::Refresh => {
                    let (browser, heard) = (self.browser.clone(), self.mouth());
                    tokio::spawn(async move {
                        heard.say(Heard::Refreshed(refresh(&browser).await));
                    });
                }
                Effect::Renew => {
                    let (browser, heard) = (self.browser.clone(), self.mouth());
                    tokio::spawn(async move {
                        heard.say(Heard::Renewed(renew(&browser).await));
                    });
                }
            }
        }
    }

    fn deliver(&mut self, topic: Topic, delivery: &Delivery) {
        let server_now = self.link.server_now(self.now());
        let mut record = self.record.lock().unwrap();
        record.deliver(topic, delivery, server_now);
        // As `Performance::send_unsent`: what this page holds and the session does not know.
        if matches!(delivery, Delivery::Snapshot { .. })
            && let Some(message) = record.view.unsent().cloned()
        {
            drop(record);
            self.hold(topic, message);
        }
    }

    fn dial(&mut self, number: u32) {
        self.record.lock().unwrap().dials.push(Instant::now());
        let (wire, frames) = unbounded_channel();
        self.wire = Some((number, wire));
        let (browser, heard) = (self.browser.clone(), self.mouth());
        tokio::spawn(async move {
            let code = converse(&browser, number, frames, &heard).await.unwrap_or(ABNORMAL);
            heard.say(Heard::Closed(number, code));
        });
    }

    fn mouth(&self) -> Mouth {
        Mouth { life: self.life, heard: self.heard.clone() }
    }

    fn show(&self) {
        let status = self.link.status(self.now());
        let figures = self.link.figures();
        self.record.lock().unwrap().show(&status, &figures);
    }
}
