//! Carries out the effects of `logic::link`.
//!
//! - [`port`]: the link as the pages call it
//! - [`wire`]: the WebSocket
//! - [`followers`]: who gets the deliveries of a topic
//! - [`command_store`]: the outbox

mod command_store;
mod followers;
mod port;
mod wire;

use crate::{
    page::{self, now},
    sign_in,
};
use app::link::LinkHandle;
use command_store::CommandStore;
use followers::Followers;
use futures_util::future::{self, Either};
use gloo_timers::{
    callback::{Interval, Timeout},
    future::TimeoutFuture,
};
use leptos::prelude::*;
use logic::link::{Effect, Figures, Link, Status};
use port::DriverPort;
use protocol::{Read, ServerMessage};
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen_futures::spawn_local;
use web_sys::window;
use wire::Wire;

/// How long the page waits for the commands of an earlier one, in milliseconds.
const OUTBOX_WITHIN_MS: u32 = 2_000;
/// How often ages, countdowns and figures on the page change, in milliseconds.
const STATUS_EVERY_MS: u32 = 1_000;

/// The guitar's parts follow no gym, and do not contain the code that reads one.
const READ: Read<ServerMessage> =
    if cfg!(all(any(feature = "play", feature = "stage"), not(feature = "gym"))) {
        ServerMessage::read_guitar
    } else {
        ServerMessage::read
    };

/// The link, and what it is connected to.
struct LinkDriver {
    link: RefCell<Link>,
    followers: Followers,
    wire: Wire,
    commands: CommandStore,
    timer: RefCell<Option<Timeout>>,
    status: RwSignal<Status>,
    figures: RwSignal<Figures>,
}

/// Starts the link of this page. It connects when a topic is followed or a command waits.
pub(crate) fn start() -> LinkHandle {
    let status = RwSignal::new(Status::default());
    let figures = RwSignal::new(Figures::default());
    let link = Link::new(page::device(), page::is_visible(), page::random_seed(), READ);
    let driver = Rc::new(LinkDriver {
        link: RefCell::new(link),
        followers: Followers::default(),
        wire: Wire::default(),
        commands: CommandStore::default(),
        timer: RefCell::default(),
        status,
        figures,
    });
    watch_page(&driver);
    restore_outbox(&driver);
    show_regularly(&driver);
    LinkHandle::new(Rc::new(DriverPort(driver)), status, figures)
}

impl LinkDriver {
    /// Reports something to the link, then carries out its effects.
    fn act(self: &Rc<Self>, step: impl FnOnce(&mut Link)) {
        step(&mut self.link.borrow_mut());
        // A handler may send again and come back here: the borrow ends before each effect.
        loop {
            let effect = self.link.borrow_mut().poll();
            match effect {
                Some(effect) => self.perform(effect),
                None => break,
            }
        }
        self.set_timer();
        self.show_status();
    }

    fn perform(self: &Rc<Self>, effect: Effect) {
        match effect {
            Effect::Dial(number) => self.wire.dial(self, number),
            Effect::Close(number) => self.wire.close(number),
            Effect::Transmit(frame) => self.wire.send(frame),
            Effect::Deliver(topic, delivery) => self.followers.deliver(topic, &delivery),
            Effect::Save(record) => self.commands.save(record),
            Effect::Forget(id) => self.commands.forget(id),
            Effect::Refresh => {
                let driver = Rc::clone(self);
                spawn_local(async move {
                    let renewal = sign_in::refresh().await;
                    driver.act(|link| link.refreshed(now(), renewal));
                });
            }
            Effect::Renew => {
                let driver = Rc::clone(self);
                spawn_local(async move {
                    let ticket = sign_in::renew().await;
                    driver.act(|link| link.renewed(now(), ticket));
                });
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

    fn show_status(&self) {
        let status = self.link.borrow().status(now());
        if self.status.get_untracked() != status {
            self.status.set(status);
        }
    }

    fn show_figures(&self) {
        let figures = self.link.borrow().figures();
        if self.figures.with_untracked(|shown| *shown != figures) {
            self.figures.set(figures);
        }
    }
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
            let read = driver.commands.open();
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
