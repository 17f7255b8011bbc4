//! A server of raw HTTP/2 frames that answers each call with one kind of harm. It speaks the protocol just well
//! enough to be called.

use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use proptest::prelude::Rng as _;
use proptest::test_runner::{RngAlgorithm, TestRng};

/// One way to answer.
pub struct Behaviour {
    /// In a few words.
    pub name: &'static str,
    /// Whether a run on it has nothing to find.
    pub harmless: bool,
    /// Answers the call on a stream; an error ends the connection.
    answer: fn(&mut Wire, u32) -> io::Result<()>,
}

const fn harm(name: &'static str, answer: fn(&mut Wire, u32) -> io::Result<()>) -> Behaviour {
    Behaviour { name, harmless: false, answer }
}

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PUSH_PROMISE: u8 = 5;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;

const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;

pub const BEHAVIOURS: &[Behaviour] = &[
    harm("random bytes", |wire, _| {
        let noise = wire.noise(4096);
        wire.0.write_all(&noise)
    }),
    harm("random frames", |wire, stream| {
        for _ in 0..1 + wire.below(8) {
            let (kind, flags, size) = (wire.below(12) as u8, wire.below(256) as u8, wire.below(300));
            let on = if wire.below(4) == 0 { wire.below(1 << 20) as u32 } else { stream };
            let payload = wire.noise(size as usize);
            wire.frame(kind, flags, on, &payload)?;
        }
        Ok(())
    }),
    harm("random messages", |wire, stream| {
        wire.head(stream)?;
        let noise = wire.noise(200);
        wire.frame(DATA, 0, stream, &noise)?;
        wire.trailers(stream, b"0")
    }),
    harm("headers without end", |wire, stream| {
        wire.frame(HEADERS, 0, stream, &[0x88])?;
        // Ends when the client has had enough: a write fails then.
        loop {
            wire.frame(CONTINUATION, 0, stream, &literal(b"x-more", &[b'a'; 4000]))?;
        }
    }),
    harm("a header of a megabyte", |wire, stream| {
        let field = literal(b"x-large", &vec![b'a'; 1 << 20]);
        let mut chunks = field.chunks(16 << 10).peekable();
        let mut kind = HEADERS;
        while let Some(chunk) = chunks.next() {
            let flags = if chunks.peek().is_none() { END_HEADERS } else { 0 };
            wire.frame(kind, flags, stream, chunk)?;
            kind = CONTINUATION;
        }
        Ok(())
    }),
    harm("a message of 4 GiB announced", |wire, stream| {
        wire.head(stream)?;
        wire.frame(DATA, 0, stream, &[0, 0xff, 0xff, 0xff, 0xff, 1, 2, 3])
    }),
    harm("a message of 4 GiB sent", |wire, stream| {
        wire.head(stream)?;
        wire.frame(DATA, 0, stream, &[0, 0xff, 0xff, 0xff, 0xff])?;
        for _ in 0..8 {
            wire.frame(DATA, 0, stream, &[0; 16 << 10])?;
        }
        Ok(())
    }),
    harm("empty messages without end", |wire, stream| {
        wire.head(stream)?;
        for _ in 0..64 {
            wire.frame(DATA, 0, stream, &[0; 5 * 1000])?;
        }
        Ok(())
    }),
    harm("a byte at a time", |wire, stream| {
        wire.head(stream)?;
        for byte in [0, 0, 0, 0, 9, 10, 7] {
            wire.frame(DATA, 0, stream, &[byte])?;
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }),
    harm("silence", |_, _| Ok(())),
    harm("headers only", |wire, stream| wire.head(stream)),
    harm("each reset in turn", |wire, stream| {
        let code = wire.below(20) as u32;
        wire.frame(RST_STREAM, 0, stream, &code.to_be_bytes())
    }),
    harm("GOAWAY to every call", |wire, _| {
        let code = wire.below(14) as u32;
        let payload = [&0u32.to_be_bytes()[..], &code.to_be_bytes()].concat();
        wire.frame(GOAWAY, 0, 0, &payload)
    }),
    harm("GOAWAY without an error to every call", |wire, _| wire.frame(GOAWAY, 0, 0, &[0; 8])),
    harm("the connection closed", |_, _| Err(io::ErrorKind::ConnectionReset.into())),
    harm("floods of SETTINGS and PING", |wire, _| {
        for _ in 0..2000 {
            wire.frame(SETTINGS, 0, 0, &[])?;
            wire.frame(PING, 0, 0, &[7; 8])?;
        }
        Ok(())
    }),
    harm("a window that overflows", |wire, stream| {
        wire.frame(WINDOW_UPDATE, 0, stream, &0x7fff_ffffu32.to_be_bytes())?;
        wire.frame(WINDOW_UPDATE, 0, stream, &0x7fff_ffffu32.to_be_bytes())
    }),
    harm("a frame larger than allowed", |wire, stream| {
        wire.head(stream)?;
        wire.frame(DATA, 0, stream, &[0; 1 << 20])
    }),
    harm("a pushed response", |wire, stream| {
        wire.frame(PUSH_PROMISE, END_HEADERS, stream, &[0, 0, 0, 2, 0x82, 0x84, 0x86])
    }),
    harm("informational answers without end", |wire, stream| {
        for _ in 0..1000 {
            wire.frame(HEADERS, END_HEADERS, stream, &[0x48, 3, b'1', b'0', b'0'])?;
        }
        Ok(())
    }),
    harm("statuses that are none", |wire, stream| {
        let status: &[u8] = [&b""[..], b"-1", b"99999999999999999999", b"0x0", b" 0"][wire.below(5) as usize];
        wire.head(stream)?;
        wire.trailers(stream, status)
    }),
    harm("answers on streams nobody opened", |wire, stream| {
        wire.head(stream + 1000)?;
        wire.trailers(stream + 2000, b"0")
    }),
    harm("another protocol", |wire, _| {
        wire.0.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")?;
        Err(io::ErrorKind::ConnectionReset.into())
    }),
];

/// Starts a server and gives its address. It lives as long as the test's process.
pub fn serve(behaviour: &'static Behaviour, seed: u64) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for (index, stream) in (0u64..).zip(listener.incoming()) {
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&seed.to_le_bytes());
            bytes[8..16].copy_from_slice(&index.to_le_bytes());
            let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
            // A connection that breaks is what this is about.
            thread::spawn(move || stream.and_then(|stream| Wire(stream, random).talk(behaviour.answer)));
        }
    });
    address
}

struct Wire(TcpStream, TestRng);

impl Wire {
    fn talk(&mut self, answer: fn(&mut Wire, u32) -> io::Result<()>) -> io::Result<()> {
        self.0.set_nodelay(true)?;
        self.0.read_exact(&mut [0; 24])?;
        self.frame(SETTINGS, 0, 0, &[])?;
        loop {
            let mut head = [0; 9];
            self.0.read_exact(&mut head)?;
            let size = u32::from_be_bytes([0, head[0], head[1], head[2]]);
            let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
            let mut payload = vec![0; size as usize];
            self.0.read_exact(&mut payload)?;
            match (head[3], head[4] & ACK) {
                (SETTINGS, 0) => self.frame(SETTINGS, ACK, 0, &[])?,
                (PING, 0) => self.frame(PING, ACK, 0, &payload)?,
                (HEADERS, _) => answer(self, stream)?,
                _ => {}
            }
        }
    }

    fn frame(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> io::Result<()> {
        let size = (payload.len() as u32).to_be_bytes();
        let head = [&size[1..], &[kind, flags], &stream.to_be_bytes()].concat();
        self.0.write_all(&[&head, payload].concat())
    }

    /// `:status 200` and the content-type.
    fn head(&mut self, stream: u32) -> io::Result<()> {
        let fields = [&[0x88][..], &literal(b"content-type", b"application/grpc")].concat();
        self.frame(HEADERS, END_HEADERS, stream, &fields)
    }

    fn trailers(&mut self, stream: u32, status: &[u8]) -> io::Result<()> {
        self.frame(HEADERS, END_HEADERS | END_STREAM, stream, &literal(b"grpc-status", status))
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.1.next_u64() % bound
    }

    fn noise(&mut self, size: usize) -> Vec<u8> {
        let mut noise = vec![0; size];
        self.1.fill_bytes(&mut noise);
        noise
    }
}

/// A header field as it is: "Literal Header Field without Indexing — New Name" (RFC 7541, 6.2.2).
fn literal(name: &[u8], value: &[u8]) -> Vec<u8> {
    let mut field = vec![0];
    for text in [name, value] {
        // An integer with a prefix of seven bits (RFC 7541, 5.1).
        let mut rest = text.len();
        if rest < 127 {
            field.push(rest as u8);
        } else {
            field.push(127);
            rest -= 127;
            while rest >= 128 {
                field.push((rest % 128) as u8 | 128);
                rest /= 128;
            }
            field.push(rest as u8);
        }
        field.extend_from_slice(text);
    }
    field
}
