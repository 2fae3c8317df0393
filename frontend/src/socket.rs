//! Carries out the effects of `logic::link`: one socket, one timer, and the outbox.

use crate::{
    browser,
    outbox::Outbox,
    page::{self, now},
    session,
};
use app::link::{DeliveryHandler, LinkHandle, LinkPort};
use futures_channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures_util::{
    FutureExt, Sink, SinkExt, StreamExt,
    future::{self, Either, poll_fn},
    select,
};
use gloo_net::websocket::{Message, State, WebSocketError, futures::WebSocket};
use gloo_timers::{callback::Timeout, future::TimeoutFuture};
use leptos::prelude::*;
use logic::link::{self, Delivery, Effect, Figures, OutboxRecord, Status};
use protocol::{ClientMessage, Codec, Frame, Millis, Position, Read, ServerMessage, Topic};
use std::{
    cell::{Cell, RefCell},
    pin::Pin,
    rc::Rc,
};
use uuid::Uuid;
use wasm_bindgen_futures::spawn_local;
use web_sys::window;

/// A socket that is closed before it opened, or without a word.
const ABNORMAL: u16 = 1006;
/// Where the browser keeps the codec that a person chose.
const CODEC: &str = "cadence.codec";
/// How long the page waits for the commands of an earlier one.
const OUTBOX_WITHIN_MS: u32 = 2_000;
/// Ages and countdowns of the chip change once a second.
const STATUS_EVERY_MS: u32 = 1_000;

/// The guitar's parts follow no gym, and are spared the code to read one.
const READ: Read<ServerMessage> =
    if cfg!(all(any(feature = "play", feature = "stage"), not(feature = "gym"))) {
        ServerMessage::read_guitar
    } else {
        ServerMessage::read
    };

/// The driver: the state machine, and what it is connected to.
struct Driver {
    link: RefCell<link::Link>,
    followers: RefCell<Vec<Follower>>,
    /// Those who hear answers and follow nothing.
    listeners: RefCell<Vec<Follower>>,
    next_number: Cell<u32>,
    /// Frames to the open socket, under its number.
    wire: RefCell<Option<(u32, UnboundedSender<Wire>)>>,
    outbox: RefCell<Option<Outbox>>,
    /// Commands made before the outbox was open.
    unsaved: RefCell<Vec<OutboxRecord>>,
    timer: RefCell<Option<Timeout>>,
    status: RwSignal<Status>,
    figures: RwSignal<Figures>,
}

struct Follower {
    number: u32,
    topic: Topic,
    handler: DeliveryHandler,
}

enum Wire {
    Frame(Frame),
    Hang,
}

/// Starts the link of this page. It connects when something is followed or waits to be sent.
pub(crate) fn start() -> LinkHandle {
    let status = RwSignal::new(Status::default());
    let figures = RwSignal::new(Figures::default());
    let driver = Rc::new(Driver {
        link: RefCell::new(link::Link::new(
            page::device(),
            page::is_visible(),
            page::random_seed(),
            READ,
        )),
        followers: RefCell::default(),
        listeners: RefCell::default(),
        next_number: Cell::new(0),
        wire: RefCell::default(),
        outbox: RefCell::default(),
        unsaved: RefCell::default(),
        timer: RefCell::default(),
        status,
        figures,
    });
    watch_page(&driver);
    restore_outbox(&driver);
    tick_status(&driver);
    LinkHandle::new(Rc::new(Port(driver)), status, figures)
}

/// What pages see of the driver.
struct Port(Rc<Driver>);

impl LinkPort for Port {
    fn follow(&self, topic: Topic, from: Option<Position>, handler: DeliveryHandler) -> u32 {
        let number = self.0.number();
        self.0.followers.borrow_mut().push(Follower { number, topic, handler });
        self.0.act(|link| link.follow(now(), topic, from));
        number
    }

    fn unfollow(&self, follower: u32) {
        let mut followers = self.0.followers.borrow_mut();
        let Some(place) = followers.iter().position(|f| f.number == follower) else { return };
        let topic = followers.remove(place).topic;
        let others = followers.iter().any(|f| f.topic == topic);
        drop(followers);
        if !others {
            self.0.act(|link| link.unfollow(now(), topic));
        }
    }

    fn listen(&self, topic: Topic, handler: DeliveryHandler) -> u32 {
        let number = self.0.number();
        self.0.listeners.borrow_mut().push(Follower { number, topic, handler });
        number
    }

    fn unlisten(&self, listener: u32) {
        self.0.listeners.borrow_mut().retain(|l| l.number != listener);
    }

    fn send(&self, topic: Topic, message: ClientMessage) -> Uuid {
        let id = page::new_id();
        self.0.act(|link| link.send(now(), id, topic, message));
        id
    }

    fn server_now(&self) -> Millis {
        self.0.link.borrow().server_now(now())
    }

    fn monotonic_now(&self) -> i64 {
        now().mono
    }

    fn reconnect(&self) {
        self.0.act(|link| link.reconnect(now()));
    }

    fn choose_codec(&self, codec: Codec) {
        if let Some(storage) = browser::storage() {
            // Where it cannot be kept, the server's own choice comes back.
            let _ = storage.set_item(CODEC, codec.subprotocol());
        }
        self.reconnect();
    }

    fn release_held(&self, send: bool) {
        self.0.act(|link| link.release_held(now(), send));
    }

    fn queued(&self) -> Vec<(Uuid, ClientMessage)> {
        self.0.link.borrow().queued()
    }
}

impl Driver {
    fn number(&self) -> u32 {
        let number = self.next_number.get() + 1;
        self.next_number.set(number);
        number
    }

    /// Lets the state machine do something, then carries out what it wants.
    fn act(self: &Rc<Self>, step: impl FnOnce(&mut link::Link)) {
        step(&mut self.link.borrow_mut());
        self.carry_out();
    }

    fn carry_out(self: &Rc<Self>) {
        // A handler may send again and come back here: the borrow ends before each effect.
        loop {
            let effect = self.link.borrow_mut().poll();
            match effect {
                Some(effect) => self.perform(effect),
                None => break,
            }
        }
        self.set_timer();
        self.show();
    }

    fn perform(self: &Rc<Self>, effect: Effect) {
        match effect {
            Effect::Dial(number) => self.dial(number),
            Effect::Close(number) => self.to_wire(number, Wire::Hang),
            Effect::Transmit(frame) => {
                let number = self.wire.borrow().as_ref().map(|(number, _)| *number);
                if let Some(number) = number {
                    self.to_wire(number, Wire::Frame(frame));
                }
            }
            Effect::Deliver(topic, delivery) => self.deliver(topic, &delivery),
            Effect::Save(record) => match &*self.outbox.borrow() {
                Some(outbox) => outbox.save(&record),
                None => self.unsaved.borrow_mut().push(record),
            },
            Effect::Forget(id) => {
                self.unsaved.borrow_mut().retain(|record| record.id != id);
                if let Some(outbox) = &*self.outbox.borrow() {
                    outbox.forget(id);
                }
            }
            Effect::Refresh => {
                let driver = Rc::clone(self);
                spawn_local(async move {
                    let renewal = session::refresh().await;
                    driver.act(|link| link.refreshed(now(), renewal));
                });
            }
            Effect::Renew => {
                let driver = Rc::clone(self);
                spawn_local(async move {
                    let ticket = session::renew().await;
                    driver.act(|link| link.renewed(now(), ticket));
                });
            }
        }
    }

    fn deliver(&self, topic: Topic, delivery: &Delivery) {
        let of_topic = |all: &RefCell<Vec<Follower>>| -> Vec<DeliveryHandler> {
            let all = all.borrow();
            all.iter().filter(|one| one.topic == topic).map(|one| Rc::clone(&one.handler)).collect()
        };
        let mut handlers = of_topic(&self.followers);
        if matches!(delivery, Delivery::Answer { .. }) {
            handlers.append(&mut of_topic(&self.listeners));
        }
        handlers.iter().for_each(|handler| handler(delivery.clone()));
    }

    fn to_wire(&self, number: u32, wire: Wire) {
        if let Some((open, sender)) = &*self.wire.borrow()
            && *open == number
        {
            // A socket whose task has ended reports its close by itself.
            let _ = sender.unbounded_send(wire);
        }
    }

    fn dial(self: &Rc<Self>, number: u32) {
        let socket =
            socket_url().and_then(|url| WebSocket::open_with_protocols(&url, &subprotocols()).ok());
        let (sender, receiver) = unbounded();
        *self.wire.borrow_mut() = Some((number, sender));
        let driver = Rc::clone(self);
        spawn_local(async move {
            let code = match socket {
                Some(socket) => driver.converse(number, socket, receiver).await,
                None => ABNORMAL,
            };
            driver.act(|link| link.closed(now(), number, code));
        });
    }

    /// Reads and writes until either side ends. The halves stay together, because the socket's
    /// close code is only told by the item after the error.
    async fn converse(
        self: &Rc<Self>,
        number: u32,
        mut socket: WebSocket,
        frames: UnboundedReceiver<Wire>,
    ) -> u16 {
        let mut frames = frames.fuse();
        // The sink is ready as soon as the socket is open, or has failed to open.
        let opened = poll_fn(|context| Pin::new(&mut socket).poll_ready(context)).fuse();
        let gives_up = {
            futures_util::pin_mut!(opened);
            select! {
                _ = opened => false,
                _ = frames.next() => true,
            }
        };
        if gives_up {
            let _ = socket.close(None, None);
            return ABNORMAL;
        }
        if matches!(socket.state(), State::Open) {
            let codec = Codec::of_subprotocol(&socket.protocol()).unwrap_or_default();
            self.act(|link| link.opened(now(), number, codec));
        }
        loop {
            let next = {
                let incoming = socket.next().fuse();
                futures_util::pin_mut!(incoming);
                select! {
                    message = incoming => Either::Left(message),
                    wire = frames.next() => Either::Right(wire),
                }
            };
            match next {
                Either::Left(Some(Ok(message))) => {
                    let frame = match message {
                        Message::Text(text) => Frame::Text(text),
                        Message::Bytes(bytes) => Frame::Binary(bytes),
                    };
                    self.act(|link| link.frame(now(), number, &frame));
                }
                Either::Left(Some(Err(WebSocketError::ConnectionClose(close)))) => {
                    return close.code;
                }
                Either::Left(Some(Err(_))) => {}
                Either::Left(None) => return ABNORMAL,
                Either::Right(Some(Wire::Frame(frame))) => {
                    // A browser reports an error for each frame to a socket that closes. What was
                    // not sent is resent with its id; the close event says the rest.
                    if matches!(socket.state(), State::Open) {
                        let message = match frame {
                            Frame::Text(text) => Message::Text(text),
                            Frame::Binary(bytes) => Message::Bytes(bytes),
                        };
                        let _ = socket.send(message).await;
                    }
                }
                Either::Right(Some(Wire::Hang) | None) => {
                    let _ = socket.close(Some(1000), None);
                    return ABNORMAL;
                }
            }
        }
    }

    fn set_timer(self: &Rc<Self>) {
        let deadline = self.link.borrow().deadline(now());
        let timer = deadline.map(|deadline| {
            let wait = (deadline - now().mono).clamp(0, i64::from(i32::MAX)) as u32;
            let driver = Rc::downgrade(self);
            Timeout::new(wait, move || {
                if let Some(driver) = driver.upgrade() {
                    driver.act(|link| link.on_timer(now()));
                }
            })
        });
        *self.timer.borrow_mut() = timer;
    }

    fn show(&self) {
        let link = self.link.borrow();
        let status = link.status(now());
        if self.status.get_untracked() != status {
            self.status.set(status);
        }
    }
}

/// What is offered, the wish of this browser's person first.
fn subprotocols() -> [&'static str; 2] {
    let mut offers = Codec::ALL.map(Codec::subprotocol);
    let wish = browser::storage().and_then(|storage| storage.get_item(CODEC).ok()?);
    if wish.is_some_and(|wish| wish == offers[1]) {
        offers.reverse();
    }
    offers
}

/// The socket's address: this page's own server.
fn socket_url() -> Option<String> {
    let location = window()?.location();
    let scheme = if location.protocol().ok()? == "https:" { "wss" } else { "ws" };
    Some(format!("{scheme}://{}/ws", location.host().ok()?))
}

fn watch_page(driver: &Rc<Driver>) {
    let Some(window) = window() else { return };
    let wake = |driver: &Rc<Driver>| {
        let driver = Rc::clone(driver);
        move || driver.act(|link| link.wake(now()))
    };
    page::on(&window, "online", wake(driver));
    page::on(&window, "pageshow", wake(driver));
    if let Some(document) = window.document() {
        let driver = Rc::clone(driver);
        page::on(&document, "visibilitychange", move || {
            driver.act(|link| link.visibility(now(), page::is_visible()));
        });
    }
}

/// Reads what an earlier page left, and keeps what this one made meanwhile.
fn restore_outbox(driver: &Rc<Driver>) {
    let driver = Rc::clone(driver);
    spawn_local(async move {
        let read = async {
            let outbox = Outbox::open().await?;
            let records = outbox.all().await;
            Some((outbox, records))
        };
        futures_util::pin_mut!(read);
        // A browser whose database hangs loses durability, not the page; from one that is only
        // slow the commands are sent late.
        let read = match future::select(read, TimeoutFuture::new(OUTBOX_WITHIN_MS)).await {
            Either::Left((read, _)) => read,
            Either::Right((_, read)) => {
                driver.act(|link| link.restore(now(), Vec::new()));
                read.await
            }
        };
        let (outbox, records) = match read {
            Some((outbox, records)) => (Some(outbox), records),
            None => (None, Vec::new()),
        };
        if let Some(outbox) = &outbox {
            driver.unsaved.borrow_mut().drain(..).for_each(|record| outbox.save(&record));
        }
        *driver.outbox.borrow_mut() = outbox;
        driver.act(|link| link.restore(now(), records));
    });
}

/// Ages, countdowns and figures go on while nothing happens.
fn tick_status(driver: &Rc<Driver>) {
    let driver = Rc::clone(driver);
    gloo_timers::callback::Interval::new(STATUS_EVERY_MS, move || {
        driver.show();
        let figures = driver.link.borrow().figures();
        if driver.figures.with_untracked(|shown| *shown != figures) {
            driver.figures.set(figures);
        }
    })
    .forget();
}
