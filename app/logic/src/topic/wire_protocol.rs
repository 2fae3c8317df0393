//! What a client and the server speak on a connection.

use protocol::Codec;

/// The protocol of one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WireProtocol {
    /// Cadence's own client: batches, offsets, replay.
    Cadence(Codec),
    /// `{"type", "data"}`: one message per frame, answers in order, no replay.
    Simple,
}
