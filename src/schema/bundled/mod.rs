//! The `.proto` files that schemas import without carrying them: Google's API, RPC, type and long-running
//! operation packages, protovalidate's options and the contract options.
//!
//! Google's and protovalidate's files are interfaces restated as facts: packages, names, numbers, types,
//! labels, defaults, reserved and extension ranges, options. Their documentation is left out, because it is
//! somebody else's text, and so are the options of `buf.validate` inside `validate.proto`: those are CEL
//! programs, which no one needs to read a schema or to encode a rule. `tests/it/bundled.rs` compares them
//! with the originals; when those change, its diff is the edit to make here.
//!
//! Not here: `google/protobuf/*`, which protox brings, and the sub-folders of `google/api` and `google/rpc`.
//! A file of the same name among the user's own is the one to use; choosing is up to the loader.

/// Names each file once: its import path is its path beside this module.
macro_rules! beside {
    ($($name:literal)*) => { [$(($name, include_str!($name)),)* CONTRACT] };
}

const CONTRACT: (&str, &str) = (
    "protogate/contract/v1/contract.proto",
    include_str!("../../../proto/protogate/contract/v1/contract.proto"),
);

/// Import path and text of each file, sorted by path.
static FILES: &[(&str, &str)] = &beside! {
    "buf/validate/validate.proto"
    "google/api/annotations.proto"
    "google/api/auth.proto"
    "google/api/backend.proto"
    "google/api/billing.proto"
    "google/api/client.proto"
    "google/api/config_change.proto"
    "google/api/consumer.proto"
    "google/api/context.proto"
    "google/api/control.proto"
    "google/api/distribution.proto"
    "google/api/documentation.proto"
    "google/api/endpoint.proto"
    "google/api/error_reason.proto"
    "google/api/field_behavior.proto"
    "google/api/field_info.proto"
    "google/api/http.proto"
    "google/api/httpbody.proto"
    "google/api/label.proto"
    "google/api/launch_stage.proto"
    "google/api/log.proto"
    "google/api/logging.proto"
    "google/api/metric.proto"
    "google/api/monitored_resource.proto"
    "google/api/monitoring.proto"
    "google/api/policy.proto"
    "google/api/quota.proto"
    "google/api/resource.proto"
    "google/api/routing.proto"
    "google/api/service.proto"
    "google/api/source_info.proto"
    "google/api/system_parameter.proto"
    "google/api/usage.proto"
    "google/api/visibility.proto"
    "google/longrunning/operations.proto"
    "google/rpc/code.proto"
    "google/rpc/error_details.proto"
    "google/rpc/http.proto"
    "google/rpc/status.proto"
    "google/type/calendar_period.proto"
    "google/type/color.proto"
    "google/type/date.proto"
    "google/type/datetime.proto"
    "google/type/dayofweek.proto"
    "google/type/decimal.proto"
    "google/type/expr.proto"
    "google/type/fraction.proto"
    "google/type/interval.proto"
    "google/type/latlng.proto"
    "google/type/localized_text.proto"
    "google/type/money.proto"
    "google/type/month.proto"
    "google/type/phone_number.proto"
    "google/type/postal_address.proto"
    "google/type/quaternion.proto"
    "google/type/timeofday.proto"
};

/// The text of the bundled file with the import path `name`, such as `google/api/annotations.proto`.
pub(crate) fn source(name: &str) -> Option<&'static str> {
    let at = FILES.binary_search_by_key(&name, |(name, _)| name).ok()?;
    Some(FILES[at].1)
}

/// The import paths of all bundled files, sorted.
pub(crate) fn names() -> impl ExactSizeIterator<Item = &'static str> {
    FILES.iter().map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver};

    use super::*;

    #[test]
    fn every_file_parses_and_imports_only_what_is_bundled() {
        for name in names() {
            let file = protox_parse::parse(name, source(name).unwrap()).unwrap();
            for import in &file.dependency {
                assert!(
                    import.starts_with("google/protobuf/") || source(import).is_some(),
                    "{name} imports {import}, which is not bundled"
                );
            }
        }
    }

    #[test]
    fn the_files_link_and_their_options_can_be_set() {
        const OPTIONS: &str = r#"
            syntax = "proto3";
            import "buf/validate/validate.proto";
            import "google/api/annotations.proto";
            import "google/api/field_behavior.proto";
            import "protogate/contract/v1/contract.proto";
            service S {
                option (protogate.contract.v1.service) = {};
                rpc Get(M) returns (stream M) {
                    option (google.api.http) = {get: "/m/{id=*}"};
                    option (protogate.contract.v1.method) = {skip: true, end: SERVER_ENDS};
                }
            }
            message M {
                string id = 1 [
                    (buf.validate.field).string = {min_len: 1, pattern: "^a"},
                    (google.api.field_behavior) = REQUIRED,
                    (protogate.contract.v1.field) = {}
                ];
            }
        "#;
        let mut resolver = ChainFileResolver::new();
        resolver.add(GoogleFileResolver::new());
        resolver.add(Texts);
        let mut compiler = protox::Compiler::with_file_resolver(resolver);
        compiler.open_files(names().chain(["options.proto"])).unwrap();

        struct Texts;
        impl FileResolver for Texts {
            fn open_file(&self, name: &str) -> Result<File, protox::Error> {
                let text = if name == "options.proto" { Some(OPTIONS) } else { source(name) };
                File::from_source(name, text.ok_or_else(|| protox::Error::file_not_found(name))?)
            }
        }
    }

    #[test]
    fn the_package_of_a_file_is_its_folder() {
        for name in names() {
            let file = protox_parse::parse(name, source(name).unwrap()).unwrap();
            let folder = Path::new(name).parent().unwrap().to_str().unwrap();
            assert_eq!(file.package().replace('.', "/"), folder, "{name}");
        }
    }

    #[test]
    fn the_table_is_sorted_and_lists_the_folder() {
        let listed: Vec<_> = names().map(String::from).collect();
        assert!(listed.is_sorted_by(|a, b| a < b), "not sorted, or a name twice");

        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/schema/bundled");
        let mut found = vec![CONTRACT.0.to_owned()];
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "proto") {
                    let name = path.strip_prefix(&root).unwrap().to_str().unwrap();
                    found.push(name.replace('\\', "/"));
                }
            }
        }
        found.sort();
        assert_eq!(listed, found);
    }

    #[test]
    fn a_name_that_is_not_bundled_has_no_source() {
        for name in ["", "google/api", "google/api/http.prot", "google/protobuf/any.proto", "zzz.proto"] {
            assert_eq!(source(name), None, "{name}");
        }
    }
}
