//! The join of a scanned link. Its request leaves before hydration, so that the two overlap: on a slow
//! phone each takes some hundred milliseconds.

use super::join_request::by_link;
use crate::{
    backend::{CallFailure, join},
    client_files::played_session,
};
use futures_channel::oneshot;
use futures_util::future::LocalBoxFuture;
use leptos::{leptos_dom::helpers::location_hash, prelude::window};
use protocol::{SessionId, http::Joined};
use std::cell::RefCell;

/// What a scanned link names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ScannedLink {
    pub(super) session: SessionId,
    /// What opens the session.
    pub(super) secret: String,
}

struct EarlyJoin {
    link: ScannedLink,
    answer: oneshot::Receiver<Result<Joined, CallFailure>>,
}

thread_local! {
    static EARLY_JOIN: RefCell<Option<EarlyJoin>> = const { RefCell::new(None) };
}

/// The secret in the page's address, which the server never sees.
pub(super) fn secret_in_address() -> Option<String> {
    location_hash().filter(|secret| !secret.is_empty())
}

/// The join of the page's address, if that is a scanned link; the caller runs it.
pub(crate) fn early_join() -> Option<LocalBoxFuture<'static, ()>> {
    let path = window().location().pathname().ok()?;
    let session = played_session(&path).flatten()?.parse().ok()?;
    let link = ScannedLink { session, secret: secret_in_address()? };
    let (sender, answer) = oneshot::channel();
    EARLY_JOIN.set(Some(EarlyJoin { link: link.clone(), answer }));
    Some(Box::pin(async move {
        // The receiver is gone if the page asked for something else meanwhile.
        _ = sender.send(join_by_request(link).await);
    }))
}

/// Joins by a scanned link: takes the answer of [`early_join`] for the same one, once.
pub(super) async fn join_by_link(link: ScannedLink) -> Result<Joined, CallFailure> {
    let early = EARLY_JOIN.take().filter(|early| early.link == link);
    match early {
        Some(early) => match early.answer.await {
            Ok(answer) => answer,
            Err(oneshot::Canceled) => join_by_request(link).await,
        },
        None => join_by_request(link).await,
    }
}

async fn join_by_request(link: ScannedLink) -> Result<Joined, CallFailure> {
    join(by_link(link.session, link.secret)).await
}
