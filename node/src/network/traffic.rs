//! How many bytes pass between us and each peer: everything inside the
//! encryption, questions, answers, gossip and pings alike.
//!
//! The counters are in the streams themselves, since what gossip sends on its
//! own account is seen nowhere else.
//!
//! Invariant: counting holds nothing up, and the table is bounded by the
//! connections: a peer's counters go with its last one.

use std::collections::BTreeMap;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll};

use futures::{AsyncRead, AsyncWrite};
use libp2p::PeerId;
use libp2p::core::muxing::{StreamMuxer, StreamMuxerEvent};

/// Bytes that passed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bytes {
    /// From the peer.
    pub received: u64,
    /// To the peer.
    pub sent: u64,
}

#[derive(Debug, Default)]
struct Counters {
    received: AtomicU64,
    sent: AtomicU64,
}

impl Counters {
    fn read(&self) -> Bytes {
        Bytes {
            received: self.received.load(Ordering::Relaxed),
            sent: self.sent.load(Ordering::Relaxed),
        }
    }
}

/// The counters of all peers. Cloning shares them.
#[derive(Debug, Clone, Default)]
pub(super) struct Traffic {
    peers: Arc<Mutex<BTreeMap<PeerId, Weak<Counters>>>>,
    total: Arc<Counters>,
}

impl Traffic {
    /// Counts what passes through a connection with `peer`.
    pub(super) fn count<M>(&self, peer: PeerId, inner: M) -> Counted<M> {
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        peers.retain(|_, counters| counters.strong_count() > 0);
        let known = peers.get(&peer).and_then(Weak::upgrade);
        let counters = known.unwrap_or_default();
        peers.insert(peer, Arc::downgrade(&counters));
        Counted { inner, counters: Both { peer: counters, total: Arc::clone(&self.total) } }
    }

    /// Returns what passed between us and a peer since it connected.
    pub(super) fn of(&self, peer: &PeerId) -> Bytes {
        let peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        peers.get(peer).and_then(Weak::upgrade).map(|it| it.read()).unwrap_or_default()
    }

    /// Returns what passed between us and all peers, also those that left.
    pub(super) fn total(&self) -> Bytes {
        self.total.read()
    }
}

#[derive(Debug, Clone)]
struct Both {
    peer: Arc<Counters>,
    total: Arc<Counters>,
}

impl Both {
    fn received(&self, bytes: usize) {
        for counters in [&self.peer, &self.total] {
            counters.received.fetch_add(count(bytes), Ordering::Relaxed);
        }
    }

    fn sent(&self, bytes: usize) {
        for counters in [&self.peer, &self.total] {
            counters.sent.fetch_add(count(bytes), Ordering::Relaxed);
        }
    }
}

fn count(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// A connection, or a stream of one, whose bytes are counted.
#[derive(Debug)]
pub(super) struct Counted<T> {
    inner: T,
    counters: Both,
}

impl<M> StreamMuxer for Counted<M>
where
    M: StreamMuxer + Unpin,
    M::Substream: Unpin,
{
    type Substream = Counted<M::Substream>;
    type Error = M::Error;

    fn poll_inbound(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Self::Substream, Self::Error>> {
        let counters = self.counters.clone();
        let stream = Pin::new(&mut self.inner).poll_inbound(cx);
        stream.map_ok(|inner| Counted { inner, counters })
    }

    fn poll_outbound(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Self::Substream, Self::Error>> {
        let counters = self.counters.clone();
        let stream = Pin::new(&mut self.inner).poll_outbound(cx);
        stream.map_ok(|inner| Counted { inner, counters })
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Pin::new(&mut self.inner).poll_close(cx)
    }

    fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<StreamMuxerEvent, Self::Error>> {
        Pin::new(&mut self.inner).poll(cx)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Counted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let read = Pin::new(&mut self.inner).poll_read(cx, buffer);
        if let Poll::Ready(Ok(bytes)) = read {
            self.counters.received(bytes);
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counted<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(cx, buffer);
        if let Poll::Ready(Ok(bytes)) = written {
            self.counters.sent(bytes);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_close(cx)
    }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use futures::io::Cursor;
    use futures::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[test]
    fn bytes_are_counted_by_peer_and_forgotten_with_its_last_connection() {
        let traffic = Traffic::default();
        let (one, other) = (PeerId::random(), PeerId::random());
        let mut first = traffic.count(one, Cursor::new(vec![0_u8; 10]));
        let mut second = traffic.count(one, Cursor::new(vec![0_u8; 10]));
        let mut read = [0; 4];
        block_on(first.read_exact(&mut read)).unwrap();
        block_on(second.write_all(&[1; 3])).unwrap();
        assert_eq!(traffic.of(&one), Bytes { received: 4, sent: 3 });
        assert_eq!(traffic.of(&other), Bytes::default());
        drop((first, second));
        assert_eq!(traffic.of(&one), Bytes::default());
        drop(traffic.count(other, Cursor::new(Vec::<u8>::new())));
        assert_eq!(traffic.peers.lock().unwrap().len(), 1, "who left is forgotten");
        assert_eq!(traffic.total(), Bytes { received: 4, sent: 3 });
    }
}
