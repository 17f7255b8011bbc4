//! What shows that a finding is true: bytes that one side writes and the other reads differently, and who meets them.

/// What is known about a finding beyond its sentence.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// A value that shows the break, or the reason why no value can: only generated code or a path changes.
    pub witness: Option<Result<Witness, String>>,
    /// The rpcs whose messages the change reaches, each by one shortest way.
    pub affected: Vec<Affected>,
    /// How many ways to rpcs there are beyond those.
    pub affected_more: usize,
    /// Who breaks, in the order of [`Peer::ALL`].
    pub breaks: Vec<Peer>,
    /// In which order to deploy so that nobody breaks ("servers first"), if there is one.
    pub deploy: Option<String>,
}

/// A smallest value of one schema that the other reads otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// The full name of the message it is a value of, as its writer knows it.
    pub message: String,
    /// Its encoding, in lowercase hex.
    pub hex: String,
    /// The same value as ProtoJSON of its writer.
    pub json: String,
    /// What the other side makes of it: each direction and encoding that was tried, with its verdict.
    pub readings: Vec<Reading>,
}

/// How one side read what the other wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Who wrote and who read.
    pub direction: Direction,
    /// In which encoding.
    pub encoding: Encoding,
    /// How the two readings compare.
    pub verdict: Agreement,
    /// What was written, as lowercase hex in [`Encoding::Binary`] and as the text in [`Encoding::Json`].
    pub written: String,
    /// What the reader has then, as its ProtoJSON, or why it refused.
    pub read: String,
}

/// Who writes and who reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// A writer of the old schema, a reader of the new one: stored data, old clients at new servers.
    OldToNew,
    /// A writer of the new schema, a reader of the old one: new servers' answers at old clients.
    NewToOld,
}

impl Direction {
    /// As a reader of a report sees it.
    pub fn words(self) -> &'static str {
        match self {
            Direction::OldToNew => "old writer, new reader",
            Direction::NewToOld => "new writer, old reader",
        }
    }
}

/// The encodings a gRPC service speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Encoding {
    /// The binary encoding.
    Binary,
    /// ProtoJSON, at a reader that ignores keys it does not know.
    Json,
    /// ProtoJSON, at a reader that refuses keys it does not know.
    StrictJson,
}

impl Encoding {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Encoding::Binary => "binary",
            Encoding::Json => "JSON",
            Encoding::StrictJson => "strict JSON",
        }
    }
}

/// How a reading compares with what was written, from harmless to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Agreement {
    /// The reader has what the writer meant.
    Same,
    /// It was an enum value that the reader has no name for: it keeps the number, or in JSON leaves it out. This is
    /// what open enums are for.
    Unknown,
    /// The reader has what the writer meant; who reads the JSON without a schema sees another word for it.
    Respelled,
    /// The reader has no room for it: what was written is cut off, merged or dropped, and nothing tells it.
    Lossy,
    /// The reader refuses the message.
    Rejected,
    /// The reader could have held what was written, and has something else.
    Misread,
}

impl Agreement {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Agreement::Same => "same",
            Agreement::Unknown => "unknown",
            Agreement::Respelled => "respelled",
            Agreement::Lossy => "lossy",
            Agreement::Rejected => "rejected",
            Agreement::Misread => "misread",
        }
    }

    /// Does it break anybody? Not [`Agreement::Same`], and not an enum value that a reader was told to expect.
    pub fn is_break(self) -> bool {
        self > Agreement::Unknown
    }
}

/// An rpc that a change reaches, and the way to it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Affected {
    /// `package.Service/Method`.
    pub rpc: String,
    /// From the request or response to the changed element: `UserResponse.address.zip`.
    pub path: String,
}

/// Who has to live with a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Peer {
    /// Clients of the old schema at servers of the new one.
    OldClients,
    /// Clients of the new schema at servers of the old one.
    NewClients,
    /// Bytes that were written with the old schema and kept.
    StoredData,
}

impl Peer {
    /// Every one.
    pub const ALL: [Peer; 3] = [Peer::OldClients, Peer::NewClients, Peer::StoredData];
}
