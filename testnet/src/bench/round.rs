//! A round in which nothing changed: how many bytes go both ways, as messages
//! and as they leave the machine.
//!
//! The second figure is counted by a proxy between two networks: encryption,
//! multiplexing, the negotiation of protocols; not the headers of TCP and IP.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail};
use dela_node::network::{Network, NetworkConfig, NetworkEvent};
use dela_protocol::id::{Digest, NodeId};
use dela_protocol::wire::{Request, Response};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::exchange::FRAME_BYTES;
use super::population::federation;
use super::table::{Row, Unit, figure};
use super::{Settings, runtime};

/// What is measured here.
pub(super) const NAME: &str = "round";

/// Rounds in one repeat: enough for pings and heartbeats not to weigh.
const ROUNDS: u64 = 200;

/// How long anything on loopback may take before something is wrong.
const PATIENCE: Duration = Duration::from_secs(30);

/// Measures.
pub(super) fn measure(settings: &Settings) -> anyhow::Result<Vec<Row>> {
    let messages = question().encode().len() + Response::Same.encode().len() + 2 * FRAME_BYTES;
    let rounds = if settings.quick { 5 } else { ROUNDS };
    let counted = runtime()?.block_on(async {
        let mut counted = Vec::new();
        for _ in 0..settings.repeats {
            counted.push(timeout(PATIENCE, Box::pin(counted_by_proxy(rounds))).await??);
        }
        anyhow::Ok(counted)
    })?;
    Ok(vec![
        Row::new(NAME, "nothing changed, both messages", Unit::Bytes, vec![figure(messages)])
            .at_most(600.0),
        Row::new(NAME, "nothing changed, all bytes on the connection", Unit::Bytes, counted)
            .at_most(600.0)
            .note("with encryption, multiplexing and protocol names; without TCP's own headers"),
    ])
}

fn question() -> Request {
    Request::Status { root: Digest::from_bytes([9; 32]) }
}

fn config(number: u8) -> NetworkConfig {
    NetworkConfig {
        listen: vec!["/ip4/127.0.0.1/tcp/0".to_owned()],
        discover: false,
        ..NetworkConfig::new([number; 32], federation())
    }
}

/// Returns the bytes that one round takes between two networks.
async fn counted_by_proxy(rounds: u64) -> anyhow::Result<f64> {
    let mut far = Network::start(config(2))?;
    let address = loop {
        if let NetworkEvent::Listening { address } = far.next().await {
            break address;
        }
    };
    let port = port_of(&address).context("an address with a port")?;
    let count = Arc::new(AtomicUsize::new(0));
    let proxy = TcpListener::bind("127.0.0.1:0").await?;
    let place = format!("/ip4/127.0.0.1/tcp/{}", proxy.local_addr()?.port());
    let forwarding = tokio::spawn(forward(proxy, port, Arc::clone(&count)));
    let answering = tokio::spawn(async move {
        loop {
            if let NetworkEvent::Requested { token, .. } = far.next().await {
                far.respond(token, Response::Same);
            }
        }
    });

    let mut near = Network::start(config(1))?;
    near.dial(&place)?;
    let peer = loop {
        match near.next().await {
            NetworkEvent::Connected { node, .. } => break node,
            NetworkEvent::DialFailed { reason, .. } => bail!("the proxy was not reached: {reason}"),
            _ => {}
        }
    };
    // The first rounds also carry what is said once on a new connection.
    for id in 0..5 {
        ask(&mut near, peer, id).await?;
    }
    let before = count.load(Ordering::Relaxed);
    for id in 0..rounds {
        ask(&mut near, peer, 100 + id).await?;
    }
    let bytes = count.load(Ordering::Relaxed) - before;
    forwarding.abort();
    answering.abort();
    Ok(figure(bytes) / figure(rounds))
}

async fn ask(network: &mut Network, peer: NodeId, id: u64) -> anyhow::Result<()> {
    network.request(peer, id, question());
    loop {
        match network.next().await {
            NetworkEvent::Answered { id: answered, .. } if answered == id => return Ok(()),
            NetworkEvent::Failed { reason, .. } => bail!("a round failed: {reason}"),
            _ => {}
        }
    }
}

fn port_of(address: &str) -> Option<u16> {
    address.split('/').skip_while(|part| *part != "tcp").nth(1)?.parse().ok()
}

/// Forwards one connection, and counts what passes.
async fn forward(proxy: TcpListener, port: u16, count: Arc<AtomicUsize>) -> std::io::Result<()> {
    let (near, _) = proxy.accept().await?;
    let far = TcpStream::connect(("127.0.0.1", port)).await?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    let (near_in, near_out) = near.into_split();
    let (far_in, far_out) = far.into_split();
    let (there, back) =
        tokio::join!(pass(near_in, far_out, Arc::clone(&count)), pass(far_in, near_out, count));
    there.and(back)
}

async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    count: Arc<AtomicUsize>,
) -> std::io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = from.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        count.fetch_add(read, Ordering::Relaxed);
        to.write_all(buffer.get(..read).unwrap_or_default()).await?;
    }
}
