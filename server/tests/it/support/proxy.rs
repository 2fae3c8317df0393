//! A bad network: a proxy between a client and the server that can cut, freeze, slow down and
//! refuse, and be led to another server, all while it runs.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpSocket, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    time::sleep,
};

/// Small, so that a reader that does not read is felt by whoever writes, as on a real network.
const KERNEL_BUFFER: u32 = 16 * 1024;
/// Bytes that travel together.
const CHUNK: usize = 4 * 1024;
/// More connections than any test opens at once.
const BACKLOG: u32 = 4_096;

/// What one direction of the network does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// Everything goes through at once.
    Pass,
    /// Nothing goes through, and nobody is told.
    Freeze,
    /// So many bytes per second go through.
    Throttle(u32),
    /// Everything goes through later.
    Delay(Duration),
}

/// The network as it is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Weather {
    /// From the client to the server.
    up: Flow,
    /// From the server to the client.
    down: Flow,
    /// New connections are reset.
    refuses: bool,
    /// Grows with each cut.
    cuts: u32,
}

/// A network for one client or many; it lasts as long as the test.
#[derive(Clone)]
pub(crate) struct Proxy {
    /// Where clients connect to.
    pub(crate) address: SocketAddr,
    weather: watch::Sender<Weather>,
    arrivals: Arc<Mutex<Vec<Instant>>>,
}

impl Proxy {
    /// A network that leads to whatever `target` says at the moment of connecting; nowhere, while
    /// it says nothing.
    pub(crate) fn to(target: watch::Receiver<Option<SocketAddr>>) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(KERNEL_BUFFER).unwrap();
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let listener = socket.listen(BACKLOG).unwrap();
        let fine = Weather { up: Flow::Pass, down: Flow::Pass, refuses: false, cuts: 0 };
        let weather = watch::Sender::new(fine);
        let arrivals = Arc::<Mutex<Vec<Instant>>>::default();
        let address = listener.local_addr().unwrap();
        tokio::spawn(accept(listener, target, weather.clone(), Arc::clone(&arrivals)));
        Self { address, weather, arrivals }
    }

    /// From now on: from the client to the server, and back.
    pub(crate) fn flow(&self, up: Flow, down: Flow) {
        self.weather.send_modify(|weather| (weather.up, weather.down) = (up, down));
    }

    /// Resets all connections that there are.
    pub(crate) fn cut(&self) {
        self.weather.send_modify(|weather| weather.cuts += 1);
    }

    /// Resets new connections, or takes them again.
    pub(crate) fn refuse(&self, refuses: bool) {
        self.weather.send_modify(|weather| weather.refuses = refuses);
    }

    /// Pulls the cable, and plugs it in again after a while.
    pub(crate) async fn drop_for(&self, time: Duration) {
        self.refuse(true);
        self.cut();
        sleep(time).await;
        self.refuse(false);
    }

    /// When clients connected, refused ones included.
    pub(crate) fn arrivals(&self) -> Vec<Instant> {
        self.arrivals.lock().unwrap().clone()
    }
}

async fn accept(
    listener: TcpListener,
    target: watch::Receiver<Option<SocketAddr>>,
    weather: watch::Sender<Weather>,
    arrivals: Arc<Mutex<Vec<Instant>>>,
) {
    loop {
        let Ok((client, _)) = listener.accept().await else { continue };
        arrivals.lock().unwrap().push(Instant::now());
        let server = *target.borrow();
        let (Some(server), false) = (server, weather.borrow().refuses) else {
            reset(&client);
            continue;
        };
        tokio::spawn(carry(client, server, weather.subscribe()));
    }
}

async fn carry(client: TcpStream, server: SocketAddr, mut weather: watch::Receiver<Weather>) {
    let cuts = weather.borrow_and_update().cuts;
    let connecting = async {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(KERNEL_BUFFER)?;
        socket.connect(server).await
    };
    let server: io::Result<TcpStream> = connecting.await;
    let Ok(server) = server else { return reset(&client) };
    // Nagle's algorithm would be a fault that nobody ordered.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let both = async {
        tokio::try_join!(
            pump(&mut from_client, &mut to_server, weather.clone(), |weather| weather.up),
            pump(&mut from_server, &mut to_client, weather.clone(), |weather| weather.down),
        )
    };
    let mut watching = weather.clone();
    let was_cut = async {
        let _ = watching.wait_for(|weather| weather.cuts != cuts).await;
    };
    let properly = tokio::select! {
        ends = both => ends.is_ok(),
        () = was_cut => false,
    };
    if !properly {
        reset(to_client.as_ref());
        reset(to_server.as_ref());
    }
}

/// Carries one direction until its end.
async fn pump(
    from: &mut OwnedReadHalf,
    to: &mut OwnedWriteHalf,
    mut weather: watch::Receiver<Weather>,
    direction: impl Fn(&Weather) -> Flow,
) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    loop {
        thawed(&mut weather, &direction).await;
        let length = tokio::select! {
            length = from.read(&mut chunk) => length?,
            _ = weather.changed() => continue,
        };
        // It may have frozen while nothing was under way.
        match thawed(&mut weather, &direction).await {
            Flow::Throttle(rate) => {
                sleep(Duration::from_secs_f64(length as f64 / f64::from(rate))).await;
            }
            Flow::Delay(time) => sleep(time).await,
            Flow::Pass | Flow::Freeze => {}
        }
        if length == 0 {
            return to.shutdown().await;
        }
        to.write_all(&chunk[..length]).await?;
    }
}

async fn thawed(
    weather: &mut watch::Receiver<Weather>,
    direction: &impl Fn(&Weather) -> Flow,
) -> Flow {
    match weather.wait_for(|weather| direction(weather) != Flow::Freeze).await {
        Ok(weather) => direction(&weather),
        Err(_) => Flow::Pass,
    }
}

/// The connection ends without a word (RST and not FIN) when it is dropped.
fn reset(stream: &TcpStream) {
    let _ = stream.set_zero_linger();
}
