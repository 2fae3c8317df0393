//! Refreshing a sign-in and getting a ticket: two posts that carry cookies and nothing else.

use gloo_net::http::Request;
use logic::link::Renewal;
use protocol::http::TicketResponse;

/// Refreshes the cookies of the sign-in.
pub(crate) async fn refresh() -> Renewal {
    match Request::post("/api/auth/refresh").send().await {
        Ok(response) if response.ok() => Renewal::Done,
        Ok(response) if response.status() == 401 || response.status() == 403 => Renewal::Refused,
        Ok(_) | Err(_) => Renewal::Unreachable,
    }
}

/// Refreshes, and gets a ticket to show on an open socket.
pub(crate) async fn renew() -> Option<String> {
    if refresh().await != Renewal::Done {
        return None;
    }
    let response = Request::post("/api/ws-ticket").send().await.ok()?;
    Some(response.json::<TicketResponse>().await.ok()?.ticket)
}
