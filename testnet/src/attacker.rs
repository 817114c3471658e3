//! A peer that means harm: it speaks libp2p and our protocols by their names,
//! and sends what it likes, as fast as the link takes it.
//!
//! A node's own network would be too polite for this: it keeps to the bounds
//! that are to be tested. So this is libp2p itself, with a codec that writes
//! what it is given.
//!
//! Invariant: what is called well formed here is: it is made with the protocol's
//! own types, so that an attack is not refused for a mistake of ours.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};
use dela_protocol::id::{AgencyId, Digest, FederationId};
use dela_protocol::limits::ANNOUNCEMENT_BYTES_MAX;
use dela_protocol::record::Position;
use dela_protocol::wire::{PROTOCOL, Request, TOPIC};
use futures::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, StreamExt as _};
use libp2p::gossipsub::{self, IdentTopic, MessageId};
use libp2p::request_response::{self, Message, ProtocolSupport};
use libp2p::swarm::{NetworkBehaviour, SwarmEvent};
use libp2p::{Multiaddr, PeerId, StreamProtocol, Swarm, SwarmBuilder, identity, noise, tcp, yamux};

use crate::chance::Chance;

mod forgery;

use forgery::Forger;

/// What an attacker does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attack {
    /// Announces ever new agencies, all of which hold.
    Announcements,
    /// Announces with signatures that do not hold.
    Forgeries,
    /// Sends random bytes, on gossip and as questions.
    Garbage,
    /// Asks everything that can be asked.
    Questions,
    /// Asks for much and never reads the answers.
    Deafness,
    /// Connects and goes, under a new key each time.
    Churn,
}

/// What an attacker has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Done {
    /// Messages that went into the link.
    pub messages: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Answers that came back.
    pub answers: u64,
    /// Connections that were made.
    pub connections: u64,
    /// Connections that the victim ended or refused.
    pub ended: u64,
}

#[derive(Debug, Default)]
struct Counts {
    messages: AtomicU64,
    bytes: AtomicU64,
    answers: AtomicU64,
    connections: AtomicU64,
    ended: AtomicU64,
}

impl Counts {
    fn add(count: &AtomicU64, number: usize) {
        count.fetch_add(u64::try_from(number).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    fn sent(&self, bytes: usize) {
        Self::add(&self.messages, 1);
        Self::add(&self.bytes, bytes);
    }
}

/// Whom to attack.
#[derive(Debug, Clone)]
pub struct Victim {
    /// Where it listens.
    pub address: String,
    /// Its federation.
    pub federation: FederationId,
    /// An agency it holds.
    pub agency: AgencyId,
}

/// An attacker at work, on a thread of its own.
#[derive(Debug)]
pub struct Attacker {
    stop: Arc<AtomicBool>,
    counts: Arc<Counts>,
    thread: JoinHandle<anyhow::Result<()>>,
}

impl Attacker {
    /// Begins an attack.
    pub fn start(attack: Attack, victim: Victim, chance: Chance) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let counts = Arc::new(Counts::default());
        let (until, count) = (Arc::clone(&stop), Arc::clone(&counts));
        let thread = thread::spawn(move || {
            // The connections work on threads of their own, while new messages
            // are made on this one.
            let mut runtime = tokio::runtime::Builder::new_multi_thread();
            let runtime = runtime.worker_threads(2).enable_all().build()?;
            let mut raid = Raid { attack, victim, chance, counts: count, stop: until };
            runtime.block_on(raid.run())
        });
        Self { stop, counts, thread }
    }

    /// Ends the attack, and returns what was done.
    pub fn stop(self) -> anyhow::Result<Done> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| anyhow!("an attacker ended in a panic"))??;
        let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Ok(Done {
            messages: load(&self.counts.messages),
            bytes: load(&self.counts.bytes),
            answers: load(&self.counts.answers),
            connections: load(&self.counts.connections),
            ended: load(&self.counts.ended),
        })
    }
}

#[derive(NetworkBehaviour)]
struct Behaviour {
    gossip: gossipsub::Behaviour,
    sync: request_response::Behaviour<Raw>,
}

/// The longest message on gossip: what a node takes.
const GOSSIP_BYTES_MAX: usize = ANNOUNCEMENT_BYTES_MAX + 4 * 1024;

/// Messages handed over before the link is looked after: few, so that what is
/// counted as sent has gone.
const BURST: usize = 32;

/// Questions that wait for an answer, over all streams: more than any node
/// takes at once.
const QUESTIONS_MAX: usize = 256;

/// How long an attacker waits for its connection before it tries anew.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a connection is used that the victim does not end.
const CONNECTION_TIME: Duration = Duration::from_secs(30);

/// Keys at the same time, where each makes one connection.
const KEYS: usize = 32;

struct Raid {
    attack: Attack,
    victim: Victim,
    chance: Chance,
    counts: Arc<Counts>,
    stop: Arc<AtomicBool>,
}

impl Raid {
    async fn run(&mut self) -> anyhow::Result<()> {
        while !self.stop.load(Ordering::Relaxed) {
            if self.attack == Attack::Churn {
                self.connect_and_go().await?;
            } else {
                self.connect_and_send().await?;
            }
        }
        Ok(())
    }

    /// Makes a swarm under a new key, and has it dial.
    fn swarm(&mut self) -> anyhow::Result<Swarm<Behaviour>> {
        let federation = self.victim.federation;
        let key = identity::Keypair::ed25519_from_bytes(self.chance.bytes(32))?;
        let deaf = self.attack == Attack::Deafness;
        let name = StreamProtocol::try_from_owned(format!("{PROTOCOL}/{federation}"))?;
        let mut swarm = SwarmBuilder::with_existing_identity(key)
            .with_tokio()
            .with_tcp(
                tcp::Config::default().nodelay(true),
                noise::Config::new,
                yamux::Config::default,
            )?
            .with_behaviour(|_| behaviour(deaf, name))?
            .with_swarm_config(|config| config.with_idle_connection_timeout(CONNECTION_TIME))
            .build();
        swarm.behaviour_mut().gossip.subscribe(&topic(&federation))?;
        swarm.dial(self.victim.address.parse::<Multiaddr>()?)?;
        Ok(swarm)
    }

    /// Connects under many keys at once, and hangs up as soon as each is
    /// connected.
    async fn connect_and_go(&mut self) -> anyhow::Result<()> {
        let swarms: Result<Vec<_>, _> = (0..KEYS).map(|_| self.swarm()).collect();
        let visits = swarms?.into_iter().map(|mut swarm| async move {
            let connected = async {
                loop {
                    match swarm.select_next_some().await {
                        SwarmEvent::ConnectionEstablished { .. } => return true,
                        SwarmEvent::OutgoingConnectionError { .. } => return false,
                        _ => {}
                    }
                }
            };
            tokio::time::timeout(CONNECT_TIMEOUT, connected).await.unwrap_or(false)
        });
        for connected in futures::future::join_all(visits).await {
            let count = if connected { &self.counts.connections } else { &self.counts.ended };
            Counts::add(count, 1);
        }
        Ok(())
    }

    /// Connects under a new key and sends until the victim ends it.
    async fn connect_and_send(&mut self) -> anyhow::Result<()> {
        let mut swarm = self.swarm()?;
        let begun = Instant::now();
        let mut peer = None;
        let mut waiting = 0_usize;
        let mut forger = Forger::new(self.victim.federation, self.chance.number());
        while !self.stop.load(Ordering::Relaxed) {
            let (patience, connected) = match peer {
                Some(_) => (CONNECTION_TIME, true),
                None => (CONNECT_TIMEOUT, false),
            };
            if begun.elapsed() > patience {
                break;
            }
            tokio::select! {
                biased;
                event = swarm.select_next_some() => match event {
                    SwarmEvent::ConnectionEstablished { peer_id, .. } => {
                        Counts::add(&self.counts.connections, 1);
                        peer = Some(peer_id);
                    }
                    SwarmEvent::ConnectionClosed { .. }
                    | SwarmEvent::OutgoingConnectionError { .. } => {
                        Counts::add(&self.counts.ended, 1);
                        break;
                    }
                    SwarmEvent::Behaviour(BehaviourEvent::Sync(event)) => {
                        waiting = waiting.saturating_sub(self.note(&event));
                    }
                    _ => {}
                },
                () = tokio::task::yield_now(), if connected => {
                    let Some(peer) = peer else { continue };
                    let sent = self.send(&mut swarm, peer, &mut forger, &mut waiting)?;
                    if sent == 0 {
                        tokio::time::sleep(Duration::from_millis(1)).await;
                    }
                }
                () = tokio::time::sleep(Duration::from_millis(100)), if !connected => {}
            }
        }
        Ok(())
    }

    /// Returns how many questions an event has ended.
    fn note(&self, event: &request_response::Event<Vec<u8>, Vec<u8>>) -> usize {
        match event {
            request_response::Event::Message { message: Message::Response { .. }, .. } => {
                Counts::add(&self.counts.answers, 1);
                1
            }
            request_response::Event::OutboundFailure { .. } => 1,
            _ => 0,
        }
    }

    /// Sends a burst, and returns how many of it went.
    fn send(
        &mut self,
        swarm: &mut Swarm<Behaviour>,
        peer: PeerId,
        forger: &mut Forger,
        waiting: &mut usize,
    ) -> anyhow::Result<usize> {
        let mut sent = 0;
        for turn in 0..BURST {
            let asks = match self.attack {
                Attack::Questions | Attack::Deafness => true,
                Attack::Garbage => turn % 2 == 0,
                Attack::Announcements | Attack::Forgeries | Attack::Churn => false,
            };
            if asks {
                if *waiting >= QUESTIONS_MAX {
                    continue;
                }
                let frame = self.question()?;
                self.counts.sent(frame.len());
                swarm.behaviour_mut().sync.send_request(&peer, frame);
                *waiting += 1;
            } else {
                let bytes = match self.attack {
                    Attack::Announcements => forger.announcement(true),
                    Attack::Forgeries => forger.announcement(false),
                    _ => self.chance.bytes(1024),
                };
                let length = bytes.len();
                let topic = topic(&self.victim.federation);
                // Refused while the link has enough to do, or nobody listens.
                if swarm.behaviour_mut().gossip.publish(topic, bytes).is_err() {
                    break;
                }
                self.counts.sent(length);
            }
            sent += 1;
        }
        Ok(sent)
    }

    /// Returns a frame with a question, or what is none.
    fn question(&mut self) -> anyhow::Result<Vec<u8>> {
        let agency = self.victim.agency;
        let request = match self.attack {
            Attack::Garbage => return Ok(self.chance.bytes(256)),
            Attack::Deafness => Request::Since { agency, after: Position::START },
            _ => match self.chance.below(5) {
                0 => Request::Status { root: Digest::from_bytes(self.digest()) },
                1 => Request::Summaries { buckets: (0..=255).collect() },
                2 => Request::Heads { agencies: vec![agency; 256] },
                3 => Request::Map { agency, after: Position::START },
                _ => Request::Since { agency, after: Position::START },
            },
        };
        frame(&request.encode())
    }

    fn digest(&mut self) -> [u8; 32] {
        let mut digest = [0; 32];
        for (to, from) in digest.iter_mut().zip(self.chance.bytes(32)) {
            *to = from;
        }
        digest
    }
}

fn topic(federation: &FederationId) -> IdentTopic {
    IdentTopic::new(format!("{TOPIC}/{federation}"))
}

type Fault = Box<dyn core::error::Error + Send + Sync>;

fn behaviour(deaf: bool, name: StreamProtocol) -> Result<Behaviour, Fault> {
    let config = gossipsub::ConfigBuilder::default()
        .validation_mode(gossipsub::ValidationMode::Anonymous)
        // By default all messages without an author have the same name.
        .message_id_fn(|message| {
            let mut hasher = DefaultHasher::new();
            message.data.hash(&mut hasher);
            MessageId::new(&hasher.finish().to_be_bytes())
        })
        .max_transmit_size(GOSSIP_BYTES_MAX)
        // No lists of what there is: they would be longer than nodes take, which
        // then listen no more.
        .gossip_lazy(0)
        .gossip_factor(0.0)
        .build()?;
    let gossip = gossipsub::Behaviour::new(gossipsub::MessageAuthenticity::Anonymous, config)?;
    let sync = request_response::Behaviour::with_codec(
        Raw { deaf },
        [(name, ProtocolSupport::Full)],
        request_response::Config::default()
            .with_request_timeout(CONNECTION_TIME)
            .with_max_concurrent_streams(QUESTIONS_MAX),
    );
    Ok(Behaviour { gossip, sync })
}

/// Puts a message into a frame, unpacked.
fn frame(body: &[u8]) -> anyhow::Result<Vec<u8>> {
    let length = u32::try_from(body.len()).context("a short message")?.to_be_bytes();
    Ok([&[0][..], &length, &length, body].concat())
}

/// The longest answer that is read: any that a node may send.
const ANSWER_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Speaks our protocol by name only: writes what it is given.
#[derive(Debug, Clone, Copy)]
struct Raw {
    /// Never reads an answer.
    deaf: bool,
}

impl request_response::Codec for Raw {
    type Protocol = StreamProtocol;
    type Request = Vec<u8>;
    type Response = Vec<u8>;

    async fn read_request<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Vec<u8>>
    where
        T: AsyncRead + Unpin + Send,
    {
        read(io).await
    }

    async fn read_response<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Vec<u8>>
    where
        T: AsyncRead + Unpin + Send,
    {
        if self.deaf {
            futures::future::pending::<()>().await;
        }
        read(io).await
    }

    async fn write_request<T>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        bytes: Vec<u8>,
    ) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        io.write_all(&bytes).await
    }

    async fn write_response<T>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        bytes: Vec<u8>,
    ) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        io.write_all(&bytes).await
    }
}

async fn read<T: AsyncRead + Unpin + Send>(io: &mut T) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io.take(ANSWER_BYTES_MAX).read_to_end(&mut bytes).await?;
    Ok(bytes)
}
