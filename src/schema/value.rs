//! The schema: frozen, shared, only read.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, FileDescriptor, ReflectMessage, Value};
use prost_types::source_code_info::Location;
use prost_types::{FileDescriptorProto, FileDescriptorSet};

use crate::diag::{Lines, Place, Span};

/// Where a file of a schema came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It is part of the source.
    Own,
    /// It came with the source, but only because others import it: an import in one of buf's images, or
    /// what a single file imports.
    Imported,
    /// It was imported and comes with protogate.
    Bundled,
}

/// One file of a schema.
#[derive(Debug)]
pub struct File {
    shown: Arc<str>,
    text: Option<Arc<str>>,
    origin: Origin,
    descriptor: FileDescriptor,
    /// How many of the descriptor's imports are the file's own.
    imports: usize,
    /// Locations that are kept here and not in the descriptor.
    beside: Vec<Location>,
    /// Path of a location → its index, `beside` first. Built when first asked for: most files are never pointed at.
    locations: OnceLock<HashMap<Box<[i32]>, usize>>,
    /// Of the text, likewise.
    lines: OnceLock<Lines>,
}

/// A file that is linked while the pool still grows. It holds no descriptor: a descriptor keeps the pool
/// alive, and a pool that somebody else holds is copied whole on every addition.
pub(super) struct Unfrozen {
    pub name: String,
    pub shown: Arc<str>,
    pub text: Option<Arc<str>>,
    pub origin: Origin,
    pub imports: usize,
    pub beside: Vec<Location>,
}

impl File {
    /// The name that other files import it by.
    pub fn name(&self) -> &str {
        self.descriptor.name()
    }

    /// What the user knows it by: the path on disk where there is one.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// The source text, unless the file came from a descriptor set.
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// Where it came from.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// The names of the files it imports, as it says it.
    pub fn imports(&self) -> impl Iterator<Item = &str> {
        self.descriptor.file_descriptor_proto().dependency.iter().take(self.imports).map(String::as_str)
    }

    /// The linked descriptor. Its list of imports may be longer than the file's: see [`imports`](File::imports).
    /// Positions and comments are not part of it: they are found by
    /// [`location`](File::location).
    pub fn descriptor(&self) -> &FileDescriptor {
        &self.descriptor
    }

    /// The file as protoc would hand it to a generator: the descriptor with every position and comment.
    pub fn proto(&self) -> FileDescriptorProto {
        let mut proto = self.descriptor.file_descriptor_proto().clone();
        proto.dependency.truncate(self.imports);
        if !self.beside.is_empty() {
            let info = proto.source_code_info.get_or_insert_default();
            info.location.splice(..0, self.beside.iter().cloned());
        }
        proto
    }

    /// The location of a descriptor path (`SourceCodeInfo.Location.path`), if the source has it.
    pub fn location(&self, path: &[i32]) -> Option<&Location> {
        let info = self.descriptor.file_descriptor_proto().source_code_info.as_ref();
        let within = info.map_or(&[][..], |info| &info.location);
        let locations = self.locations.get_or_init(|| {
            let mut index = HashMap::with_capacity(self.beside.len() + within.len());
            for (position, location) in self.beside.iter().chain(within).enumerate() {
                // `extend` blocks share a path; protoc and buf take the first.
                index.entry(location.path.as_slice().into()).or_insert(position);
            }
            index
        });
        let position = *locations.get(path)?;
        self.beside.get(position).or_else(|| within.get(position - self.beside.len()))
    }

    /// The place of a descriptor path; the file as a whole where the source does not tell.
    pub fn place(&self, path: &[i32]) -> Place {
        let span = self.location(path).and_then(|location| match &self.text {
            Some(text) => {
                let lines = self.lines.get_or_init(|| Lines::of(text));
                Span::from_location_in(text, lines, &location.span)
            }
            None => Span::from_location(&location.span),
        });
        Place { file: self.shown.clone(), span, text: self.text.clone() }
    }

    /// The comment above an element, as written, without the comment marks.
    pub fn comment(&self, path: &[i32]) -> Option<&str> {
        self.location(path)?.leading_comments.as_deref()
    }
}

/// Every file of a source and of what it imports, linked. Cheap to clone, safe to share, never changes.
#[derive(Debug, Clone, Default)]
pub struct Schema(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    pool: DescriptorPool,
    /// In the order of their names.
    files: Vec<File>,
    /// Sorted.
    left_out: Vec<String>,
}

impl Schema {
    pub(super) fn freeze(pool: DescriptorPool, linked: Vec<Unfrozen>, mut left_out: Vec<String>) -> Schema {
        let freeze = |Unfrozen { name, shown, text, origin, imports, beside }| {
            let descriptor = pool.get_file_by_name(&name)?;
            Some(File {
                shown,
                text,
                origin,
                descriptor,
                imports,
                beside,
                locations: OnceLock::new(),
                lines: OnceLock::new(),
            })
        };
        let mut files: Vec<File> = linked.into_iter().filter_map(freeze).collect();
        files.sort_by(|a, b| a.name().cmp(b.name()));
        left_out.sort();
        Schema(Arc::new(Inner { pool, files, left_out }))
    }

    /// All descriptors, linked.
    pub fn pool(&self) -> &DescriptorPool {
        &self.0.pool
    }

    /// Every file, imports included, in the order of their names.
    pub fn files(&self) -> &[File] {
        &self.0.files
    }

    /// The files of the source itself, in the order of their names.
    pub fn own_files(&self) -> impl Iterator<Item = &File> {
        self.files().iter().filter(|file| file.origin() == Origin::Own)
    }

    /// The file that others import by this name.
    pub fn file(&self, name: &str) -> Option<&File> {
        let position = self.0.files.binary_search_by(|file| file.name().cmp(name)).ok()?;
        self.0.files.get(position)
    }

    /// The names of files that the source has and the schema does not, sorted: they do not compile, or they
    /// import what does not. Such a file is not deleted; nothing is known about it.
    pub fn left_out(&self) -> &[String] {
        &self.0.left_out
    }

    /// The place of a descriptor path in a file of this schema.
    pub fn place(&self, file: &FileDescriptor, path: &[i32]) -> Place {
        match self.file(file.name()) {
            Some(file) => file.place(path),
            None => Place::file(file.name()),
        }
    }

    /// The encoded `google.protobuf.FileDescriptorSet`: imports before what imports them, custom options
    /// kept, comments and positions left out. The same bytes on every machine.
    pub fn descriptor_set(&self) -> Vec<u8> {
        let files = self.bare_files().map(|(_, file)| Value::Message(file));
        let mut set = DynamicMessage::new(FileDescriptorSet::default().descriptor());
        set.set_field_by_name("file", Value::List(files.collect()));
        set.encode_to_vec()
    }

    /// The same file by file: the name of each and its encoded `google.protobuf.FileDescriptorProto`.
    pub fn encoded_files(&self) -> impl Iterator<Item = (String, Vec<u8>)> {
        self.bare_files().map(|(name, file)| (name, file.encode_to_vec()))
    }

    /// The same with comments and positions, which plugins want to know.
    pub fn commented_files(&self) -> impl Iterator<Item = (String, Vec<u8>)> {
        self.bare_files().map(|(name, file)| {
            let mut encoded = file.encode_to_vec();
            let positions = self.file(&name).and_then(|file| file.proto().source_code_info);
            // A message may be encoded in parts, one after the other.
            encoded.extend(
                FileDescriptorProto { source_code_info: positions, ..Default::default() }.encode_to_vec(),
            );
            (name, encoded)
        })
    }

    fn bare_files(&self) -> impl Iterator<Item = (String, DynamicMessage)> {
        let kind = FileDescriptorProto::default().descriptor();
        self.0.pool.files().filter_map(move |file| {
            let name = file.name().to_owned();
            let imports = self.file(&name).map_or(usize::MAX, |file| file.imports);
            let mut file = DynamicMessage::decode(kind.clone(), file.encode_to_vec().as_slice()).ok()?;
            file.clear_field_by_name("source_code_info");
            if let Some(Value::List(all)) = file.get_field_by_name_mut("dependency") {
                all.truncate(imports);
            }
            Some((name, file))
        })
    }
}
