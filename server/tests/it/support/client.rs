//! A WebSocket client that knows no more than the protocol's document.

use futures_util::{SinkExt, StreamExt};
use http::HeaderValue;
use serde_json::Value;
use std::{collections::VecDeque, time::Duration};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest, protocol::frame::coding::CloseCode},
};

/// Long enough for a busy machine; a test that needs it has failed.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    waiting: VecDeque<Value>,
    /// Speaks MessagePack, by another implementation than the server's.
    pub(crate) packed: bool,
    pub(crate) closed: Option<u16>,
}

impl Socket {
    pub(crate) async fn open(
        url: &str,
        subprotocol: Option<&str>,
        headers: &[(&'static str, String)],
    ) -> Result<Self, Error> {
        let mut request = url.into_client_request()?;
        if let Some(subprotocol) = subprotocol {
            let value = HeaderValue::from_str(subprotocol).unwrap();
            request.headers_mut().insert("sec-websocket-protocol", value);
        }
        for (name, value) in headers {
            request.headers_mut().insert(*name, HeaderValue::from_str(value).unwrap());
        }
        let (stream, response) = connect_async(request).await?;
        let chosen = response.headers().get("sec-websocket-protocol");
        let packed = chosen.is_some_and(|name| name.as_bytes().ends_with(b".msgpack"));
        Ok(Self { stream, waiting: VecDeque::new(), packed, closed: None })
    }

    pub(crate) async fn say(&mut self, message: Value) {
        match self.packed {
            true => self.say_bytes(rmp_serde::to_vec_named(&message).unwrap()).await,
            false => self.say_text(&message.to_string()).await,
        }
    }

    pub(crate) async fn say_text(&mut self, text: &str) {
        // A server that has closed is found out by what it said before.
        let _ = self.stream.send(Message::text(text)).await;
    }

    pub(crate) async fn say_bytes(&mut self, bytes: Vec<u8>) {
        let _ = self.stream.send(Message::binary(bytes)).await;
    }

    /// The next message of any type; `None` when the server has closed.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(message) = self.waiting.pop_front() {
                return Some(message);
            }
            let frame = tokio::time::timeout(PATIENCE, self.stream.next())
                .await
                .expect("the server says nothing");
            match frame {
                Some(Ok(Message::Text(text))) => {
                    assert!(!self.packed, "text where MessagePack was agreed on: {text}");
                    self.take(serde_json::from_str(&text).expect("the server speaks JSON"));
                }
                Some(Ok(Message::Binary(bytes))) => {
                    assert!(self.packed, "bytes where JSON was agreed on");
                    self.take(
                        rmp_serde::from_slice(&bytes).expect("the server speaks MessagePack"),
                    );
                }
                Some(Ok(Message::Close(frame))) => {
                    self.closed = frame.map(|frame| CloseCode::into(frame.code));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }

    fn take(&mut self, message: Value) {
        match message["type"].as_str() {
            Some("batch") => {
                let messages = message["data"]["messages"].as_array().expect("messages");
                self.waiting.extend(messages.iter().cloned());
            }
            _ => self.waiting.push_back(message),
        }
    }

    /// The next message of one type; others before it are skipped.
    pub(crate) async fn hear(&mut self, kind: &str) -> Value {
        let mut skipped = Vec::new();
        while let Some(message) = self.next().await {
            if message["type"] == kind {
                return message;
            }
            skipped.push(message);
        }
        panic!("closed with {:?} before `{kind}`; heard {skipped:?}", self.closed);
    }

    /// Reads on to the end and returns the close code.
    pub(crate) async fn end(&mut self) -> Option<u16> {
        while self.next().await.is_some() {}
        self.closed
    }

    /// Closes as a page does that is left, and waits for the other side.
    pub(crate) async fn leave(mut self) {
        let _ = self.stream.close(None).await;
        while self.next().await.is_some() {}
    }

    /// Everything up to the answer of a ping: what did not come until then was not sent before.
    pub(crate) async fn settle(&mut self) -> Vec<Value> {
        self.say(serde_json::json!({"type": "ping", "data": {"timestamp": 1}})).await;
        let mut heard = Vec::new();
        while let Some(message) = self.next().await {
            if message["type"] == "pong" {
                return heard;
            }
            heard.push(message);
        }
        panic!("closed with {:?}; heard {heard:?}", self.closed);
    }
}
