//! Parses every input at once, then links file after file in the order of their imports.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use miette::Diagnostic as _;
use prost::Message;
use prost_reflect::DescriptorPool;
use prost_types::FileDescriptorProto;
use prost_types::source_code_info::Location;
use protox::file::{FileResolver, GoogleFileResolver};
use rayon::prelude::*;

use super::guard::{self, PublicImports};
use super::source::{Content, Input, Inputs};
use super::value::{Origin, Schema, Unfrozen};
use super::{Loaded, bundled, edition, problem};
use crate::diag::{Diagnostic, Lines, Place, Span};

/// What is said about one file at most. Nobody reads more, and each costs a look at the whole text.
const MAX_ERRORS: usize = 100;

/// A file that parses on its own but is not linked yet.
pub(super) struct Parsed {
    pub name: String,
    shown: Arc<str>,
    text: Option<Arc<str>>,
    origin: Origin,
    pub descriptor: FileDescriptorProto,
    /// The bytes it came as, with the custom options that `descriptor` cannot hold.
    encoded: Option<Bytes>,
}

impl Parsed {
    /// Where the path of a `SourceCodeInfo.Location` stands in this file.
    fn place(&self, path: &[i32]) -> Place {
        let location = self
            .descriptor
            .source_code_info
            .iter()
            .flat_map(|info| &info.location)
            .find(|location| location.path == path);
        Place {
            file: self.shown.clone(),
            span: location.and_then(|location| match &self.text {
                Some(text) => Span::from_location_in(text, &Lines::of(text), &location.span),
                None => Span::from_location(&location.span),
            }),
            text: self.text.clone(),
        }
    }

    /// Where the import number `index` stands: field 3 of `FileDescriptorProto`.
    fn import_place(&self, index: usize) -> Place {
        self.place(&[3, i32::try_from(index).unwrap_or(i32::MAX)])
    }
}

/// A file that parses; or the name of one that does not, and what is wrong with it.
pub(super) type Outcome = Result<Parsed, (String, Vec<Diagnostic>)>;

pub(super) fn compile(found: Inputs) -> Loaded {
    let parsed = found.inputs.into_par_iter().map(parse).collect();
    link(parsed, found.left_out, found.diagnostics)
}

/// Links all that parses, and adds what is wrong to `diagnostics`. `unread` are the names of files that are
/// there but could not be read.
pub(super) fn link(parsed: Vec<Outcome>, unread: Vec<String>, diagnostics: Vec<Diagnostic>) -> Loaded {
    let states = unread.into_iter().map(|name| (name, State::Broken)).collect();
    let mut linker = Linker { diagnostics, states, ..Linker::default() };
    for result in parsed {
        match result {
            Ok(file) => {
                linker.waiting.insert(file.name.clone(), file);
            }
            // A vendored copy of a file that comes with protogate may use syntax we do not read (protobuf's
            // own `descriptor.proto` does); ours declares the same, and half the schema may hang on it.
            Err((name, diagnostics)) if provided(&name).is_some() => {
                linker.diagnostics.extend(diagnostics.into_iter().map(problem::stood_in_for));
            }
            Err((name, diagnostics)) => {
                linker.states.insert(name, State::Broken);
                linker.diagnostics.extend(diagnostics);
            }
        }
    }
    for name in linker.waiting.keys().cloned().collect::<Vec<_>>() {
        linker.link(&name);
    }
    let broken = linker.states.into_iter().filter(|(_, state)| *state == State::Broken);
    let left_out = broken.map(|(name, _)| name).collect();
    let pool = if linker.torn { rebuilt(linker.pool) } else { linker.pool };
    let schema = Schema::freeze(pool, linker.linked, left_out);
    Loaded { schema, diagnostics: linker.diagnostics, unchanged: 0 }
}

/// The same pool as if nothing had failed to link. What prost-reflect 0.16 takes back of such a file goes by the wrong
/// numbers for extensions (`DescriptorPoolOffsets::rollback`): messages lose some that are there, and keep some that are
/// not, over which it panics when it reads a number that nobody knows.
fn rebuilt(torn: DescriptorPool) -> DescriptorPool {
    let mut pool = DescriptorPool::new();
    // They linked before, in this order. Were one to fail now, the pool as it is would still be the better one.
    let added =
        torn.files().try_for_each(|file| pool.decode_file_descriptor_proto(file.encode_to_vec().as_slice()));
    if added.is_ok() { pool } else { torn }
}

/// Parses one input, or says everything that is wrong with it.
pub(super) fn parse(input: Input) -> Outcome {
    let Input { name, shown, origin, content } = input;
    match content {
        Content::Text(text) => match parse_text(&name, &shown, &text) {
            Ok(descriptor) => Ok(Parsed { name, shown, text: Some(text), origin, descriptor, encoded: None }),
            Err(diagnostics) => Err((name, diagnostics)),
        },
        Content::Encoded(encoded) => match decode(&shown, &encoded) {
            Ok(descriptor) => {
                Ok(Parsed { name, shown, text: None, origin, descriptor, encoded: Some(encoded) })
            }
            Err(diagnostic) => Err((name, vec![diagnostic])),
        },
    }
}

fn parse_text(name: &str, shown: &Arc<str>, text: &Arc<str>) -> Result<FileDescriptorProto, Vec<Diagnostic>> {
    if let Some((edition, range)) = edition::declared(text) {
        let span = Some(Span::from_bytes(text, range.start, range.end));
        let place = Place { file: shown.clone(), span, text: Some(text.clone()) };
        return Err(vec![problem::edition(place, &edition)]);
    }
    protox_parse::parse(name, text).map_err(|error| {
        let first = problem::compiler(false, shown, Some(text), &error);
        let related = error.related().into_iter().flatten();
        let others = related.map(|other| problem::compiler(false, shown, Some(text), other));
        std::iter::once(first).chain(others).take(MAX_ERRORS).collect()
    })
}

fn decode(shown: &Arc<str>, encoded: &Bytes) -> Result<FileDescriptorProto, Diagnostic> {
    let descriptor = FileDescriptorProto::decode(encoded.clone())
        .map_err(|error| problem::not_a_descriptor_set(shown, &error))?;
    match descriptor.syntax() {
        "editions" => Err(problem::edition(Place::file(shown.clone()), "2023 or later")),
        _ => Ok(descriptor),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    /// Its imports are being linked: meeting it again is a cycle.
    Open,
    Linked,
    /// Something is wrong with it or with what it imports, and has been said.
    Broken,
}

#[derive(Default)]
struct Linker {
    /// Sorted, so that the order of linking, and with it every output, is the same on every machine.
    waiting: BTreeMap<String, Parsed>,
    states: HashMap<String, State>,
    pool: DescriptorPool,
    linked: Vec<Unfrozen>,
    diagnostics: Vec<Diagnostic>,
    public_imports: PublicImports,
    /// A file did not link, and left traces in the pool.
    torn: bool,
}

/// A file whose imports are being linked.
struct Frame {
    file: Parsed,
    next_import: usize,
    sound: bool,
}

impl Linker {
    /// Links a file after all it imports. Import chains are as long as somebody cares to write them, so
    /// the stack is a `Vec`.
    fn link(&mut self, name: &str) {
        let mut stack: Vec<Frame> = self.open(name).into_iter().collect();
        while let Some(frame) = stack.last_mut() {
            let Some(import) = frame.file.descriptor.dependency.get(frame.next_import).cloned() else {
                if let Some(done) = stack.pop() {
                    let name = done.file.name.clone();
                    let state = self.close(done);
                    self.states.insert(name, state);
                    if let (State::Broken, Some(importer)) = (state, stack.last_mut()) {
                        importer.sound = false;
                    }
                }
                continue;
            };
            let index = frame.next_import;
            frame.next_import += 1;
            match self.states.get(&import) {
                Some(State::Linked) => {}
                Some(State::Broken) => frame.sound = false,
                Some(State::Open) => {
                    frame.sound = false;
                    let place = frame.file.import_place(index);
                    let cycle = cycle(&stack, &import);
                    self.diagnostics.push(problem::import_cycle(place, &cycle));
                }
                None => match self.open(&import) {
                    Some(imported) => stack.push(imported),
                    None => {
                        frame.sound = false;
                        let place = frame.file.import_place(index);
                        let known = self.known_names();
                        self.diagnostics.push(problem::import_not_found(place, &import, &known));
                    }
                },
            }
        }
    }

    /// Takes a file that is waiting, or one of those that come with protogate.
    fn open(&mut self, name: &str) -> Option<Frame> {
        let file = match self.waiting.remove(name) {
            Some(file) => file,
            None if self.states.contains_key(name) => return None,
            None => provided(name)?,
        };
        self.states.insert(name.to_owned(), State::Open);
        Some(Frame { file, next_import: 0, sound: true })
    }

    /// All imports are done: links the file itself.
    fn close(&mut self, frame: Frame) -> State {
        if !frame.sound {
            return State::Broken;
        }
        let Parsed { name, shown, text, origin, mut descriptor, encoded } = frame.file;
        let seen = match guard::check(&descriptor).and_then(|()| self.public_imports.add(&descriptor)) {
            Ok(seen) => seen,
            Err(why) => {
                self.diagnostics.push(problem::unsound(&shown, text, &why));
                return State::Broken;
            }
        };
        // The linker follows one public import and not a chain of them (prost-reflect 0.16), so that it is told of
        // the others as if they were imported here. `File` and `Schema` take them away again.
        let imports = descriptor.dependency.len();
        let encoded = encoded.map(|encoded| with_imports(encoded, &seen));
        descriptor.dependency.extend(seen);
        let beside = if encoded.is_none() { take_positions(&mut descriptor) } else { Vec::new() };
        let again_with = descriptor.dependency.clone();
        let added = match (encoded, &text) {
            (Some(encoded), _) => self.pool.decode_file_descriptor_proto(encoded),
            (None, Some(text)) if !beside.is_empty() => {
                // An error says where by the positions: once more, with all of them.
                self.pool.add_file_descriptor_proto(descriptor).or_else(|error| {
                    self.torn = true;
                    // Finding each of very many positions would take longer than anybody waits.
                    if error.related().into_iter().flatten().nth(MAX_ERRORS).is_some() {
                        return Err(error);
                    }
                    let imports = again_with.clone();
                    let mut again = protox_parse::parse(&name, text).map_err(|_| error)?;
                    again.dependency = imports;
                    self.pool.add_file_descriptor_proto(again)
                })
            }
            (None, _) => self.pool.add_file_descriptor_proto(descriptor),
        };
        if let Err(error) = added {
            self.torn = true;
            let error = match &text {
                Some(text) => error.with_source_code(text),
                None => error,
            };
            let related = error.related().into_iter().flatten();
            let all = std::iter::once(&error as &dyn miette::Diagnostic).chain(related);
            let all = all.take(MAX_ERRORS);
            self.diagnostics.extend(all.map(|e| problem::compiler(true, &shown, text.as_deref(), e)));
            return State::Broken;
        }
        self.linked.push(Unfrozen { name, shown, text, origin, imports, beside });
        State::Linked
    }

    fn known_names(&self) -> Vec<&str> {
        let met = self.states.keys().map(String::as_str);
        let bundled = bundled::names().map(|name| -> &str { name });
        self.waiting.keys().map(String::as_str).chain(met).chain(bundled).collect()
    }
}

/// The encoded file with more imports at the end of its list: what is appended to a message is merged into it.
fn with_imports(encoded: Bytes, imports: &BTreeSet<String>) -> Bytes {
    if imports.is_empty() {
        return encoded;
    }
    let more = FileDescriptorProto { dependency: imports.iter().cloned().collect(), ..Default::default() };
    [encoded.as_ref(), &more.encode_to_vec()].concat().into()
}

/// Takes the locations out of a descriptor, to be kept beside the pool: it would hold them twice, and look at
/// every one for every option, which over 7,000 files is two thirds of the time of linking. Those of options
/// that are not resolved yet stay: the linker writes the numbers of the options into their paths, where 999
/// stands now (`uninterpreted_option` of descriptor.proto).
fn take_positions(descriptor: &mut FileDescriptorProto) -> Vec<Location> {
    let Some(info) = &mut descriptor.source_code_info else { return Vec::new() };
    let (options, others) =
        std::mem::take(&mut info.location).into_iter().partition(|it| it.path.contains(&999));
    info.location = options;
    others
}

/// `a -> b -> a`, from the first meeting with `import` on.
fn cycle(stack: &[Frame], import: &str) -> String {
    let names = stack.iter().map(|frame| frame.file.name.as_str());
    let mut chain: Vec<&str> = names.skip_while(|name| *name != import).collect();
    chain.push(import);
    chain.join(" -> ")
}

/// The files that need no vendoring: protobuf's own from protox, the others from [`bundled`].
pub(super) fn provided(name: &str) -> Option<Parsed> {
    let shown: Arc<str> = name.into();
    let (descriptor, text) = match bundled::source(name) {
        Some(text) => (protox_parse::parse(name, text).ok()?, Some(text.into())),
        None => (GoogleFileResolver::new().open_file(name).ok()?.into(), None),
    };
    Some(Parsed { name: name.to_owned(), shown, text, origin: Origin::Bundled, descriptor, encoded: None })
}
