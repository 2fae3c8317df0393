//! What no client of ours would send, byte by byte: each gets its answer or its end, and a second
//! client beside it notices nothing.

use crate::support::{
    client::Socket,
    world::{World, cookies_of, topic},
};
use protocol::http::SessionResponse;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    time::{sleep, timeout},
};
use uuid::Uuid;

/// Long enough for a busy machine; a test that needs it has failed.
const PATIENCE: Duration = Duration::from_secs(20);

// Opcodes of RFC 6455, 5.2.
const CONTINUATION: u8 = 0x0;
const TEXT: u8 = 0x1;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xA;
/// The last fragment of a message.
const FINAL: u8 = 0x80;

/// A socket whose frames are written by hand.
struct Raw(BufReader<TcpStream>);

impl Raw {
    /// A plain phone that has introduced itself.
    async fn phone(world: &World, session: &SessionResponse) -> Self {
        let mut stream = TcpStream::connect(world.address).await.unwrap();
        let request = format!(
            "GET /ws/guitar/{}/ HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
            session.session_id, world.address,
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut raw = Self(BufReader::new(stream));
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(raw.0.read_u8().await.unwrap());
        }
        assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
        raw.text(&json!({"type": "auth", "data": {"secret": session.secret}}).to_string()).await;
        raw.hear("ack").await;
        raw
    }

    /// Bytes as they are. A server that has closed is found out by what it said before.
    async fn bytes(&mut self, bytes: &[u8]) {
        let _ = self.0.get_mut().write_all(bytes).await;
    }

    /// A masked frame; a mask of zeros changes nothing.
    async fn frame(&mut self, first: u8, payload: &[u8]) {
        let mut frame = vec![first];
        match payload.len() {
            short @ 0..126 => frame.push(0x80 | short as u8),
            length @ 126..65_536 => {
                frame.push(0x80 | 126);
                frame.extend((length as u16).to_be_bytes());
            }
            length => {
                frame.push(0x80 | 127);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        frame.extend([0; 4]);
        frame.extend(payload);
        self.bytes(&frame).await;
    }

    async fn text(&mut self, text: &str) {
        self.frame(FINAL | TEXT, text.as_bytes()).await;
    }

    /// The next frame: opcode and payload; `None` at the end.
    async fn next(&mut self) -> Option<(u8, Vec<u8>)> {
        let read = async {
            let head = [self.0.read_u8().await?, self.0.read_u8().await?];
            let length = match head[1] {
                126 => self.0.read_u16().await?.into(),
                127 => self.0.read_u64().await?,
                short => short.into(),
            };
            let mut payload = vec![0; length as usize];
            self.0.read_exact(&mut payload).await?;
            std::io::Result::Ok((head[0] & 0x0f, payload))
        };
        timeout(PATIENCE, read).await.expect("the server says nothing").ok()
    }

    /// The next message of one type.
    async fn hear(&mut self, kind: &str) -> Value {
        while let Some((opcode, payload)) = self.next().await {
            let message = (opcode == TEXT).then(|| serde_json::from_slice::<Value>(&payload));
            if let Some(Ok(message)) = message
                && message["type"] == kind
            {
                return message;
            }
        }
        panic!("closed before `{kind}`");
    }

    /// Reads to the end: the close code, if the server said one.
    async fn end(&mut self) -> Option<u16> {
        let mut code = None;
        while let Some((opcode, payload)) = self.next().await {
            if opcode == CLOSE && payload.len() >= 2 {
                code = Some(u16::from_be_bytes([payload[0], payload[1]]));
            }
        }
        code
    }
}

/// A session with somebody in it who must not notice anything.
struct Room {
    world: World,
    session: SessionResponse,
    pc: Socket,
}

impl Room {
    async fn new() -> Self {
        Self::with(&[("CADENCE_LIMITS__BURST", "1000")]).await
    }

    async fn with(settings: &[(&'static str, &'static str)]) -> Self {
        let world = World::with(settings).await;
        let session = world.guitar_session().await;
        let pc = world.in_session(&session, json!({"host_secret": session.host_secret})).await;
        Self { world, session, pc }
    }

    async fn raw(&self) -> Raw {
        Raw::phone(&self.world, &self.session).await
    }

    /// Our own client's dialect, as the PC.
    async fn stage(&self) -> Socket {
        self.world.stage(&self.session).await
    }

    /// Our own client's dialect, as a phone.
    async fn phone(&self) -> Socket {
        let body = json!({
            "session_id": self.session.session_id, "secret": self.session.secret,
        });
        let join = self.world.http.post(self.world.url("/api/guitar/join"));
        let joined = join.header("origin", self.world.origin()).json(&body).send().await.unwrap();
        let headers = [("origin", self.world.origin()), ("cookie", cookies_of(&joined))];
        let mut phone = self.world.dial_ours(&headers).await;
        phone
            .say(json!({"type": "hello", "data": {
                "client": {"device": "phone"}, "topics": [{"name": topic(&self.session)}],
            }}))
            .await;
        phone.hear("snapshot").await;
        phone
    }

    /// The PC is served, and the hub has forgotten whoever is gone.
    async fn assert_unimpressed(mut self) {
        self.pc.settle().await;
        let gone = async {
            while self.world.state.hub.connections() > 1 {
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(PATIENCE, gone).await.expect("the hub holds a connection that is gone");
    }
}

#[tokio::test]
async fn frames_that_break_the_websocket_protocol_end_their_connection_only() {
    let room = Room::new().await;
    let terabyte = [FINAL | TEXT, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let mut long_ping = vec![FINAL | PING, 0x80 | 126, 0, 126, 0, 0, 0, 0];
    long_ping.extend([b'!'; 126]);
    let cases: [(&str, &[u8], u16); 9] = [
        ("without a mask", &[FINAL | TEXT, 2, b'{', b'}'], 1002),
        ("reserved bits", &[0xf1, 0x80, 0, 0, 0, 0], 1002),
        ("an opcode that nobody has", &[FINAL | 0x3, 0x80, 0, 0, 0, 0], 1002),
        ("a continuation of nothing", &[FINAL | CONTINUATION, 0x80, 0, 0, 0, 0], 1002),
        ("a ping in two fragments", &[PING, 0x80, 0, 0, 0, 0], 1002),
        ("a ping of 126 bytes", &long_ping, 1002),
        ("a close frame of one byte", &[FINAL | CLOSE, 0x81, 0, 0, 0, 0, 3], 1002),
        ("a text that is no UTF-8", &[FINAL | TEXT, 0x83, 0, 0, 0, 0, 0xff, 0xfe, 0], 1007),
        ("a frame of a terabyte", &terabyte, 1009),
    ];
    for (what, bytes, expected) in cases {
        let mut raw = room.raw().await;
        raw.bytes(bytes).await;
        let began = Instant::now();
        let code = raw.end().await;
        println!("{what}: closed with {code:?}");
        assert_eq!(code, Some(expected), "{what}");
        // Because of what it said, and not because it says nothing more.
        assert!(began.elapsed() < Duration::from_secs(5), "{what}: {:?}", began.elapsed());
    }
    room.assert_unimpressed().await;
}

#[tokio::test]
async fn a_frame_that_stops_in_the_middle_holds_nothing_when_its_client_is_gone() {
    let room = Room::new().await;
    let whole = json!({"type": "mute"}).to_string();
    for cut in [1, 2, 5, 8] {
        let mut raw = room.raw().await;
        let mut frame = vec![FINAL | TEXT, 0x80 | whole.len() as u8, 0, 0, 0, 0];
        frame.extend(whole.as_bytes());
        raw.bytes(&frame[..cut]).await;
        drop(raw);
    }
    room.assert_unimpressed().await;
}

#[tokio::test]
async fn a_message_in_many_fragments_with_pings_between_them_is_one_message() {
    let mut room = Room::new().await;
    let mut raw = room.raw().await;
    let text = json!({"type": "chord_change", "data": {"chord": "Em7"}}).to_string();
    let (last, first) = text.as_bytes().split_last().unwrap();
    for (place, byte) in first.iter().enumerate() {
        let opcode = if place == 0 { TEXT } else { CONTINUATION };
        raw.frame(opcode, &[*byte]).await;
        if place % 10 == 0 {
            raw.frame(FINAL | PING, b"between").await;
        }
    }
    raw.frame(FINAL | CONTINUATION, &[*last]).await;
    raw.hear("ack").await;
    assert_eq!(room.pc.hear("chord_change").await["data"]["chord"], "Em7");
    drop(raw);
    room.assert_unimpressed().await;
}

#[tokio::test]
async fn fragments_without_an_end_are_cut_off_at_the_limit() {
    let room = Room::new().await;
    let mut raw = room.raw().await;
    let fragment = [b' '; 16 * 1024];
    raw.frame(TEXT, &fragment).await;
    for _ in 0..40 {
        raw.frame(CONTINUATION, &fragment).await;
    }
    raw.end().await;
    room.assert_unimpressed().await;
}

#[tokio::test]
async fn a_flood_of_pings_is_cut_off_and_keeps_nobody_waiting() {
    const PINGS: usize = 20_000;
    let mut room = Room::with(&[("CADENCE_LIMITS__BURST", "300")]).await;
    let mut raw = room.raw().await;
    raw.frame(FINAL | PING, b"!").await;
    while raw.next().await.expect("a pong").0 != PONG {}
    let flood = async {
        for _ in 0..PINGS {
            let ping = raw.0.write_all(&[FINAL | PING, 0x81, 0, 0, 0, 0, b'!']).await;
            if ping.is_err() {
                break;
            }
        }
        raw.end().await
    };
    let others = async {
        for _ in 0..50 {
            room.pc.settle().await;
        }
    };
    assert_eq!(tokio::join!(flood, others).0, Some(4113));
    room.assert_unimpressed().await;
}

#[tokio::test]
async fn ten_thousand_levels_of_nesting_are_refused_and_not_followed() {
    let room = Room::new().await;
    let mut raw = room.raw().await;
    let (open, close) = ("[".repeat(10_000), "]".repeat(10_000));
    let objects = format!("{}1{}", r#"{"a":"#.repeat(8_000), "}".repeat(8_000));
    let cases = [
        format!("{open}{close}"),
        format!("{open}1"),
        format!(r#"{{"type":"chord_change","data":{open}{close}}}"#),
        format!(r#"{{"type":"chord_change","data":{objects}}}"#),
        format!(r#"{{"type":"chord_change","id":{open}{close},"data":{{"chord":"C"}}}}"#),
        format!(r#"{{"type":"batch","data":{{"messages":[{open}{close}]}}}}"#),
    ];
    for text in cases {
        raw.text(&text).await;
        let code = raw.hear("error").await["data"]["code"].clone();
        assert!(code == "invalid_json" || code == "invalid_message", "{code}: {}", &text[..40]);
        raw.text(r#"{"type":"mute"}"#).await;
        raw.hear("ack").await;
    }
    // A field that nobody knows is passed over, however deep.
    raw.text(&format!(r#"{{"type":"mute","extra":{open}{close}}}"#)).await;
    raw.hear("ack").await;
    drop(raw);
    room.assert_unimpressed().await;
}

#[tokio::test]
async fn a_batch_of_ten_thousand_is_no_way_around_the_limits() {
    let room = Room::with(&[
        ("CADENCE_LIMITS__MESSAGES_PER_SECOND", "5"),
        ("CADENCE_LIMITS__BURST", "50"),
    ])
    .await;
    // As a frame twice too large: 64 KiB are allowed.
    let mut phone = room.phone().await;
    let mute = r#"{"type":"mute"}"#;
    phone.say_text(&batch(mute, 10_000)).await;
    assert_eq!(phone.hear("error").await["data"]["code"], "too_large");
    phone.leave().await;
    // Small enough, and nonsense.
    let mut phone = room.phone().await;
    phone.say_text(&batch("0", 10_000)).await;
    assert_eq!(phone.end().await, Some(4009));
    // Small enough, sensible, and far above the rate.
    let mut phone = room.phone().await;
    phone.say_text(&batch(mute, 4_000)).await;
    assert_eq!(phone.end().await, Some(4113));
    room.assert_unimpressed().await;
}

#[tokio::test]
async fn two_hundred_messages_of_one_frame_are_answered_one_by_one() {
    let mut room = Room::new().await;
    let mut stage = room.stage().await;
    let name = topic(&room.session);
    let ids: Vec<Uuid> = (0..200).map(|_| Uuid::now_v7()).collect();
    let messages: Vec<Value> =
        ids.iter().map(|id| json!({"type": "mute", "id": id, "topic": name})).collect();
    stage.say(json!({"type": "batch", "data": {"messages": messages}})).await;
    let mut offset = None;
    for id in &ids {
        let ack = stage.hear("ack").await;
        assert_eq!(ack["id"], id.to_string(), "in order");
        let place = ack["offset"].as_u64().unwrap();
        assert!(offset.is_none_or(|before| place == before + 1), "{offset:?} {ack}");
        offset = Some(place);
    }
    for _ in &ids {
        room.pc.hear("mute").await;
    }
    stage.leave().await;
    room.assert_unimpressed().await;
}

fn batch(message: &str, times: usize) -> String {
    let messages = vec![message; times].join(",");
    format!(r#"{{"type":"batch","data":{{"messages":[{messages}]}}}}"#)
}

#[tokio::test]
async fn a_neighbour_who_floods_does_not_silence_the_pc_behind_the_same_address() {
    let room = Room::with(&[
        ("CADENCE_LIMITS__MESSAGES_PER_SECOND", "5"),
        ("CADENCE_LIMITS__BURST", "50"),
    ])
    .await;
    let neighbour = room.world.guitar_session().await;
    let mut stage = room.world.stage(&neighbour).await;
    stage.say_text(&batch(r#"{"type":"mute"}"#, 4_000)).await;
    assert_eq!(stage.end().await, Some(4113));
    room.assert_unimpressed().await;
}
