//! The page's link: what happens in the browser is reported to `logic::link`, and its effects are
//! carried out.
//!
//! - [`driver`]: the effects
//! - [`wire`]: the WebSocket
//! - [`delivery_handlers`]: who gets the deliveries of a topic

mod delivery_handlers;
mod driver;
mod wire;

use crate::page::{self, now};
use app::link::{DeliveryHandler, LinkHandle, LinkPort};
use driver::LinkDriver;
use futures_util::future::{self, Either};
use gloo_timers::{callback::Interval, future::TimeoutFuture};
use logic::{Monotonic, link::Link};
use protocol::{ClientMessage, Codec, MessageId, Millis, Position, Read, ServerMessage, Topic};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use web_sys::window;
use wire::store_codec;

/// How long the page waits for the commands of an earlier one, in milliseconds.
const OUTBOX_WITHIN_MS: u32 = 2_000;
/// How often ages, countdowns and figures on the page change, in milliseconds.
const STATUS_EVERY_MS: u32 = 1_000;

/// Starts the link of this page, which reads the server's messages with `read`. It connects when
/// something is followed or waits to be sent.
pub(crate) fn start(read: Read<ServerMessage>) -> LinkHandle {
    let link = Link::new(page::device(), page::is_visible(), page::random_seed(), read);
    let driver = Rc::new(LinkDriver::new(link));
    watch_page(&driver);
    restore_outbox(&driver);
    show_regularly(&driver);
    let (status, figures) = (driver.status, driver.figures);
    LinkHandle::new(Rc::new(DriverPort(driver)), status, figures)
}

/// Reports to the link when the network may be back and when the page is shown or hidden.
fn watch_page(driver: &Rc<LinkDriver>) {
    let Some(window) = window() else { return };
    let wake = |driver: &Rc<LinkDriver>| {
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

/// Reads the commands of an earlier page. When the browser's database is slow, the page goes on
/// without them and sends them late; when it hangs, the commands of this page last as long as it.
fn restore_outbox(driver: &Rc<LinkDriver>) {
    let driver = Rc::clone(driver);
    spawn_local(async move {
        let records = {
            let read = driver.outbox.open();
            futures_util::pin_mut!(read);
            match future::select(read, TimeoutFuture::new(OUTBOX_WITHIN_MS)).await {
                Either::Left((records, _)) => records,
                Either::Right((_, read)) => {
                    driver.act(|link| link.restore(now(), Vec::new()));
                    read.await
                }
            }
        };
        driver.act(|link| link.restore(now(), records));
    });
}

/// Ages, countdowns and figures change also while nothing happens.
fn show_regularly(driver: &Rc<LinkDriver>) {
    let driver = Rc::clone(driver);
    let interval = Interval::new(STATUS_EVERY_MS, move || {
        driver.show_status();
        driver.show_figures();
    });
    // As long as the page.
    interval.forget();
}

/// What pages see of the driver.
struct DriverPort(Rc<LinkDriver>);

impl LinkPort for DriverPort {
    fn follow(&self, topic: Topic, from: Option<Position>, handler: DeliveryHandler) -> u32 {
        let number = self.0.handlers.add_follower(topic, handler);
        self.0.act(|link| link.follow(now(), topic, from));
        number
    }

    fn unfollow(&self, follower: u32) {
        if let Some(topic) = self.0.handlers.remove_follower(follower) {
            self.0.act(|link| link.unfollow(now(), topic));
        }
    }

    fn listen(&self, topic: Topic, handler: DeliveryHandler) -> u32 {
        self.0.handlers.add_listener(topic, handler)
    }

    fn unlisten(&self, listener: u32) {
        self.0.handlers.remove_listener(listener);
    }

    fn send(&self, topic: Topic, message: ClientMessage) -> MessageId {
        let id = page::new_message_id();
        self.0.act(|link| link.send(now(), id, topic, message));
        id
    }

    fn server_now(&self) -> Millis {
        self.0.link.borrow().server_now(now())
    }

    fn monotonic_now(&self) -> Monotonic {
        now().mono
    }

    fn reconnect(&self) {
        self.0.act(|link| link.reconnect(now()));
    }

    fn choose_codec(&self, codec: Codec) {
        store_codec(codec);
        self.reconnect();
    }

    fn decide_overdue(&self, send: bool) {
        self.0.act(|link| link.decide_overdue(now(), send));
    }

    fn queued(&self) -> Vec<(MessageId, ClientMessage)> {
        self.0.link.borrow().queued()
    }
}
