//! From what libp2p reports to what the driver is told.
//!
//! Invariant: everything here is synchronous. An event that was taken from the
//! swarm is translated in full before anything is awaited, so a cancelled
//! [`Network::next`] loses none.

use std::io;

use libp2p::core::ConnectedPoint;
use libp2p::core::transport::TransportError;
use libp2p::gossipsub::{self, MessageAcceptance};
use libp2p::request_response::{self, Message, OutboundFailure};
use libp2p::swarm::{ConnectionId, DialError, SwarmEvent};
use libp2p::{PeerId, identify, mdns, ping};

use super::address;
use super::behaviour::BehaviourEvent;
use super::codec::{self, Malformed, SyncCodec};
use super::tables::{Pushed, Waiting};
use super::upkeep::BookDial;
use super::{Link, Network, NetworkEvent};

/// Why an address of our own is not dialled.
pub(super) const OURSELVES: &str = "it is our own address; it will not be dialled again";

/// The longest name of a software that is passed on.
const SOFTWARE_CHARS_MAX: usize = 64;

impl Network {
    pub(super) fn on_swarm(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::Behaviour(event) => self.on_behaviour(event),
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, endpoint, .. } => {
                self.on_connected(peer_id, connection_id, &endpoint);
            }
            SwarmEvent::ConnectionClosed { peer_id, num_established: 0, .. } => {
                self.on_disconnected(peer_id);
            }
            SwarmEvent::OutgoingConnectionError { connection_id, error, .. } => {
                self.on_dial_failed(connection_id, &error);
            }
            SwarmEvent::NewListenAddr { address, .. } => {
                let own = *self.swarm.local_peer_id();
                let address = address.with_p2p(own).unwrap_or_else(|address| address).to_string();
                self.events.push_back(NetworkEvent::Listening { address });
            }
            SwarmEvent::ListenerClosed { listener_id, reason: Err(error), .. } => {
                self.listeners.retain(|listener| *listener != listener_id);
                self.events.push_back(NetworkEvent::ListenFailed { reason: error.to_string() });
            }
            SwarmEvent::ListenerError { error, .. } => {
                tracing::warn!(%error, "a connection could not be accepted");
            }
            SwarmEvent::IncomingConnectionError { send_back_addr, error, .. } => {
                tracing::debug!(%send_back_addr, %error, "an incoming connection failed");
            }
            _ => {}
        }
    }

    fn on_behaviour(&mut self, event: BehaviourEvent) {
        match event {
            BehaviourEvent::Gossip(event) => self.on_gossip(event),
            BehaviourEvent::Sync(event) => self.on_sync(event),
            BehaviourEvent::Peers(event) => self.on_peers(event),
            BehaviourEvent::Identify(identify::Event::Received { peer_id, info, .. }) => {
                self.on_identified(peer_id, &info);
            }
            BehaviourEvent::Ping(ping::Event {
                connection,
                result: Err(ping::Failure::Timeout | ping::Failure::Other { .. }),
                ..
            }) => {
                // Reported from the second failure in a row: the other end is
                // gone, whatever the system believes.
                self.swarm.close_connection(connection);
            }
            BehaviourEvent::Mdns(mdns::Event::Discovered(found)) => {
                let now = self.now().wall;
                for (peer, place) in found {
                    self.book.saw(peer, address::split(place).0, now);
                }
                self.seek();
            }
            _ => {}
        }
    }

    fn on_connected(&mut self, peer: PeerId, connection: ConnectionId, endpoint: &ConnectedPoint) {
        let now = self.now();
        let (place, outbound) = match endpoint {
            ConnectedPoint::Dialer { address, .. } => (address::split(address.clone()).0, true),
            ConnectedPoint::Listener { send_back_addr, .. } => (send_back_addr.clone(), false),
        };
        let Some(node) = address::node_of(&peer) else {
            // Cannot happen while libp2p is built with Ed25519 only.
            self.swarm.disconnect_peer_id(peer).ok();
            return;
        };
        let replaced = self.book_dials.remove(&connection).and_then(|dial| dial.replaces);
        if let Some(replaced) = replaced {
            // Fails where it has gone already.
            self.swarm.disconnect_peer_id(replaced).ok();
        }
        if self.dialler.connected(connection, peer, now.instant) {
            self.swarm.behaviour_mut().limits.bypass_peer_id(&peer);
        }
        if outbound {
            self.book.reached(peer, &place, now.wall);
        }
        if self.links.contains_key(&peer) {
            return;
        }
        self.events.push_back(NetworkEvent::Connected {
            node,
            peer_id: peer.to_string(),
            address: place.to_string(),
            outbound,
        });
        let since = now.instant;
        self.links.insert(peer, Link { node, place, outbound, since, software: None });
        if self.hush.is_hushed(&peer) {
            self.swarm.behaviour_mut().gossip.set_application_score(&peer, super::hush::SCORE);
        }
        self.compare_nodes(peer);
    }

    fn on_disconnected(&mut self, peer: PeerId) {
        let Some(link) = self.links.remove(&peer) else { return };
        let (content, now) = (self.is_content(), self.now());
        self.dialler.disconnected(&peer, content, &mut self.chance, now.instant);
        let lasted = now.instant.duration_since(link.since);
        self.book.ended(&peer, lasted, &mut self.chance, now);
        self.end_rounds(&peer);
        self.events.push_back(NetworkEvent::Disconnected { node: link.node });
        self.seek();
    }

    pub(super) fn on_dial_failed(&mut self, connection: ConnectionId, error: &DialError) {
        let now = self.now();
        if let Some(BookDial { peer, .. }) = self.book_dials.remove(&connection) {
            tracing::debug!(%peer, %error, "a node of the book cannot be reached");
            self.book.failed(&peer, &mut self.chance, now);
            self.seek();
            return;
        }
        let content = self.is_content();
        let failed = self.dialler.failed(connection, content, &mut self.chance, now.instant);
        let Some(place) = failed else { return };
        let reason = match error {
            DialError::LocalPeerId { .. } | DialError::NoAddresses => {
                self.dialler.give_up(&place);
                OURSELVES.to_owned()
            }
            // Connected by another way: the dialler will see it.
            DialError::DialPeerConditionFalse(_) => return,
            _ => dial_reason(error),
        };
        self.events.push_back(NetworkEvent::DialFailed { address: place.to_string(), reason });
    }

    fn on_identified(&mut self, peer: PeerId, info: &identify::Info) {
        let now = self.now().instant;
        let Some(link) = self.links.get_mut(&peer) else { return };
        let node = link.node;
        if !info.protocols.contains(&self.sync_protocol) {
            self.book.foreign(&peer, now);
            let reason = if info.protocol_version == "/dela/1" {
                "it belongs to another federation"
            } else {
                "it is no Dela node"
            };
            let (reason, is_configured) = (reason.to_owned(), self.dialler.wants(&peer));
            self.events.push_back(NetworkEvent::Foreign { node, reason, is_configured });
            self.swarm.disconnect_peer_id(peer).ok();
            return;
        }
        let printable = info.agent_version.chars().filter(|c| !c.is_control());
        let software: String = printable.take(SOFTWARE_CHARS_MAX).collect();
        if link.software.as_ref() != Some(&software) {
            link.software = Some(software.clone());
            self.events.push_back(NetworkEvent::Identified { node, software });
        }
    }

    fn on_gossip(&mut self, event: gossipsub::Event) {
        match event {
            gossipsub::Event::Message { propagation_source, message_id, message } => {
                let waiting = Waiting { message: message_id, from: propagation_source };
                let Some(from) = address::node_of(&propagation_source) else {
                    self.report(&waiting, MessageAcceptance::Ignore);
                    return;
                };
                let (token, evicted) = self.announcements.push(waiting);
                if let Some(evicted) = evicted {
                    self.dropped.announcements += 1;
                    self.report(&evicted, MessageAcceptance::Ignore);
                }
                let bytes = message.data;
                self.events.push_back(NetworkEvent::Announced { from, token, bytes });
            }
            gossipsub::Event::SlowPeer { peer_id, failed_messages } => {
                if let Some(node) = address::node_of(&peer_id) {
                    let dropped = failed_messages.priority + failed_messages.non_priority;
                    self.events.push_back(NetworkEvent::SlowPeer { node, dropped });
                }
            }
            _ => {}
        }
    }

    fn on_sync(&mut self, event: EventOf<SyncCodec>) {
        match event {
            request_response::Event::Message {
                peer,
                message: Message::Request { request_id, request, channel },
                ..
            } => {
                let Some(node) = address::node_of(&peer) else { return };
                match request {
                    Ok(request) => match self.questions.push(request_id, peer, request, channel) {
                        Pushed::Ask(token, request) => {
                            let event = NetworkEvent::Requested { from: node, token, request };
                            self.events.push_back(event);
                        }
                        Pushed::Held => {}
                        Pushed::Dropped => self.dropped.questions += 1,
                    },
                    Err(malformed) => self.misbehaved(&peer, &malformed),
                }
            }
            request_response::Event::Message {
                message: Message::Response { request_id, response },
                ..
            } => {
                if let Some(id) = self.requests.remove(&request_id) {
                    self.events.push_back(NetworkEvent::Answered { id, response });
                }
            }
            request_response::Event::OutboundFailure { request_id, error, .. } => {
                if let Some(id) = self.requests.remove(&request_id) {
                    let (malformed, reason) = failure(&error);
                    self.dropped.malformed += u64::from(malformed);
                    self.events.push_back(NetworkEvent::Failed { id, malformed, reason });
                }
            }
            request_response::Event::InboundFailure { request_id, .. }
            | request_response::Event::ResponseSent { request_id, .. } => {
                self.questions.ended(request_id);
                while let Some((peer, token, request)) = self.questions.next_held() {
                    if let Some(from) = address::node_of(&peer) {
                        self.events.push_back(NetworkEvent::Requested { from, token, request });
                    }
                }
            }
        }
    }

    pub(super) fn misbehaved(&mut self, peer: &PeerId, malformed: &Malformed) {
        if let Some(node) = address::node_of(peer) {
            self.dropped.malformed += 1;
            let reason = malformed.to_string();
            self.events.push_back(NetworkEvent::Misbehaved { node, reason });
        }
    }
}

/// What libp2p reports of a protocol of questions and answers.
pub(super) type EventOf<C> = request_response::Event<
    <C as request_response::Codec>::Request,
    <C as request_response::Codec>::Response,
>;

/// Returns whether the peer is to blame for a failed question, and what
/// happened.
fn failure(error: &OutboundFailure) -> (bool, String) {
    match error {
        OutboundFailure::Io(error) => match codec::blame(error) {
            Some(malformed) => (true, malformed.to_string()),
            None if error.kind() == io::ErrorKind::UnexpectedEof => {
                (false, "the node ended the exchange without an answer".to_owned())
            }
            None => (false, error.to_string()),
        },
        OutboundFailure::UnsupportedProtocols => {
            (false, "the node does not speak the protocol of this federation".to_owned())
        }
        OutboundFailure::Timeout => (false, "the node did not answer in time".to_owned()),
        OutboundFailure::ConnectionClosed | OutboundFailure::DialFailure => {
            (false, "the connection closed before an answer came".to_owned())
        }
    }
}

fn dial_reason(error: &DialError) -> String {
    match error {
        DialError::WrongPeerId { obtained, .. } => {
            format!("another node answers there: {obtained}")
        }
        DialError::Transport(attempts) => {
            let reasons = attempts.iter().map(|(_, error)| transport_reason(error));
            reasons.collect::<Vec<_>>().join("; ")
        }
        DialError::Denied { .. } => "there are too many connections, or it is blocked".to_owned(),
        DialError::LocalPeerId { .. }
        | DialError::NoAddresses
        | DialError::DialPeerConditionFalse(_)
        | DialError::Aborted => error.to_string(),
    }
}

/// Says what a transport said, without the layers of wrapping around it.
pub(super) fn transport_reason(error: &TransportError<io::Error>) -> String {
    match error {
        TransportError::MultiaddrNotSupported(_) => "no transport for this address".to_owned(),
        TransportError::Other(error) => {
            let mut innermost: &dyn std::error::Error = error;
            while let Some(source) = innermost.source() {
                innermost = source;
            }
            innermost.to_string()
        }
    }
}
