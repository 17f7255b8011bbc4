//! Where grpcurl finds the schema that a run was made of, and its line for each failure.

use std::collections::BTreeSet;
use std::path::Path;

use prost_reflect::{DescriptorPool, FileDescriptor};

use super::args::Reach;
use super::contract::FOLDER;
use super::service::SERVICE;
use super::{Context, tls};
use crate::contract::{self, Case, Described, Grpcurl};
use crate::diag::{Diagnostic, Report, Severity};
use crate::schema::{Schema, Source};

/// The schema as one file, for a grpcurl that cannot read it where it is.
const SET: &str = "schema.binpb";

/// Gives each failure its line. The schema is that of files; without, the server tells it.
pub fn add_lines(
    report: &mut Report,
    (cases, pool): (&[Case], &DescriptorPool),
    schema: Option<&(Source, Schema)>,
    (headers, reach): (&[String], &Reach),
    context: &Context,
) -> Vec<Diagnostic> {
    let set = context.config.folder.join(FOLDER).join(SET);
    let described = schema.map(|(source, schema)| described(source, schema, &set)).unwrap_or_default();
    let tls = tls::for_grpcurl(reach, &context.config);
    let with = Grpcurl { schema: described, variables: variables(headers), tls };
    let line = |id: &str| {
        let case = cases.iter().find(|case| case.id == id)?;
        let (service, name) = case.method.rsplit_once('/')?;
        let method = pool.get_service_by_name(service)?.methods().find(|method| method.name() == name)?;
        contract::grpcurl(case, &method, &with)
    };
    let mut any = false;
    for row in report.runs_mut().flat_map(|run| &mut run.failures) {
        row.grpcurl = line(&row.id);
        any |= row.grpcurl.is_some();
    }
    match (&with.schema, schema) {
        (Described::Set(_), Some((source, schema))) if any && !matches!(source, Source::DescriptorSet(_)) => {
            write(&set, schema)
        }
        _ => Vec::new(),
    }
}

fn write(set: &Path, schema: &Schema) -> Vec<Diagnostic> {
    let folder = set.parent().unwrap_or(Path::new(""));
    let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(set, schema.descriptor_set()));
    let said = written.err().map(|error| {
        let message = format!("cannot write {}, which grpcurl is told to read: {error}", set.display());
        Diagnostic::new(&SERVICE, Severity::Warning, message).help("make the folder writable")
    });
    said.into_iter().collect()
}

/// The user's own files where grpcurl can read them, or else the set that is written for it.
fn described(source: &Source, schema: &Schema, set: &Path) -> Described {
    let whole = |folder: &Path| imported(schema).iter().all(|name| folder.join(name).is_file());
    let shown = |path: &Path| match path.as_os_str().is_empty() {
        true => ".".to_owned(),
        false => path.display().to_string(),
    };
    match source {
        Source::Directory(folder) if whole(folder) => Described::Folder(shown(folder)),
        Source::File(file) => match file.parent().filter(|folder| whole(folder)) {
            Some(folder) => Described::Folder(shown(folder)),
            None => Described::Set(shown(set)),
        },
        Source::DescriptorSet(path) if is_plain(path) => Described::Set(shown(path)),
        // It would be written for a set that is a set already, in a form that grpcurl does not read.
        Source::DescriptorSet(_) => Described::Reflection,
        _ => Described::Set(shown(set)),
    }
}

/// Every file that the services need, but for those that grpcurl brings.
fn imported(schema: &Schema) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let with_services = schema.own_files().map(|file| file.descriptor());
    let mut left: Vec<FileDescriptor> =
        with_services.filter(|file| file.services().next().is_some()).cloned().collect();
    while let Some(file) = left.pop() {
        if !file.name().starts_with("google/protobuf/") && found.insert(file.name().to_owned()) {
            left.extend(file.dependencies());
        }
    }
    found
}

/// Neither JSON nor compressed.
fn is_plain(path: &Path) -> bool {
    let decodes =
        |bytes: Vec<u8>| <prost_types::FileDescriptorSet as prost::Message>::decode(bytes.as_slice()).is_ok();
    std::fs::read(path).is_ok_and(decodes)
}

/// Headers whose value is read from the environment, as NAME:env:VARIABLE.
fn variables(headers: &[String]) -> Vec<(String, String)> {
    let variable = |header: &String| {
        let (name, value) = header.split_once(':')?;
        let variable = value.trim().strip_prefix("env:")?;
        Some((name.trim().to_lowercase(), variable.to_owned()))
    };
    headers.iter().filter_map(variable).collect()
}
