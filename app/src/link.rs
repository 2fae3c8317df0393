//! The port to the realtime link. Pages follow topics and send messages; the browser edge
//! (`frontend`) does the rest. On the server the link is there and inert, so that a page renders
//! the same on both sides.

use leptos::prelude::*;
use logic::{
    Monotonic,
    link::{Delivery, Figures, Status},
};
use protocol::{ClientMessage, Codec, MessageId, Millis, Position, Topic};
use send_wrapper::SendWrapper;
use std::rc::Rc;

/// What a part of a page does with the deliveries of its topic.
pub type DeliveryHandler = Rc<dyn Fn(Delivery)>;

/// What the browser edge implements.
pub trait LinkPort {
    /// Follows a topic from a position, and connects if needed. Returns a number for `unfollow`.
    fn follow(&self, topic: Topic, from: Option<Position>, handler: DeliveryHandler) -> u32;
    /// Stops following. The connection ends a moment after the last follower of any topic.
    fn unfollow(&self, follower: u32);
    /// Receives the answers to commands about a topic without following it. Returns a number for
    /// `unlisten`.
    fn listen(&self, topic: Topic, handler: DeliveryHandler) -> u32;
    /// Stops listening.
    fn unlisten(&self, listener: u32);
    /// Sends a message about a topic. A command goes to the durable outbox first.
    fn send(&self, topic: Topic, message: ClientMessage) -> MessageId;
    /// Now on the server's clock, as estimated from the last pings.
    fn server_now(&self) -> Millis;
    /// Now on the page's monotonic clock: what [`Status`] and [`Figures`] count in.
    fn monotonic_now(&self) -> Monotonic;
    /// Connects now instead of at the end of the wait, also after a final close.
    fn reconnect(&self);
    /// Connects anew with another codec and keeps that choice for the next visit.
    fn choose_codec(&self, codec: Codec);
    /// Sends the commands that are too old to be sent without a person's consent, or drops them.
    fn decide_overdue(&self, send: bool);
    /// The commands in the outbox that have no answer yet, the oldest first.
    fn queued(&self) -> Vec<(MessageId, ClientMessage)>;
}

/// The link as pages use it; get it by [`use_link`].
#[derive(Clone)]
pub struct LinkHandle {
    port: Option<SendWrapper<Rc<dyn LinkPort>>>,
    status: RwSignal<Status>,
    figures: RwSignal<Figures>,
}

impl LinkHandle {
    /// A link over the browser edge, which keeps the two signals up to date.
    pub fn new(
        port: Rc<dyn LinkPort>,
        status: RwSignal<Status>,
        figures: RwSignal<Figures>,
    ) -> Self {
        Self { port: Some(SendWrapper::new(port)), status, figures }
    }

    /// The link of a server render: it follows nothing and sends nothing.
    pub fn inert() -> Self {
        Self { port: None, status: RwSignal::default(), figures: RwSignal::default() }
    }

    /// The chip's state.
    pub fn status(&self) -> Signal<Status> {
        self.status.into()
    }

    /// The panel's figures.
    pub fn figures(&self) -> Signal<Figures> {
        self.figures.into()
    }

    /// Follows a topic until the calling component goes away. `handler` is called for each
    /// delivery in the topic's order; events are delivered by callback and not by signal, because
    /// two changes of a signal in a row are seen as one.
    pub fn follow(
        &self,
        topic: Topic,
        from: Option<Position>,
        handler: impl Fn(Delivery) + 'static,
    ) {
        let Some(port) = self.port.clone() else { return };
        let follower = port.follow(topic, from, Rc::new(handler));
        on_cleanup(move || port.unfollow(follower));
    }

    /// Receives the answers to commands about a topic until the calling component goes away, also
    /// while no part of the page follows it: a command of the outbox may be answered on any page.
    /// Followers of the topic get the answer before its listeners.
    pub fn listen(&self, topic: Topic, handler: impl Fn(Delivery) + 'static) {
        let Some(port) = self.port.clone() else { return };
        let listener = port.listen(topic, Rc::new(handler));
        on_cleanup(move || port.unlisten(listener));
    }

    /// Sends a message about a topic and returns its id; the answer comes as
    /// [`Delivery::Answer`] to the topic's handler. Commands wait in the outbox while offline; strums
    /// are dropped.
    /// `None` on the server.
    pub fn send(&self, topic: Topic, message: ClientMessage) -> Option<MessageId> {
        Some(self.port.as_ref()?.send(topic, message))
    }

    /// Now on the server's clock; 0 while the server renders.
    pub fn server_now(&self) -> Millis {
        self.port.as_ref().map_or(0, |port| port.server_now())
    }

    /// Now on the clock that [`Status`] and [`Figures`] count in.
    pub fn monotonic_now(&self) -> Monotonic {
        self.port.as_ref().map(|port| port.monotonic_now()).unwrap_or_default()
    }

    /// Connects now instead of at the end of the wait, also after a final close.
    pub fn reconnect(&self) {
        if let Some(port) = &self.port {
            port.reconnect();
        }
    }

    /// Connects anew with another codec, and resumes.
    pub fn choose_codec(&self, codec: Codec) {
        if let Some(port) = &self.port {
            port.choose_codec(codec);
        }
    }

    /// Sends the commands that are too old to be sent without a person's consent, or drops them.
    pub fn decide_overdue(&self, send: bool) {
        if let Some(port) = &self.port {
            port.decide_overdue(send);
        }
    }

    /// The commands without an answer, the oldest first.
    pub fn queued(&self) -> Vec<(MessageId, ClientMessage)> {
        self.port.as_ref().map(|port| port.queued()).unwrap_or_default()
    }
}

/// The link of this page.
pub fn use_link() -> LinkHandle {
    use_context::<LinkHandle>().unwrap_or_else(LinkHandle::inert)
}
