//! Addresses and identities: text to multiaddr, peer id to node id.
//!
//! Invariant: an address that got past this file can be dialled or listened on
//! with the transport in use, and an address a stranger names is only believed
//! where that stranger could have reached it too ([`reach_of_all`]): nobody on the
//! internet can make us knock on doors of our own network.

use std::net::{IpAddr, SocketAddr};

use dela_protocol::id::NodeId;
use dela_protocol::limits::{NODE_ADDRESS_BYTES_MAX, NODE_ADDRESSES_MAX, NODE_RECORD_BYTES_MAX};
use libp2p::multiaddr::Protocol;
use libp2p::{Multiaddr, PeerId, identity};

use super::{NetworkError, TransportKind};

/// What an address is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Listen,
    Dial,
    External,
}

impl Purpose {
    fn text(self) -> &'static str {
        match self {
            Self::Listen => "an address to listen on",
            Self::Dial => "the address of a peer",
            Self::External => "an address others can reach us at",
        }
    }

    fn example(self, kind: TransportKind) -> &'static str {
        match (kind, self) {
            (TransportKind::Tcp, Self::Listen) => "/ip4/0.0.0.0/tcp/4001",
            (TransportKind::Tcp, Self::Dial | Self::External) => "/dns/node.example.org/tcp/4001",
            (TransportKind::Memory, _) => "/memory/1",
        }
    }
}

/// Reads an address; the error says what is wrong and how one looks.
pub(super) fn parse(
    text: &str,
    purpose: Purpose,
    kind: TransportKind,
) -> Result<Multiaddr, NetworkError> {
    let wrong = |reason: String| NetworkError::Address {
        address: text.chars().take(200).collect(),
        purpose: purpose.text(),
        reason,
        example: suggestion(text, kind).unwrap_or_else(|| purpose.example(kind).to_owned()),
    };
    let address: Multiaddr = text.parse().map_err(|error| wrong(format!("{error}")))?;
    if !has_form(&address, kind) {
        return Err(wrong("it names no transport that this node speaks".to_owned()));
    }
    if purpose != Purpose::Listen && !is_somewhere(&address) {
        return Err(wrong("it names no place that can be dialled".to_owned()));
    }
    if let Some(Protocol::P2p(peer)) = address.iter().last()
        && node_of(&peer).is_none()
    {
        return Err(wrong("the node behind it has no Ed25519 key".to_owned()));
    }
    Ok(address)
}

/// Returns the socket of an address to listen on.
pub(super) fn socket(address: &Multiaddr) -> Option<SocketAddr> {
    let mut parts = address.iter();
    let ip = match parts.next()? {
        Protocol::Ip4(ip) => ip.into(),
        Protocol::Ip6(ip) => ip.into(),
        _ => return None,
    };
    match parts.next()? {
        Protocol::Tcp(port) => Some(SocketAddr::new(ip, port)),
        _ => None,
    }
}

/// Guesses what was meant by `host:port`.
fn suggestion(text: &str, kind: TransportKind) -> Option<String> {
    if kind != TransportKind::Tcp {
        return None;
    }
    if let Ok(socket) = text.parse::<SocketAddr>() {
        let family = if socket.is_ipv4() { "ip4" } else { "ip6" };
        return Some(format!("/{family}/{}/tcp/{}", socket.ip(), socket.port()));
    }
    let (host, port) = text.rsplit_once(':')?;
    let port: u16 = port.parse().ok()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
    (!host.is_empty() && host.chars().all(plain)).then(|| format!("/dns/{host}/tcp/{port}"))
}

/// Whether the address has the form the transport dials.
pub(super) fn has_form(address: &Multiaddr, kind: TransportKind) -> bool {
    let mut parts = address.iter();
    let fits = match (kind, parts.next()) {
        (TransportKind::Memory, Some(Protocol::Memory(_))) => true,
        (
            TransportKind::Tcp,
            Some(
                Protocol::Ip4(_)
                | Protocol::Ip6(_)
                | Protocol::Dns(_)
                | Protocol::Dns4(_)
                | Protocol::Dns6(_),
            ),
        ) => matches!(parts.next(), Some(Protocol::Tcp(_))),
        _ => false,
    };
    fits && matches!((parts.next(), parts.next()), (None | Some(Protocol::P2p(_)), None))
}

/// Whether the address names one place, not any or many.
pub(super) fn is_somewhere(address: &Multiaddr) -> bool {
    address.iter().all(|part| match part {
        Protocol::Ip4(ip) => {
            !(ip.is_unspecified() || ip.is_multicast() || ip.is_broadcast() || ip.is_link_local())
        }
        Protocol::Ip6(ip) => {
            !(ip.is_unspecified() || ip.is_multicast() || ip.is_unicast_link_local())
        }
        Protocol::Tcp(port) => port != 0,
        Protocol::Memory(port) => port != 0,
        _ => true,
    })
}

/// Says why a text cannot be the address of a peer, where it cannot.
///
/// # Errors
///
/// With what is wrong and how an address looks.
pub fn check_peer_address(text: &str) -> Result<(), NetworkError> {
    parse(text, Purpose::Dial, TransportKind::Tcp).map(drop)
}

/// Returns the addresses that are worth telling others, the widest reach first.
pub fn widest_first(addresses: Vec<String>) -> Vec<String> {
    let read = addresses.into_iter().filter_map(|text| text.parse::<Multiaddr>().ok());
    let mut places: Vec<Multiaddr> = read.filter(is_somewhere).collect();
    places.sort_by_key(|place| core::cmp::Reverse(reach(place)));
    places.dedup();
    places.iter().map(ToString::to_string).collect()
}

/// Returns whether an address reaches no further than this machine.
pub fn stays_on_this_machine(text: &str) -> bool {
    text.parse().is_ok_and(|place| reach(&place) == Reach::Machine)
}

/// From how far away an address can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    Machine,
    Site,
    World,
}

/// Returns from how far away an address can be reached.
pub(super) fn reach(address: &Multiaddr) -> Reach {
    match address.iter().next() {
        Some(Protocol::Ip4(ip)) => reach_of_ip(IpAddr::V4(ip)),
        Some(Protocol::Ip6(ip)) => reach_of_ip(IpAddr::V6(ip)),
        Some(Protocol::Dns(name) | Protocol::Dns4(name) | Protocol::Dns6(name)) => {
            reach_of_name(name.trim_end_matches('.'))
        }
        _ => Reach::Machine,
    }
}

fn reach_of_ip(ip: IpAddr) -> Reach {
    match ip.to_canonical() {
        ip if ip.is_loopback() => Reach::Machine,
        IpAddr::V4(ip) => {
            // 100.64.0.0/10 is the address space between carriers and their customers.
            let [first, second, ..] = ip.octets();
            let shared = first == 100 && (64..128).contains(&second);
            if ip.is_private() || ip.is_link_local() || shared { Reach::Site } else { Reach::World }
        }
        IpAddr::V6(ip) if ip.is_unique_local() || ip.is_unicast_link_local() => Reach::Site,
        IpAddr::V6(_) => Reach::World,
    }
}

fn reach_of_name(name: &str) -> Reach {
    let name = name.to_ascii_lowercase();
    match name.rsplit_once('.').map_or(name.as_str(), |(_, top)| top) {
        "localhost" => Reach::Machine,
        // A name of one label only means something inside one network.
        "local" | "internal" | "lan" => Reach::Site,
        top if top == name => Reach::Site,
        _ => Reach::World,
    }
}

/// A network as far as it can be had by one hand: the first half of an IPv4
/// address, the first quarter of an IPv6 address, the last two labels of a name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    V4([u8; 2]),
    V6([u8; 4]),
    Name(String),
}

/// Returns the network of a place on the internet; `None` for what is on our own
/// machine or site, where many nodes are nothing to be wary of.
pub(super) fn group(address: &Multiaddr) -> Option<Group> {
    let of_ip = |ip: IpAddr| match ip.to_canonical() {
        IpAddr::V4(ip) => {
            let [first, second, ..] = ip.octets();
            Group::V4([first, second])
        }
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.octets();
            Group::V6([a, b, c, d])
        }
    };
    if reach(address) != Reach::World {
        return None;
    }
    match address.iter().next()? {
        Protocol::Ip4(ip) => Some(of_ip(ip.into())),
        Protocol::Ip6(ip) => Some(of_ip(ip.into())),
        Protocol::Dns(name) | Protocol::Dns4(name) | Protocol::Dns6(name) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            let start = name.rmatch_indices('.').nth(1).map_or(0, |(dot, _)| dot + 1);
            Some(Group::Name(name.get(start..).unwrap_or_default().to_owned()))
        }
        _ => None,
    }
}

/// Reads the addresses of a node record. One of a kind that this version does
/// not know is passed over.
pub(super) fn read(texts: &[String]) -> Vec<Multiaddr> {
    texts.iter().filter_map(|text| text.parse().ok()).collect()
}

/// Chooses the addresses to sign: those of the widest reach, and no others. A
/// record travels only as far as all its addresses reach, so a node that named
/// its private places beside its public ones would either tell the world of
/// them or be known on its own site alone; and whoever is near can use the
/// public ones too.
pub(super) fn widest(own: impl Iterator<Item = Multiaddr>) -> Vec<String> {
    let mut places: Vec<Multiaddr> = Vec::new();
    for place in own.map(|place| split(place).0).filter(is_somewhere) {
        if !places.contains(&place) && place.to_string().len() <= NODE_ADDRESS_BYTES_MAX {
            places.push(place);
        }
    }
    let widest = places.iter().map(reach).max();
    let signed = places.into_iter().filter(|place| Some(reach(place)) == widest);
    let mut bytes = 0;
    signed
        .map(|place| place.to_string())
        .take(NODE_ADDRESSES_MAX)
        .take_while(|text| {
            bytes += text.len() + 3;
            bytes <= NODE_RECORD_BYTES_MAX - ENVELOPE_BYTES
        })
        .collect()
}

/// What of a node record is not addresses: signature, ids, times and CBOR.
const ENVELOPE_BYTES: usize = 200;

/// Returns from how far away all addresses of a node record can be reached. Such
/// a record may be told to, and believed from, a peer that we see no further
/// away: loopback stays on the machine, private addresses on their site. One
/// without addresses may be known everywhere.
pub(super) fn reach_of_all(addresses: &[Multiaddr]) -> Reach {
    addresses.iter().map(reach).min().unwrap_or(Reach::World)
}

/// Splits `/p2p/<id>` off the end of an address.
pub(super) fn split(mut address: Multiaddr) -> (Multiaddr, Option<PeerId>) {
    match address.iter().last() {
        Some(Protocol::P2p(peer)) => {
            address.pop();
            (address, Some(peer))
        }
        _ => (address, None),
    }
}

/// Returns the node that a peer id names: only Ed25519 keys name nodes, and
/// their peer ids hold the key itself.
pub(super) fn node_of(peer: &PeerId) -> Option<NodeId> {
    const IDENTITY: u64 = 0;
    let multihash = peer.as_ref();
    if multihash.code() != IDENTITY {
        return None;
    }
    let key = identity::PublicKey::try_decode_protobuf(multihash.digest()).ok()?;
    Some(NodeId::from_bytes(key.try_into_ed25519().ok()?.to_bytes()))
}

/// Returns the peer id of a node; `None` if its id is no point of the curve.
pub(super) fn peer_of(node: &NodeId) -> Option<PeerId> {
    let key = identity::ed25519::PublicKey::try_from_bytes(node.as_bytes()).ok()?;
    Some(identity::PublicKey::from(key).to_peer_id())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        parse(text, Purpose::Dial, TransportKind::Tcp).unwrap_err().to_string()
    }

    #[test]
    fn a_wrong_address_is_shown_beside_a_right_one() {
        assert_eq!(
            refused("kattegatt.example:4001"),
            "kattegatt.example:4001 is not the address of a peer: invalid multiaddr; \
             one looks like /dns/kattegatt.example/tcp/4001"
        );
        assert_eq!(
            refused("192.0.2.7:4001"),
            "192.0.2.7:4001 is not the address of a peer: invalid multiaddr; \
             one looks like /ip4/192.0.2.7/tcp/4001"
        );
        assert_eq!(
            refused("/ip4/192.0.2.7/udp/4001/quic-v1"),
            "/ip4/192.0.2.7/udp/4001/quic-v1 is not the address of a peer: it names no transport \
             that this node speaks; one looks like /dns/node.example.org/tcp/4001"
        );
        assert!(refused("/ip4/0.0.0.0/tcp/4001").contains("no place that can be dialled"));
        assert!(
            parse("/ip4/0.0.0.0/tcp/0", Purpose::Listen, TransportKind::Tcp).is_ok(),
            "any interface and any port are fine to listen on"
        );
    }

    #[test]
    fn a_node_that_is_not_named_by_an_ed25519_key_is_refused() {
        // A peer id that is the SHA-256 of a key.
        let hashed = "/ip4/192.0.2.7/tcp/1/p2p/QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N";
        assert!(refused(hashed).contains("no Ed25519 key"), "{}", refused(hashed));
    }

    #[test]
    fn node_ids_and_peer_ids_convert_both_ways() {
        let mut secret = [9; 32];
        let key = identity::Keypair::ed25519_from_bytes(&mut secret).unwrap();
        let peer = key.public().to_peer_id();
        let node = node_of(&peer).unwrap();
        assert_eq!(peer_of(&node), Some(peer));
    }

    #[test]
    fn addresses_are_not_believed_from_further_away_than_they_reach() {
        let address = |text: &str| text.parse::<Multiaddr>().unwrap();
        let suits = |address: &Multiaddr, peer: &Multiaddr| {
            reach(peer) <= reach_of_all(std::slice::from_ref(address))
        };
        let (machine, site, world) = (
            address("/ip4/127.0.0.1/tcp/1"),
            address("/ip4/10.1.2.3/tcp/1"),
            address("/ip4/192.0.2.7/tcp/1"),
        );
        assert!(suits(&machine, &machine) && suits(&site, &machine) && suits(&world, &machine));
        assert!(!suits(&machine, &site) && suits(&site, &site) && suits(&world, &site));
        assert!(!suits(&machine, &world) && !suits(&site, &world) && suits(&world, &world));
        assert!(!suits(&address("/ip6/::ffff:127.0.0.1/tcp/1"), &world));
        assert!(!suits(&address("/ip6/fd00::1/tcp/1"), &world));
        assert!(!suits(&address("/ip4/100.64.0.1/tcp/1"), &world));
        assert!(!suits(&address("/dns/localhost/tcp/1"), &site));
        assert!(!suits(&address("/dns4/database/tcp/1"), &world));
        assert!(suits(&address("/dns4/node.example.org/tcp/1"), &world));
    }

    #[test]
    fn a_node_signs_the_addresses_of_its_widest_reach_alone() {
        let widest_of = |texts: &[&str]| widest(texts.iter().map(|text| text.parse().unwrap()));
        let (machine, site, world) =
            ("/ip4/127.0.0.1/tcp/1", "/ip4/10.1.2.3/tcp/1", "/ip4/192.0.2.7/tcp/1");
        assert_eq!(widest_of(&[machine, site, world, world]), [world]);
        assert_eq!(widest_of(&[machine, site, "/ip4/0.0.0.0/tcp/1"]), [site]);
        assert_eq!(widest_of(&[machine]), [machine]);
        assert_eq!(widest_of(&[]), Vec::<String>::new());
        let long = |n: usize| format!("/dns/{n}{}.example/tcp/1", "x".repeat(200));
        let many: Vec<_> = (0..9).map(|n| long(n).parse::<Multiaddr>().unwrap()).collect();
        assert_eq!(widest(many.into_iter()).len(), 3, "as many as a record has room for");
    }

    #[test]
    fn a_network_is_what_one_hand_can_have() {
        let of = |text: &str| group(&text.parse().unwrap());
        assert_eq!(of("/ip4/192.0.2.7/tcp/1"), of("/ip4/192.0.77.1/tcp/9"));
        assert_ne!(of("/ip4/192.0.2.7/tcp/1"), of("/ip4/192.1.2.7/tcp/1"));
        assert_eq!(of("/dns/a.example.se/tcp/1"), of("/dns4/b.c.EXAMPLE.se./tcp/1"));
        assert_eq!(of("/ip6/2001:db8::1/tcp/1"), of("/ip6/2001:db8:ffff::1/tcp/1"));
        assert_eq!(of("/ip4/10.0.0.1/tcp/1"), None);
        assert_eq!(of("/memory/5"), None);
    }
}
