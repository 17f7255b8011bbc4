//! Whether what reflection lists can be resolved.

use super::{Found, Level, Probe, Probing, Question};
use crate::{
    client::{ReflectionVersion, Transport, reflect_version},
    diag::{RuleInfo, Severity},
};

pub(super) static PROBE: Probe = Probe {
    info: RuleInfo {
        id: "PG156",
        name: "reflection_complete",
        summary: "Every service that reflection lists is described, with all files it imports.",
        explain: "Tools such as grpcurl, and gateways that build on reflection, fail on the first service whose \
                  file or import is missing. It happens when a service is registered and its descriptor set is \
                  not, or was made without imports.\n\n\
                  Rust (tonic-reflection): register a descriptor set built with imports \
                  (`--include_imports`), for each service. Go: import the generated package of every \
                  dependency, and call `reflection.Register` after all services. Python: list the service's \
                  full name, and import its `_pb2` module, in `reflection.enable_server_reflection`. Java: \
                  `ProtoReflectionServiceV1` with services that carry a `ProtoFileDescriptorSupplier`.",
        url: Some("https://github.com/grpc/grpc/blob/master/doc/server-reflection.md"),
    },
    level: Level::On,
    question: Question::ReflectionComplete,
};

pub(super) async fn ask<T: Transport>(probing: &Probing<'_, T>) -> Vec<Found> {
    for version in ReflectionVersion::ALL {
        // What is wrong with one version is wrong with the other: both are fed by one pool.
        match reflect_version(probing.transport, version, probing.metadata).await {
            Ok(Some(reflection)) => {
                if let Some((service, why)) = reflection.undescribed.first() {
                    let text =
                        format!("{} lists `{service}` and does not describe it: {why}", version.package());
                    let mut found = Found::new(&PROBE, "UNDESCRIBED", text);
                    let more = reflection.undescribed.iter().skip(1);
                    found.details =
                        more.map(|(name, why)| ("also".into(), format!("{name}: {why}"))).collect();
                    return vec![found];
                }
                if let Some(map) = misnamed_map(&reflection.pool) {
                    let text = format!(
                        "{} calls the entry of the map {map} otherwise than protobuf does: some readers, such as \
                         grpcurl, refuse the whole file",
                        version.package()
                    );
                    return vec![Found::new(&PROBE, "MAP_ENTRY", text).light(Severity::Warning)];
                }
            }
            Err(error) if !error.is_unreachable() && !error.is_put_off() => {
                // The files are the application's, and what becomes of them on the way is not: grpc-js writes
                // the values of enums in an order of its own.
                let found = Found::new(&PROBE, "BROKEN", format!("{}: {error}", version.package()));
                return vec![found.light(Severity::Warning)];
            }
            _ => {}
        }
    }
    Vec::new()
}

/// A map whose entry is not named after its field (`NotesEntry` of `notes`), as protoc insists on: "the entry type's
/// name is the field's name in camel case and `Entry`" (`descriptor.proto`, `map_entry`). protobufjs leaves `Entry` off.
fn misnamed_map(pool: &prost_reflect::DescriptorPool) -> Option<String> {
    let maps =
        pool.all_messages().flat_map(|message| message.fields().collect::<Vec<_>>()).filter(|it| it.is_map());
    let misnamed = |field: &prost_reflect::FieldDescriptor| {
        let kind = field.kind();
        kind.as_message().is_some_and(|entry| !entry.name().ends_with("Entry"))
    };
    maps.filter(misnamed).map(|field| field.full_name().to_owned()).min()
}
