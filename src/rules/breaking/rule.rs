//! The shape of a rule.

use prost_reflect::{
    EnumDescriptor, FileDescriptor, MessageDescriptor, MethodDescriptor, OneofDescriptor, ServiceDescriptor,
};

use super::category::Category;
use super::element::{Declaration, Field, Kind, Number};
use super::findings::Findings;
use super::options::Optioned;
use super::rust::Surface;
use crate::diag::RuleInfo;
use crate::rules::witness::Difference;
use crate::schema::{File, Schema};

/// A rule: one question about a change.
#[derive(Debug)]
pub struct Rule {
    /// Its name and its words.
    pub info: RuleInfo,
    /// The categories it belongs to, in the order of [`Category::ALL`].
    pub categories: &'static [Category],
    pub(super) check: Check,
    /// The smallest change it speaks about.
    pub example: Example,
}

impl Rule {
    /// Whether buf has it as well: only such rules run when the answer is to be exactly buf's.
    pub fn is_bufs(&self) -> bool {
        self.categories.iter().any(|category| category.is_bufs())
    }
}

/// Files as name and text.
pub type Files = &'static [(&'static str, &'static str)];

/// A change, before and after.
#[derive(Debug)]
pub struct Example {
    /// Before.
    pub old: Files,
    /// After.
    pub new: Files,
}

/// What a rule looks at, and its function. Old comes before new.
///
/// A `…Gone` function gets what is no longer there and what used to hold it, in the new schema.
/// What is paired is found by: path for files; full name for messages, enums and services, over all files; number
/// for fields and enum values inside a pair; extended message and number for extensions; name for
/// methods and oneofs inside a pair.
#[derive(Debug, Clone, Copy)]
pub(super) enum Check {
    FileGone(fn(&File, &Schema, &mut Findings)),
    FilePair(fn(&FileDescriptor, &FileDescriptor, &mut Findings)),
    /// With the files that were in it.
    PackageGone(fn(&str, &[&File], &mut Findings)),
    /// Gone from the file, although it may live on in another one.
    GoneFromFile(Kind, fn(&Declaration, &FileDescriptor, &mut Findings)),
    /// Gone from the package, which is still there.
    GoneFromPackage(Kind, fn(&Declaration, &Schema, &mut Findings)),
    MessagePair(fn(&MessageDescriptor, &MessageDescriptor, &mut Findings)),
    FieldGone(fn(&Field, &MessageDescriptor, &mut Findings)),
    /// Fields of messages and extensions.
    FieldPair(fn(&Field, &Field, &mut Findings)),
    OneofGone(fn(&OneofDescriptor, &MessageDescriptor, &mut Findings)),
    EnumPair(fn(&EnumDescriptor, &EnumDescriptor, &mut Findings)),
    NumberGone(fn(&Number, &EnumDescriptor, &mut Findings)),
    NumberPair(fn(&Number, &Number, &mut Findings)),
    MethodGone(fn(&MethodDescriptor, &ServiceDescriptor, &mut Findings)),
    MethodPair(fn(&MethodDescriptor, &MethodDescriptor, &mut Findings)),
    /// A file of the old schema, and the one of the same path if there still is one.
    File(fn(&FileDescriptor, Option<&FileDescriptor>, &mut Findings)),
    /// A service of the old schema, and what has its full name now.
    Service(fn(&ServiceDescriptor, Option<&ServiceDescriptor>, &mut Findings)),
    /// A message of which the full name is gone from the whole schema.
    NameGone(fn(&MessageDescriptor, &mut Findings)),
    /// Whatever has options and is on both sides.
    Options(fn(&dyn Optioned, &dyn Optioned, &mut Findings)),
    /// What prost and tonic make of both schemas.
    Surfaces(fn(&Surface, &Surface, &mut Findings)),
    /// A field or enum value that was really written and read, and is not declared alike on both sides.
    Shown(fn(&Difference, &mut Findings)),
}

/// The words of a rule that buf has not.
pub(super) const fn own(id: &'static str, summary: &'static str, explain: &'static str) -> RuleInfo {
    RuleInfo { id, name: id, summary, explain, url: None }
}

/// The words of a rule that buf has too.
pub(super) const fn info(id: &'static str, summary: &'static str, explain: &'static str) -> RuleInfo {
    RuleInfo { id, name: id, summary, explain, url: Some("https://buf.build/docs/breaking/rules/") }
}
