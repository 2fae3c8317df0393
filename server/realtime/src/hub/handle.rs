//! What the rest of the server can do to one connection: wake it, answer it, change its role,
//! close it. The connection itself is one task, `server/src/ws/connection.rs`.

use cadence_base::sync::lock;
use protocol::{CloseCode, ConnectionId, ParticipantId, SignInId, UserId, account::Role};
use std::{collections::VecDeque, net::IpAddr, sync::Mutex};
use tokio::sync::Notify;

/// Bytes of answers that may wait for a connection that does not read. Events do not count: they
/// are not queued.
const WAITING_BYTES: usize = 256 * 1024;
/// Bytes of replays and snapshots that may wait when another one is asked for. One by itself may
/// be larger: it is what the client needs.
const WAITING_CATCH_UP_BYTES: usize = 1024 * 1024;

/// The shared end of one connection.
#[derive(Debug)]
pub struct ConnectionHandle {
    /// The connection.
    pub id: ConnectionId,
    /// Where it comes from, as limits count it.
    pub address: IpAddr,
    wake: Notify,
    inner: Mutex<HandleState>,
}

#[derive(Debug, Default)]
struct HandleState {
    user: Option<UserId>,
    sign_in: Option<SignInId>,
    participant: Option<ParticipantId>,
    answers: VecDeque<QueuedText>,
    answer_bytes: usize,
    catch_up_bytes: usize,
    role: Option<Role>,
    revoked: Option<(SignInId, CloseCode)>,
    close: Option<CloseCode>,
}

/// A text that waits, and what it counts as.
#[derive(Debug)]
enum QueuedText {
    Message(String),
    CatchUp(String),
}

impl ConnectionHandle {
    /// The shared end of a new connection.
    pub fn new(id: ConnectionId, address: IpAddr) -> Self {
        Self { id, address, wake: Notify::new(), inner: Mutex::default() }
    }

    /// Notes who the connection acts as, so that it can be found.
    pub fn identify(
        &self,
        user: Option<UserId>,
        sign_in: Option<SignInId>,
        participant: Option<ParticipantId>,
    ) {
        let mut inner = lock(&self.inner);
        inner.user = user.or(inner.user);
        inner.sign_in = sign_in.or(inner.sign_in);
        inner.participant = participant.or(inner.participant);
    }

    /// The account.
    pub fn user(&self) -> Option<UserId> {
        lock(&self.inner).user
    }

    /// The sign-in's session row.
    pub fn sign_in(&self) -> Option<SignInId> {
        lock(&self.inner).sign_in
    }

    /// The phone of a guitar session.
    pub fn participant(&self) -> Option<ParticipantId> {
        lock(&self.inner).participant
    }

    /// Wakes the connection's task.
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
        inner.answers.push_back(QueuedText::Message(text));
        drop(inner);
        self.wake();
    }

    /// Queues what brings the client from its position to now.
    pub fn push_catch_up(&self, texts: Vec<String>) {
        let mut inner = lock(&self.inner);
        if inner.catch_up_bytes > WAITING_CATCH_UP_BYTES {
            inner.close.get_or_insert(CloseCode::SlowConsumer);
        } else {
            inner.catch_up_bytes += texts.iter().map(String::len).sum::<usize>();
            inner.answers.extend(texts.into_iter().map(QueuedText::CatchUp));
        }
        drop(inner);
        self.wake();
    }

    /// Queues an answer before those that wait: the `welcome` that announces them.
    pub fn push_first(&self, text: String) {
        let mut inner = lock(&self.inner);
        inner.answer_bytes += text.len();
        inner.answers.push_front(QueuedText::Message(text));
        drop(inner);
        self.wake();
    }

    /// Takes the next answer.
    pub fn pop(&self) -> Option<String> {
        let mut inner = lock(&self.inner);
        match inner.answers.pop_front()? {
            QueuedText::Message(text) => {
                inner.answer_bytes -= text.len();
                Some(text)
            }
            QueuedText::CatchUp(text) => {
                inner.catch_up_bytes -= text.len();
                Some(text)
            }
        }
    }

    /// The sign-in behind it is over; `code` is for a connection that lived on nothing else.
    pub(crate) fn revoke_sign_in(&self, sign_in: SignInId, code: CloseCode) {
        lock(&self.inner).revoked = Some((sign_in, code));
        self.wake();
    }

    /// The sign-in that was revoked, once.
    pub fn take_revoked(&self) -> Option<(SignInId, CloseCode)> {
        lock(&self.inner).revoked.take()
    }

    /// Forgets the account: the connection does not act as it any more.
    pub fn forget_sign_in(&self) {
        let mut inner = lock(&self.inner);
        inner.user = None;
        inner.sign_in = None;
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

    /// Asks the connection to close with a code. The first one counts.
    pub fn close(&self, code: CloseCode) {
        lock(&self.inner).close.get_or_insert(code);
        self.wake();
    }

    /// Whether it was asked to close.
    pub fn closing(&self) -> Option<CloseCode> {
        lock(&self.inner).close
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;
    use uuid::Uuid;

    fn handle() -> ConnectionHandle {
        ConnectionHandle::new(ConnectionId(Uuid::nil()), Ipv4Addr::LOCALHOST.into())
    }

    #[test]
    fn a_long_replay_is_no_reason_to_close_and_unread_ones_upon_it_are() {
        let handle = handle();
        handle.push_catch_up(vec!["x".repeat(2_000); 1_000]);
        handle.push("answer".to_owned());
        assert_eq!(handle.closing(), None);
        handle.push_catch_up(vec!["x".repeat(10)]);
        assert_eq!(handle.closing(), Some(CloseCode::SlowConsumer));
    }

    #[test]
    fn unread_answers_close_the_connection() {
        let handle = handle();
        handle.push("x".repeat(WAITING_BYTES));
        assert_eq!(handle.closing(), None);
        assert_eq!(handle.pop().map(|text| text.len()), Some(WAITING_BYTES));
        handle.push("x".repeat(WAITING_BYTES + 1));
        assert_eq!(handle.closing(), Some(CloseCode::SlowConsumer));
    }
}
