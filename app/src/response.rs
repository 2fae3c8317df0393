//! The port to the head of the response to a page request.

use leptos::prelude::*;
use std::sync::Arc;

/// The head of the response to one page request. The server puts it into the request's context;
/// the browser has none.
pub trait Respond: Send + Sync {
    /// Sets the status.
    fn status(&self, status: u16);
    /// Sends the browser to another address of this site.
    fn redirect(&self, to: &str);
}

/// [`Respond`] as the server puts it into a request's context.
pub type SharedRespond = Arc<dyn Respond>;

/// The response's head, while one is being made.
pub fn use_respond() -> Option<SharedRespond> {
    use_context::<SharedRespond>()
}

/// Sets the response's status, where there is a response.
pub fn respond_status(status: u16) {
    if let Some(respond) = use_respond() {
        respond.status(status);
    }
}
