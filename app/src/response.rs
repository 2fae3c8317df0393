//! The port to the head of the response to a page request.

use leptos::prelude::*;
use std::sync::Arc;

/// The head of the response to one page request. The server puts it into the request's context;
/// in a browser there is none.
pub trait ResponseHead: Send + Sync {
    /// Sets the status.
    fn status(&self, status: u16);
    /// Sends the browser to another address of this site.
    fn redirect(&self, to: &str);
}

/// [`ResponseHead`] as the server puts it into a request's context.
pub type SharedResponseHead = Arc<dyn ResponseHead>;

/// The response's head, while a page is rendered for a request.
pub fn use_response_head() -> Option<SharedResponseHead> {
    use_context::<SharedResponseHead>()
}

/// Sets the response's status, where there is a response.
pub fn respond_status(status: u16) {
    if let Some(response) = use_response_head() {
        response.status(status);
    }
}
