//! A stream of JSON values: one after the other with white space between them, as NDJSON has them on its lines, or the
//! elements of one array. Where a value ends is found here; whether it is one is for a parser to say.

use bytes::{Bytes, BytesMut};

/// Finds the values in text that comes in pieces.
#[derive(Debug)]
pub(super) struct Splitter {
    buffer: BytesMut,
    /// How far the buffer was looked at.
    seen: usize,
    state: State,
    value: Option<Nesting>,
    limit: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    /// Before the first value.
    Start,
    /// Values follow one another.
    Lines,
    /// In an array: before its first value, after a comma, after a value.
    Array(In),
    /// After the array.
    Over,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum In {
    Begin,
    Comma,
    Value,
}

/// Within a value.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Nesting {
    /// A number or a word.
    Plain,
    /// So many brackets are open; in a string or not; after a backslash or not.
    Nested { depth: usize, string: bool, escaped: bool },
}

/// Why there is no next value.
#[derive(Debug, PartialEq)]
pub(super) enum Broken {
    TooLarge,
    Wrong(&'static str),
}

impl Splitter {
    /// One that keeps no value larger than `limit` bytes.
    pub fn new(limit: usize) -> Splitter {
        Splitter { buffer: BytesMut::new(), seen: 0, state: State::Start, value: None, limit }
    }

    /// The bytes that stand in it.
    pub fn len(&self) -> usize {
        self.buffer.len()
    }

    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next value that is there as a whole; `None` asks for more text.
    pub fn next(&mut self) -> Result<Option<Bytes>, Broken> {
        while let Some(&byte) = self.buffer.get(self.seen) {
            match self.value {
                None => self.between(byte)?,
                Some(nesting) => {
                    if let Some(value) = self.within(nesting, byte) {
                        return Ok(Some(value));
                    }
                    if self.seen > self.limit {
                        return Err(Broken::TooLarge);
                    }
                }
            }
        }
        Ok(None)
    }

    /// What is left when the text is over.
    pub fn finish(&mut self) -> Result<Option<Bytes>, Broken> {
        match (self.value, self.state) {
            (Some(Nesting::Plain), State::Lines) => Ok(Some(self.cut())),
            (Some(_), _) => Err(Broken::Wrong("the content ends within a value")),
            (None, State::Array(_)) => Err(Broken::Wrong("the content ends within an array")),
            (None, _) => Ok(None),
        }
    }

    fn between(&mut self, byte: u8) -> Result<(), Broken> {
        let next = match (self.state, byte) {
            (state, b' ' | b'\t' | b'\r' | b'\n') => Some(state),
            (State::Start, b'[') => Some(State::Array(In::Begin)),
            (State::Array(In::Value), b',') => Some(State::Array(In::Comma)),
            (State::Array(In::Value | In::Begin), b']') => Some(State::Over),
            (State::Array(In::Value), _) => {
                return Err(Broken::Wrong("a `,` or a `]` stands after an element"));
            }
            (State::Array(_), b',' | b']') => {
                return Err(Broken::Wrong("an element stands before a `,` or a `]`"));
            }
            (State::Over, _) => return Err(Broken::Wrong("nothing stands after the array")),
            (State::Start | State::Lines, _) => {
                self.state = State::Lines;
                None
            }
            (State::Array(_), _) => None,
        };
        match next {
            Some(state) => {
                self.state = state;
                let _ = self.buffer.split_to(self.seen + 1);
                self.seen = 0;
            }
            None => {
                self.value = Some(match byte {
                    b'{' | b'[' => Nesting::Nested { depth: 1, string: false, escaped: false },
                    b'"' => Nesting::Nested { depth: 0, string: true, escaped: false },
                    _ => Nesting::Plain,
                });
                self.seen += 1;
            }
        }
        Ok(())
    }

    fn within(&mut self, nesting: Nesting, byte: u8) -> Option<Bytes> {
        let Nesting::Nested { mut depth, mut string, escaped } = nesting else {
            if matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',' | b']') {
                return Some(self.cut());
            }
            self.seen += 1;
            return None;
        };
        let mut backslash = false;
        match byte {
            _ if escaped => {}
            b'\\' if string => backslash = true,
            b'"' => string = !string,
            b'{' | b'[' if !string => depth += 1,
            b'}' | b']' if !string => depth = depth.saturating_sub(1),
            _ => {}
        }
        self.seen += 1;
        if depth == 0 && !string {
            return Some(self.cut());
        }
        self.value = Some(Nesting::Nested { depth, string, escaped: backslash });
        None
    }

    fn cut(&mut self) -> Bytes {
        self.value = None;
        if let State::Array(_) = self.state {
            self.state = State::Array(In::Value);
        }
        let value = self.buffer.split_to(self.seen).freeze();
        self.seen = 0;
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values of a text that comes in pieces of every size, and how it ends.
    #[track_caller]
    fn check(text: &str, expected: &[&str], end: Result<(), &'static str>) {
        for size in 1..=text.len().max(1) {
            let mut splitter = Splitter::new(64);
            let (mut values, mut ended) = (Vec::new(), Ok(()));
            let mut take = |found: Result<Option<Bytes>, Broken>| match found {
                Ok(Some(value)) => {
                    values.push(String::from_utf8(value.to_vec()).unwrap());
                    true
                }
                Ok(None) => false,
                Err(Broken::Wrong(why)) => {
                    ended = Err(why);
                    false
                }
                Err(Broken::TooLarge) => {
                    ended = Err("too large");
                    false
                }
            };
            for piece in text.as_bytes().chunks(size) {
                splitter.push(piece);
                while take(splitter.next()) {}
            }
            take(splitter.finish());
            assert_eq!(values, expected, "{text} by {size}");
            assert_eq!(ended.is_ok(), end.is_ok(), "{text} by {size}: {ended:?}");
        }
    }

    #[test]
    fn values_come_whole_in_any_pieces() {
        check("", &[], Ok(()));
        check(" \n\n", &[], Ok(()));
        check("{\"a\":1}\n{\"b\":\"}\\\"\"}\r\n", &["{\"a\":1}", "{\"b\":\"}\\\"\"}"], Ok(()));
        check("{\n  \"a\": [1, {}]\n} {}", &["{\n  \"a\": [1, {}]\n}", "{}"], Ok(()));
        check("1\n\"x y\"\nnull", &["1", "\"x y\"", "null"], Ok(()));
        check("[{\"a\":1} , {\"b\":[]},3]", &["{\"a\":1}", "{\"b\":[]}", "3"], Ok(()));
        check(" [ ] ", &[], Ok(()));
        check("[1,2", &["1"], Err("the content ends within a value"));
        check("[1,", &["1"], Err("the content ends within an array"));
        check("{\"a\":", &[], Err("the content ends within a value"));
        check("[1 2]", &["1"], Err("a `,` or a `]` stands after an element"));
        check("[,1]", &[], Err("an element stands before a `,` or a `]`"));
        check("[1,]", &["1"], Err("an element stands before a `,` or a `]`"));
        check("[] {}", &[], Err("nothing stands after the array"));
    }

    #[test]
    fn a_value_that_is_too_large_is_not_kept() {
        let mut splitter = Splitter::new(8);
        splitter.push(b"{\"a\": \"");
        assert_eq!(splitter.next(), Ok(None));
        splitter.push(b"xxxxxxxxxxxxxxx");
        assert_eq!(splitter.next(), Err(Broken::TooLarge));
    }
}
