//! What the rest of the server can do to one connection: wake it, answer it, change its role,
//! close it. The connection itself is one task in [`crate::ws`].

use super::lock;
use protocol::{CloseCode, account::Role};
use std::{collections::VecDeque, net::IpAddr, sync::Mutex};
use tokio::sync::Notify;
use uuid::Uuid;

/// Bytes of answers that may wait for a connection that does not read. Events do not count: they
/// are not queued.
const WAITING_BYTES: usize = 256 * 1024;

/// The shared end of one connection.
#[derive(Debug)]
pub struct Handle {
    /// The connection.
    pub id: Uuid,
    /// Where it comes from.
    pub address: IpAddr,
    wake: Notify,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    user: Option<Uuid>,
    sign_in: Option<Uuid>,
    participant: Option<Uuid>,
    answers: VecDeque<String>,
    answer_bytes: usize,
    role: Option<Role>,
    close: Option<CloseCode>,
}

impl Handle {
    /// The shared end of a new connection.
    pub fn new(id: Uuid, address: IpAddr) -> Self {
        Self { id, address, wake: Notify::new(), inner: Mutex::default() }
    }

    /// Notes who the connection speaks for, so that it can be found.
    pub fn identify(&self, user: Option<Uuid>, sign_in: Option<Uuid>, participant: Option<Uuid>) {
        let mut inner = lock(&self.inner);
        inner.user = user.or(inner.user);
        inner.sign_in = sign_in.or(inner.sign_in);
        inner.participant = participant.or(inner.participant);
    }

    /// The account or guest.
    pub fn user(&self) -> Option<Uuid> {
        lock(&self.inner).user
    }

    /// The sign-in's session row.
    pub fn sign_in(&self) -> Option<Uuid> {
        lock(&self.inner).sign_in
    }

    /// The phone of a guitar session.
    pub fn participant(&self) -> Option<Uuid> {
        lock(&self.inner).participant
    }

    /// Lets the connection's task look again.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Waits for the next wake.
    pub async fn woken(&self) {
        self.wake.notified().await;
    }

    /// Queues an answer. Too many unread ones close the connection.
    pub fn push(&self, text: String) {
        let mut inner = lock(&self.inner);
        inner.answer_bytes += text.len();
        if inner.answer_bytes > WAITING_BYTES {
            inner.close.get_or_insert(CloseCode::SlowConsumer);
        }
        inner.answers.push_back(text);
        drop(inner);
        self.wake();
    }

    /// Queues an answer before those that wait: the `welcome` that announces them.
    pub fn push_first(&self, text: String) {
        let mut inner = lock(&self.inner);
        inner.answer_bytes += text.len();
        inner.answers.push_front(text);
        drop(inner);
        self.wake();
    }

    /// Takes the next answer.
    pub fn pop(&self) -> Option<String> {
        let mut inner = lock(&self.inner);
        let text = inner.answers.pop_front()?;
        inner.answer_bytes -= text.len();
        Some(text)
    }

    /// The host gave this phone another role.
    pub fn change_role(&self, role: Role) {
        lock(&self.inner).role = Some(role);
        self.wake();
    }

    /// The new role, once.
    pub fn take_role(&self) -> Option<Role> {
        lock(&self.inner).role.take()
    }

    /// Asks the connection to say why and close. The first reason counts.
    pub fn close(&self, code: CloseCode) {
        lock(&self.inner).close.get_or_insert(code);
        self.wake();
    }

    /// Whether it was asked to close.
    pub fn closing(&self) -> Option<CloseCode> {
        lock(&self.inner).close
    }
}
