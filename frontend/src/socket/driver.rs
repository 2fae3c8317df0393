//! Carries out the effects of `logic::link`.

use super::{
    delivery_handlers::DeliveryHandlers,
    wire::{Wire, WireEvent},
};
use crate::{outbox::Outbox, page::now, sign_in};
use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use logic::link::{Effect, Figures, Link, Status};
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen_futures::spawn_local;

/// The link, and what it is connected to.
pub(super) struct LinkDriver {
    pub(super) link: RefCell<Link>,
    pub(super) handlers: DeliveryHandlers,
    wire: Wire,
    pub(super) outbox: Outbox,
    timer: RefCell<Option<Timeout>>,
    pub(super) status: RwSignal<Status>,
    pub(super) figures: RwSignal<Figures>,
}

impl LinkDriver {
    pub(super) fn new(link: Link) -> Self {
        Self {
            link: RefCell::new(link),
            handlers: DeliveryHandlers::default(),
            wire: Wire::default(),
            outbox: Outbox::default(),
            timer: RefCell::default(),
            status: RwSignal::new(Status::default()),
            figures: RwSignal::new(Figures::default()),
        }
    }

    /// Reports something to the link, then carries out its effects.
    pub(super) fn act(self: &Rc<Self>, step: impl FnOnce(&mut Link)) {
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
            Effect::Dial(number) => self.dial(number),
            Effect::Close(number) => self.wire.close(number),
            Effect::Transmit(frame) => self.wire.send(frame),
            Effect::Deliver(topic, delivery) => self.handlers.deliver(topic, &delivery),
            Effect::Save(record) => self.outbox.save(record),
            Effect::Forget(id) => self.outbox.forget(id),
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

    /// Opens a socket under a number and reports to the link what happens on it.
    fn dial(self: &Rc<Self>, number: u32) {
        let driver = Rc::clone(self);
        self.wire.dial(number, move |event| {
            driver.act(|link| match event {
                WireEvent::Opened(codec) => link.opened(now(), number, codec),
                WireEvent::Received(frame) => link.frame(now(), number, &frame),
                WireEvent::Closed(code) => link.closed(now(), number, code),
            });
        });
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

    pub(super) fn show_status(&self) {
        let status = self.link.borrow().status(now());
        if self.status.get_untracked() != status {
            self.status.set(status);
        }
    }

    pub(super) fn show_figures(&self) {
        let figures = self.link.borrow().figures();
        if self.figures.with_untracked(|shown| *shown != figures) {
            self.figures.set(figures);
        }
    }
}
