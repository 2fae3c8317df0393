//! What a browser does for a page: it opens sockets with its cookies, and posts.

use crate::support::world::cookies_of;
use futures_util::{SinkExt, StreamExt};
use http::HeaderValue;
use logic::link::Renewal;
use protocol::{Codec, Frame};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    net::TcpStream,
    sync::mpsc::{UnboundedReceiver, UnboundedSender},
    time::timeout,
};
use tokio_tungstenite::{
    client_async,
    tungstenite::{Error, Message, client::IntoClientRequest},
};

/// A socket that is closed before it opened, or without a word.
pub(crate) const ABNORMAL: u16 = 1006;

/// How a browser reaches the server, and who it is there.
#[derive(Clone)]
pub(crate) struct Browser {
    /// The server, or the proxy before it.
    pub(crate) address: SocketAddr,
    /// The Origin of the page.
    pub(crate) origin: String,
    /// What it sends as `Cookie`.
    pub(crate) cookies: Cookies,
}

/// The cookies of a browser, which all of its pages share.
#[derive(Clone, Default)]
pub(crate) struct Cookies(Arc<Mutex<BTreeMap<String, String>>>);

impl Cookies {
    /// Those of a `Cookie` header.
    pub(crate) fn of(header: &str) -> Self {
        let cookies = Self::default();
        cookies.keep(header);
        cookies
    }

    fn keep(&self, header: &str) {
        let pairs = header.split("; ").filter_map(|pair| pair.split_once('='));
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        self.0.lock().unwrap().extend(pairs);
    }

    fn header(&self) -> String {
        let cookies = self.0.lock().unwrap();
        let pairs: Vec<String> = cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
        pairs.join("; ")
    }
}

/// What a socket reports, and what comes of a refresh.
pub(crate) enum Heard {
    Opened(u32, Codec),
    Frame(u32, Frame),
    Closed(u32, u16),
    Refreshed(Renewal),
    Renewed(Option<String>),
}

/// How a task tells the page's driver something.
pub(crate) struct Mouth {
    pub(crate) life: u32,
    pub(crate) heard: UnboundedSender<(u32, Heard)>,
}

impl Mouth {
    pub(crate) fn say(&self, heard: Heard) {
        // The page may be gone already.
        let _ = self.heard.send((self.life, heard));
    }
}

/// Reads and writes until either side ends; the code of its end.
pub(crate) async fn converse(
    browser: &Browser,
    number: u32,
    mut frames: UnboundedReceiver<Frame>,
    heard: &Mouth,
) -> Result<u16, Error> {
    // Every other socket speaks the other codec.
    let codec = Codec::ALL[number as usize % 2];
    let mut request = format!("ws://{}/ws", browser.address).into_client_request()?;
    let headers = [
        ("origin", browser.origin.as_str()),
        ("cookie", &*browser.cookies.header()),
        ("sec-websocket-protocol", codec.subprotocol()),
    ];
    for (name, value) in headers {
        request.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
    }
    let opening = async {
        let stream = TcpStream::connect(browser.address).await?;
        stream.set_nodelay(true)?;
        client_async(request, stream).await
    };
    let (socket, _) = tokio::select! {
        opened = opening => opened?,
        // Given up before it opened: nothing is sent to a socket that is not open.
        None = frames.recv() => return Ok(ABNORMAL),
    };
    heard.say(Heard::Opened(number, codec));
    let (mut sink, mut stream) = socket.split();
    // Side by side, as in a browser: a frame that cannot be written keeps nobody from reading.
    let writing = async {
        while let Some(frame) = frames.recv().await {
            sink.send(match frame {
                Frame::Text(text) => Message::text(text),
                Frame::Binary(bytes) => Message::binary(bytes),
            })
            .await?;
        }
        // The page hung up.
        let _ = timeout(Duration::from_secs(1), sink.close()).await;
        Ok(ABNORMAL)
    };
    let reading = async {
        let mut code = ABNORMAL;
        while let Some(Ok(message)) = stream.next().await {
            match message {
                Message::Text(text) => {
                    heard.say(Heard::Frame(number, Frame::Text(text.to_string())));
                }
                Message::Binary(bytes) => {
                    heard.say(Heard::Frame(number, Frame::Binary(bytes.to_vec())));
                }
                Message::Close(frame) => {
                    code = frame.map_or(1005, |frame| frame.code.into());
                }
                _ => {}
            }
        }
        code
    };
    tokio::pin!(reading);
    tokio::select! {
        code = &mut reading => Ok(code),
        // A write that fails is told by the close that follows, with its code if there is one.
        written = writing => match written {
            Ok(code) => Ok(code),
            Err::<_, Error>(_) => Ok(reading.await),
        },
    }
}

pub(crate) async fn refresh(browser: &Browser) -> Renewal {
    match post(browser, "/api/auth/refresh").await {
        Ok(response) if response.status().is_success() => Renewal::Done,
        Ok(response) if matches!(response.status().as_u16(), 401 | 403) => Renewal::Refused,
        Ok(_) | Err(_) => Renewal::Unreachable,
    }
}

pub(crate) async fn renew(browser: &Browser) -> Option<String> {
    refresh(browser).await;
    let response = post(browser, "/api/ws-ticket").await.ok()?;
    Some(response.json::<protocol::http::TicketResponse>().await.ok()?.ticket)
}

async fn post(browser: &Browser, path: &str) -> reqwest::Result<reqwest::Response> {
    let response = reqwest::Client::new()
        .post(format!("http://{}{path}", browser.address))
        .header("origin", &browser.origin)
        .header("cookie", browser.cookies.header())
        .json(&serde_json::json!({}))
        .send()
        .await?;
    browser.cookies.keep(&cookies_of(&response));
    Ok(response)
}
