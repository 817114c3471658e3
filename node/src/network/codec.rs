//! Bytes on a stream: one question and one answer per stream, each a frame.
//!
//! A frame is one byte that says whether the payload is compressed, the length
//! of the payload, the length it has when unpacked (both 32 bits, big endian),
//! and the payload. Messages are read and written in the tasks of the
//! connections, so that neither compression nor CBOR holds up the driver.
//!
//! Invariant: no frame makes us hold more memory than it brought bytes, plus
//! what it is allowed to unpack to; a frame that breaks its bounds is
//! [`Malformed`], which names the one who sent it, and never a mere I/O error,
//! which can happen to anyone.

use std::io;

use dela_protocol::id::FederationId;
use dela_protocol::limits::{MESSAGE_BYTES_MAX, NODE_MESSAGE_BYTES_MAX, NODES_REQUEST_BYTES_MAX};
use dela_protocol::node_record::NodeRecord;
use dela_protocol::node_wire::{NodesRequest, NodesResponse};
use dela_protocol::wire::{Request, Response};
use futures::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use libp2p::{StreamProtocol, request_response};

/// The longest request: 4,096 positions take 61 KB and 256 agency ids 9 KB; the
/// rest is for later kinds. Much less than an answer, because anyone may ask.
pub(super) const REQUEST_BYTES_MAX: usize = 256 * 1024;

/// Frames below this are sent as they are: they fit in one packet anyway.
const COMPRESS_FROM: usize = 1024;

/// zstd's fastest level: a page of descriptions shrinks to a quarter at
/// hundreds of megabytes per second; higher levels cost more than they save.
const COMPRESSION_LEVEL: i32 = 1;

const PLAIN: u8 = 0;
const ZSTD: u8 = 1;
const HEADER_BYTES: usize = 9;

/// What a peer must not send.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Malformed {
    #[error("a frame of {bytes} bytes, where at most {bytes_max} are allowed")]
    TooLarge { bytes: usize, bytes_max: usize },
    #[error("a frame of unknown kind {0}")]
    Kind(u8),
    #[error("a frame that does not unpack to the {0} bytes it promises")]
    Unpack(usize),
    #[error("a message that cannot be read: {0}")]
    Message(String),
}

impl From<Malformed> for io::Error {
    fn from(malformed: Malformed) -> Self {
        Self::new(io::ErrorKind::InvalidData, malformed)
    }
}

/// Returns what the peer did wrong, if that is why the stream failed.
pub(super) fn blame(error: &io::Error) -> Option<&Malformed> {
    error.get_ref()?.downcast_ref()
}

/// Writes `payload` as a frame, compressed where that is worth it.
async fn write_frame<T: AsyncWrite + Unpin + Send>(
    io: &mut T,
    payload: &[u8],
    bytes_max: usize,
) -> io::Result<()> {
    if payload.len() > bytes_max {
        let problem = format!("a message of {} bytes is too long to send", payload.len());
        return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
    }
    let packed = if payload.len() < COMPRESS_FROM {
        None
    } else {
        let packed = zstd::bulk::compress(payload, COMPRESSION_LEVEL)?;
        Some(packed).filter(|packed| packed.len() < payload.len())
    };
    let (kind, body) = packed.as_deref().map_or((PLAIN, payload), |packed| (ZSTD, packed));
    let mut header = [kind; HEADER_BYTES];
    for (to, from) in header.iter_mut().skip(1).zip(length(body).into_iter().chain(length(payload)))
    {
        *to = from;
    }
    io.write_all(&header).await?;
    io.write_all(body).await?;
    io.flush().await
}

fn length(bytes: &[u8]) -> [u8; 4] {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes()
}

/// Reads a frame whose payload has at most `bytes_max` bytes, packed and
/// unpacked.
async fn read_frame<T: AsyncRead + Unpin + Send>(
    io: &mut T,
    bytes_max: usize,
) -> io::Result<Vec<u8>> {
    let mut header = [0; HEADER_BYTES];
    io.read_exact(&mut header).await?;
    let [kind, lengths @ ..] = header;
    let lengths = u64::from_be_bytes(lengths);
    let within = |length: u64| {
        let bytes = usize::try_from(length).unwrap_or(usize::MAX);
        if bytes > bytes_max { Err(Malformed::TooLarge { bytes, bytes_max }) } else { Ok(bytes) }
    };
    let body_bytes = within(lengths >> 32)?;
    let payload_bytes = within(lengths & u64::from(u32::MAX))?;
    if kind > ZSTD {
        return Err(Malformed::Kind(kind).into());
    }

    // Grows with what arrives: a promise alone reserves nothing.
    let mut body = Vec::new();
    let count = u64::try_from(body_bytes).unwrap_or(u64::MAX);
    io.take(count).read_to_end(&mut body).await?;
    if body.len() < body_bytes {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let payload = if kind == PLAIN {
        body
    } else {
        zstd::bulk::decompress(&body, payload_bytes)
            .map_err(|_| Malformed::Unpack(payload_bytes))?
    };
    if payload.len() != payload_bytes {
        return Err(Malformed::Unpack(payload_bytes).into());
    }
    Ok(payload)
}

/// Makes `error` a value where the peer is to blame, so that it reaches the
/// swarm: libp2p drops the errors of reading requests silently.
fn judged<T>(read: io::Result<T>) -> io::Result<Result<T, Malformed>> {
    match read {
        Ok(value) => Ok(Ok(value)),
        Err(error) => match blame(&error) {
            Some(malformed) => Ok(Err(malformed.clone())),
            None => Err(error),
        },
    }
}

/// The codec of the replicas' questions and answers.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct SyncCodec;

impl request_response::Codec for SyncCodec {
    type Protocol = StreamProtocol;
    type Request = Result<Request, Malformed>;
    type Response = Response;

    async fn read_request<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Self::Request>
    where
        T: AsyncRead + Unpin + Send,
    {
        let read = read_frame(io, REQUEST_BYTES_MAX).await.and_then(|bytes| {
            Request::decode(&bytes).map_err(|error| Malformed::Message(error.to_string()).into())
        });
        judged(read)
    }

    async fn read_response<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Response>
    where
        T: AsyncRead + Unpin + Send,
    {
        let bytes = read_frame(io, MESSAGE_BYTES_MAX).await?;
        Response::decode(&bytes).map_err(|error| Malformed::Message(error.to_string()).into())
    }

    async fn write_request<T>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        request: Self::Request,
    ) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        write_frame(io, &request?.encode(), REQUEST_BYTES_MAX).await
    }

    async fn write_response<T>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        response: Response,
    ) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        write_frame(io, &response.encode(), MESSAGE_BYTES_MAX).await
    }
}

/// The codec of the exchange of node records. It checks the signatures of what
/// comes, so that what is forged is blamed on who sent it and costs the driver
/// nothing.
#[derive(Debug, Clone, Copy)]
pub(super) struct PeersCodec {
    pub(super) federation: FederationId,
}

impl request_response::Codec for PeersCodec {
    type Protocol = StreamProtocol;
    type Request = Result<NodesRequest, Malformed>;
    type Response = NodesResponse;

    async fn read_request<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Self::Request>
    where
        T: AsyncRead + Unpin + Send,
    {
        let read = read_frame(io, NODES_REQUEST_BYTES_MAX).await.and_then(|bytes| {
            NodesRequest::decode(&bytes)
                .map_err(|error| Malformed::Message(error.to_string()).into())
        });
        judged(read)
    }

    async fn read_response<T>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
    ) -> io::Result<NodesResponse>
    where
        T: AsyncRead + Unpin + Send,
    {
        let bytes = read_frame(io, NODE_MESSAGE_BYTES_MAX).await?;
        let response =
            NodesResponse::decode(&bytes).map_err(|error| Malformed::Message(error.to_string()))?;
        if let NodesResponse::Records { records, .. } = &response {
            for bytes in records {
                NodeRecord::decode(bytes.clone())
                    .and_then(|record| record.verify(&self.federation))
                    .map_err(|error| Malformed::Message(error.to_string()))?;
            }
        }
        Ok(response)
    }

    async fn write_request<T>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        request: Self::Request,
    ) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        write_frame(io, &request?.encode(), NODES_REQUEST_BYTES_MAX).await
    }

    async fn write_response<T>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        response: NodesResponse,
    ) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        write_frame(io, &response.encode(), NODE_MESSAGE_BYTES_MAX).await
    }
}

#[cfg(test)]
mod tests {
    use dela_protocol::wire::Page;
    use futures::executor::block_on;
    use futures::io::Cursor;

    use super::*;

    fn written(payload: &[u8]) -> Vec<u8> {
        let mut io = Cursor::new(Vec::new());
        block_on(write_frame(&mut io, payload, MESSAGE_BYTES_MAX)).unwrap();
        io.into_inner()
    }

    fn read(frame: &[u8]) -> Result<Vec<u8>, io::Error> {
        block_on(read_frame(&mut Cursor::new(frame), MESSAGE_BYTES_MAX))
    }

    fn blamed(frame: &[u8]) -> Malformed {
        blame(&read(frame).unwrap_err()).expect("the peer is to blame").clone()
    }

    fn header(kind: u8, body: u32, payload: u32) -> Vec<u8> {
        let mut frame = vec![kind];
        frame.extend(body.to_be_bytes());
        frame.extend(payload.to_be_bytes());
        frame
    }

    #[test]
    fn frames_round_trip_and_long_ones_are_packed() {
        for length in [0, 1, COMPRESS_FROM - 1, COMPRESS_FROM, MESSAGE_BYTES_MAX] {
            let payload = b"dcat:Dataset ".iter().copied().cycle().take(length).collect::<Vec<_>>();
            let frame = written(&payload);
            assert_eq!(read(&frame).unwrap(), payload);
            assert_eq!(frame.len() < length, length >= COMPRESS_FROM, "{length} bytes");
        }
    }

    #[test]
    fn a_frame_longer_than_allowed_is_refused_by_its_header() {
        let too_long = u32::try_from(MESSAGE_BYTES_MAX + 1).unwrap();
        let error =
            Malformed::TooLarge { bytes: MESSAGE_BYTES_MAX + 1, bytes_max: MESSAGE_BYTES_MAX };
        assert_eq!(blamed(&header(PLAIN, too_long, 1)), error);
        assert_eq!(blamed(&header(ZSTD, 1, too_long)), error);
        assert_eq!(blamed(&header(7, 1, 1)), Malformed::Kind(7));
    }

    #[test]
    fn a_bomb_unpacks_to_no_more_than_it_admits() {
        let bomb = zstd::bulk::compress(&vec![0; 64 * 1024 * 1024], 1).unwrap();
        let length = u32::try_from(bomb.len()).unwrap();
        for admitted in [1, u32::try_from(MESSAGE_BYTES_MAX).unwrap()] {
            let mut frame = header(ZSTD, length, admitted);
            frame.extend(&bomb);
            assert_eq!(blamed(&frame), Malformed::Unpack(usize::try_from(admitted).unwrap()));
        }
    }

    #[test]
    fn an_honest_frame_cut_short_is_nobodys_fault() {
        let frame = written(b"half a page");
        let error = read(frame.split_last().unwrap().1).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(blame(&error), None);
    }

    #[test]
    fn garbage_never_passes_for_a_message() {
        let mut random = 0x2545_f491_4f6c_dd1d_u64;
        for _ in 0..500 {
            let frame: Vec<u8> = (0..64)
                .map(|_| {
                    random ^= random << 13;
                    random ^= random >> 7;
                    random ^= random << 17;
                    random.to_be_bytes()[0]
                })
                .collect();
            assert!(read(&frame).is_err());
        }
    }

    #[test]
    fn a_request_is_bound_more_tightly_than_an_answer() {
        use request_response::Codec as _;

        let page = Page { head: vec![1], records: vec![vec![7; 1_500_000]], more: false };
        let bytes = Response::Page(page).encode();
        let mut io = Cursor::new(Vec::new());
        block_on(write_frame(&mut io, &bytes, MESSAGE_BYTES_MAX)).unwrap();
        let protocol = StreamProtocol::new("/test");
        let frame = io.into_inner();
        let read = block_on(SyncCodec.read_response(&protocol, &mut Cursor::new(&frame)));
        assert!(read.is_ok());
        let read = block_on(SyncCodec.read_request(&protocol, &mut Cursor::new(&frame))).unwrap();
        assert_eq!(
            read,
            Err(Malformed::TooLarge { bytes: bytes.len(), bytes_max: REQUEST_BYTES_MAX })
        );
    }

    #[test]
    fn a_node_record_is_read_only_with_its_nodes_signature_for_this_federation() {
        use dela_protocol::key::SecretKey;
        use dela_protocol::node_record::NodeStatement;
        use dela_protocol::time::Timestamp;
        use request_response::Codec as _;

        let statement = NodeStatement {
            agency: None,
            addresses: vec!["/ip4/192.0.2.1/tcp/1".to_owned()],
            issued_at: Timestamp::from_millis(1),
            expires_at: Timestamp::from_millis(2),
        };
        let (here, elsewhere) = (FederationId::open("here"), FederationId::open("elsewhere"));
        let read = |federation: &FederationId| {
            let key = SecretKey::from_bytes(&[1; 32]);
            let record = NodeRecord::sign(&key, federation, &statement).unwrap();
            let records = vec![record.bytes().to_vec()];
            let frame = written(&NodesResponse::Records { records, more: false }.encode());
            let mut codec = PeersCodec { federation: here };
            let protocol = StreamProtocol::new("/test");
            block_on(codec.read_response(&protocol, &mut Cursor::new(frame)))
        };
        assert!(read(&here).is_ok());
        let error = read(&elsewhere).unwrap_err();
        let blamed = blame(&error).expect("the peer is to blame").to_string();
        assert!(blamed.contains("the signature does not match"), "{blamed}");
    }
}
