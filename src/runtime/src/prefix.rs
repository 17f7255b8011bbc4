//! Where one message of a body ends and the next begins: five bytes of prefix, four of them the length.

/// Follows the prefixes of a body as its pieces pass. Holds no message.
#[derive(Debug)]
pub(crate) struct Prefixes {
    limit: usize,
    /// Bytes of a prefix that have come, and how many.
    prefix: [u8; 5],
    have: usize,
    /// Bytes of the message that are to come.
    rest: usize,
    /// Prefixes that have come whole.
    messages: usize,
}

impl Prefixes {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, prefix: [0; 5], have: 0, rest: 0, messages: 0 }
    }

    /// Goes on over `piece`; the length of the first message above the limit, if one begins there.
    pub(crate) fn pass(&mut self, piece: &[u8]) -> Result<(), usize> {
        self.walk(piece, |_| {})
    }

    /// The same, telling `each` the length of every message that begins in `piece`.
    pub(crate) fn walk(&mut self, mut piece: &[u8], mut each: impl FnMut(usize)) -> Result<(), usize> {
        while !piece.is_empty() {
            if self.rest > 0 {
                let taken = self.rest.min(piece.len());
                self.rest -= taken;
                piece = &piece[taken..];
                continue;
            }
            let taken = (self.prefix.len() - self.have).min(piece.len());
            let (start, after) = piece.split_at(taken);
            self.prefix[self.have..self.have + taken].copy_from_slice(start);
            self.have += taken;
            piece = after;
            if self.have == self.prefix.len() {
                self.messages = self.messages.saturating_add(1);
                let [_, length @ ..] = self.prefix;
                let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
                each(length);
                if length > self.limit {
                    return Err(length);
                }
                (self.have, self.rest) = (0, length);
            }
        }
        Ok(())
    }

    /// How many messages have begun.
    pub(crate) fn messages(&self) -> usize {
        self.messages
    }

    /// Whether a body may end here.
    pub(crate) fn between_messages(&self) -> bool {
        self.have == 0 && self.rest == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_the_pieces_are_cut() {
        let whole = [0, 0, 0, 0, 2, 7, 7, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 9];
        for size in 1..=whole.len() {
            let mut prefixes = Prefixes::new(2);
            for piece in whole.chunks(size) {
                prefixes.pass(piece).unwrap();
            }
            assert!(prefixes.between_messages(), "{size}");
        }
    }

    #[test]
    fn an_end_inside_is_seen() {
        for (bytes, between) in [
            (&[][..], true),
            (&[0], false),
            (&[0, 0, 0, 0], false),
            (&[0, 0, 0, 0, 0], true),
            (&[0, 0, 0, 0, 1], false),
            (&[0, 0, 0, 0, 2, 1], false),
        ] {
            let mut prefixes = Prefixes::new(9);
            prefixes.pass(bytes).unwrap();
            assert_eq!(prefixes.between_messages(), between, "{bytes:?}");
        }
    }

    #[test]
    fn a_length_above_the_limit_is_told() {
        assert_eq!(Prefixes::new(2).pass(&[0, 0, 0, 0, 2]), Ok(()));
        assert_eq!(Prefixes::new(2).pass(&[0, 0, 0, 0, 3]), Err(3));
        assert_eq!(Prefixes::new(2).pass(&[1, 255, 255, 255, 255]), Err(u32::MAX as usize));
    }
}
