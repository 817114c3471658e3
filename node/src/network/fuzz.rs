//! What must hold for any bytes on a stream of the network. See [`crate::fuzz`].

use std::io;

use dela_protocol::id::FederationId;
use dela_protocol::limits::{MESSAGE_BYTES_MAX, NODE_MESSAGE_BYTES_MAX, NODES_REQUEST_BYTES_MAX};
use futures::FutureExt as _;
use futures::io::Cursor;
use libp2p::multiaddr::Protocol;
use libp2p::request_response::Codec as _;
use libp2p::{Multiaddr, StreamProtocol};

use super::TransportKind;
use super::address::{self, Purpose};
use super::codec::{PeersCodec, REQUEST_BYTES_MAX, SyncCodec, blame};

/// The header of a frame: its kind and two lengths.
const HEADER_BYTES: usize = 9;

const PLAIN: u8 = 0;
const ZSTD: u8 = 1;

/// Waits for what only waits for memory.
fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("bytes in memory are there at once")
}

fn protocol() -> StreamProtocol {
    StreamProtocol::new("/fuzz")
}

/// Returns a frame of that kind that promises to unpack to so many bytes.
fn framed(kind: u8, promised: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
    [&[kind], &length.to_be_bytes()[..], &promised.to_be_bytes(), body].concat()
}

/// A frame: the bytes as such, as what is packed in one after the length it
/// promises, and as the message in one.
pub fn frame(data: &[u8]) {
    frame_as_sent(data);
    if let Some((promised, packed)) = data.split_first_chunk() {
        frame_as_sent(&framed(ZSTD, u32::from_be_bytes(*promised), packed));
    }
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    frame_as_sent(&framed(PLAIN, length, data));
}

fn frame_as_sent(bytes: &[u8]) {
    let (mut codec, protocol) = (SyncCodec, protocol());
    match now(codec.read_request(&protocol, &mut Cursor::new(bytes))) {
        Ok(Ok(request)) => {
            assert!(request.encode().len() <= REQUEST_BYTES_MAX);
            let mut io = Cursor::new(Vec::new());
            let sent = now(codec.write_request(&protocol, &mut io, Ok(request.clone())));
            assert!(sent.is_ok(), "what was read cannot be sent: {sent:?}");
            let read = now(codec.read_request(&protocol, &mut Cursor::new(io.into_inner())));
            assert!(matches!(read, Ok(Ok(ref again)) if *again == request), "{read:?}");
        }
        // The peer is to blame.
        Ok(Err(_)) => {}
        Err(error) => excused(bytes, &error),
    }
    match now(codec.read_response(&protocol, &mut Cursor::new(bytes))) {
        Ok(response) => {
            assert!(response.encode().len() <= MESSAGE_BYTES_MAX);
            let mut io = Cursor::new(Vec::new());
            let sent = now(codec.write_response(&protocol, &mut io, response.clone()));
            assert!(sent.is_ok(), "what was read cannot be sent: {sent:?}");
            let read = now(codec.read_response(&protocol, &mut Cursor::new(io.into_inner())));
            assert!(matches!(read, Ok(ref again) if *again == response), "{read:?}");
        }
        Err(error) if blame(&error).is_some() => {}
        Err(error) => excused(bytes, &error),
    }
}

/// Checks that nobody is to blame: the frame was cut short.
fn excused(bytes: &[u8], error: &io::Error) {
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "{error}");
    let Some((header, body)) = bytes.split_at_checked(HEADER_BYTES) else { return };
    let promised = header.get(1..).and_then(|lengths| lengths.first_chunk());
    let promised = promised.map(|length| u64::from(u32::from_be_bytes(*length)));
    let came = u64::try_from(body.len()).ok();
    assert!(came < promised, "a whole frame called cut short");
}

/// What nodes tell each other of nodes, as a frame and as the message in one;
/// and an address, as text.
pub fn addresses(data: &[u8]) {
    nodes_as_sent(data);
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    nodes_as_sent(&framed(PLAIN, length, data));
    let Ok(text) = core::str::from_utf8(data) else { return };
    for kind in [TransportKind::Tcp, TransportKind::Memory] {
        for purpose in [Purpose::Listen, Purpose::Dial, Purpose::External] {
            match address::parse(text, purpose, kind) {
                Ok(address) => {
                    assert!(address::has_form(&address, kind));
                    divided(address);
                }
                Err(error) => assert!(error.to_string().len() < 4096, "{error}"),
            }
        }
    }
}

fn nodes_as_sent(bytes: &[u8]) {
    let federation = FederationId::open("fuzz");
    let (mut codec, protocol) = (PeersCodec { federation }, protocol());
    if let Ok(Ok(request)) = now(codec.read_request(&protocol, &mut Cursor::new(bytes))) {
        assert!(request.encode().len() <= NODES_REQUEST_BYTES_MAX);
        let mut io = Cursor::new(Vec::new());
        let sent = now(codec.write_request(&protocol, &mut io, Ok(request.clone())));
        assert!(sent.is_ok(), "what was read cannot be sent: {sent:?}");
        let read = now(codec.read_request(&protocol, &mut Cursor::new(io.into_inner())));
        assert!(matches!(read, Ok(Ok(ref again)) if *again == request), "{read:?}");
    }
    if let Ok(response) = now(codec.read_response(&protocol, &mut Cursor::new(bytes))) {
        assert!(response.encode().len() <= NODE_MESSAGE_BYTES_MAX);
        let mut io = Cursor::new(Vec::new());
        let sent = now(codec.write_response(&protocol, &mut io, response.clone()));
        assert!(sent.is_ok(), "what was read cannot be sent: {sent:?}");
        let read = now(codec.read_response(&protocol, &mut Cursor::new(io.into_inner())));
        assert!(matches!(read, Ok(ref again) if *again == response), "{read:?}");
    }
}

fn divided(address: Multiaddr) {
    let whole = address.clone();
    address::reach(&address);
    address::group(&address);
    address::socket(&address);
    let (place, peer) = address::split(address);
    if let Some(peer) = peer {
        assert_eq!(place.with(Protocol::P2p(peer)), whole);
        if let Some(node) = address::node_of(&peer) {
            assert_eq!(address::peer_of(&node), Some(peer), "a node of two names");
        }
    }
}
