//! The five bytes before each gRPC message, both ways. Does not decompress and does not decode messages.
//!
//! `Length-Prefixed-Message → Compressed-Flag Message-Length Message` (gRPC over HTTP/2, "Requests").

use bytes::{Buf, BufMut, Bytes, BytesMut};

use super::Step;

const PREFIX: usize = 5;

/// Puts the gRPC prefix (not compressed, length) before an encoded message.
///
/// A message of 4 GiB and more cannot be written as one: its length is cut to 32 bits, which makes a malformed
/// frame.
pub fn frame(message: &[u8]) -> Bytes {
    let mut framed = BytesMut::with_capacity(PREFIX + message.len());
    framed.put_u8(0);
    framed.put_u32(message.len() as u32);
    framed.put_slice(message);
    framed.freeze()
}

/// Cuts a response body into messages as its bytes arrive.
///
/// Holds what has arrived and never allocates by what a prefix announces.
#[derive(Debug, Default)]
pub(super) struct Splitter {
    pending: BytesMut,
}

impl Splitter {
    /// Takes the next bytes of the body.
    pub fn push(&mut self, chunk: &[u8]) {
        self.pending.extend_from_slice(chunk);
    }

    /// The next whole message with its flag byte.
    pub fn next(&mut self) -> Option<(u8, Bytes)> {
        let mut prefix = self.pending.get(..PREFIX)?;
        let flag = prefix.get_u8();
        let len = prefix.get_u32() as usize;
        if self.pending.len() - PREFIX < len {
            return None;
        }
        self.pending.advance(PREFIX);
        Some((flag, self.pending.split_to(len).freeze()))
    }

    /// What is left when the body is over.
    pub fn leftover(self) -> Bytes {
        self.pending.freeze()
    }
}

/// What a script sends, however it is cut into frames: each whole message with its flag byte, and the bytes at the end
/// that make none.
pub fn sent(script: &[Step]) -> (Vec<(u8, Bytes)>, Bytes) {
    let mut splitter = Splitter::default();
    for step in script {
        match step {
            Step::Send(message) => splitter.push(&frame(message)),
            Step::Raw(bytes) => splitter.push(bytes),
            _ => {}
        }
    }
    let messages = std::iter::from_fn(|| splitter.next()).collect();
    (messages, splitter.leftover())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// However a body is cut into chunks, the same messages come out.
        #[test]
        fn splitting_undoes_framing(
            messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..8),
            chunk in 1usize..20,
            tail in prop::collection::vec(any::<u8>(), 0..5),
        ) {
            let body: Vec<u8> = messages.iter().flat_map(|m| frame(m)).chain(tail.iter().copied()).collect();
            let mut splitter = Splitter::default();
            let mut out = Vec::new();
            for bytes in body.chunks(chunk) {
                splitter.push(bytes);
                while let Some((flag, message)) = splitter.next() {
                    prop_assert_eq!(flag, 0);
                    out.push(message.to_vec());
                }
            }
            prop_assert_eq!(out, messages);
            prop_assert_eq!(splitter.leftover().to_vec(), tail);
        }
    }

    #[test]
    fn a_prefix_of_4_gib_costs_what_arrived() {
        let mut splitter = Splitter::default();
        splitter.push(&[1, 0xff, 0xff, 0xff, 0xff, 7]);
        assert_eq!(splitter.next(), None);
        assert!(splitter.pending.capacity() < 1024);
        assert_eq!(splitter.leftover(), [1, 0xff, 0xff, 0xff, 0xff, 7].as_slice());
    }
}
