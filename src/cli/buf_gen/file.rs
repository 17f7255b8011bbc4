//! `buf.gen.yaml`, versions v1beta1, v1 and v2, as it is written.

use std::collections::HashMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_saphyr::Spanned;

/// A word or a list of them.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Words {
    One(String),
    Many(Vec<String>),
}

impl Words {
    pub fn list(self) -> Vec<String> {
        match self {
            Words::One(word) => vec![word],
            Words::Many(words) => words,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct V2 {
    #[serde(rename = "version")]
    _version: IgnoredAny,
    /// Files that are no longer made go in any case, and nobody else's do.
    #[serde(rename = "clean")]
    _clean: Option<bool>,
    pub managed: Option<ManagedV2>,
    #[serde(default)]
    pub plugins: Vec<Spanned<PluginV2>>,
    pub inputs: Option<Vec<Spanned<InputV2>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PluginV2 {
    pub remote: Option<String>,
    #[serde(rename = "revision")]
    _revision: Option<IgnoredAny>,
    pub local: Option<Words>,
    pub protoc_builtin: Option<String>,
    pub protoc_path: Option<Words>,
    pub out: String,
    pub opt: Option<Words>,
    #[serde(default)]
    pub include_imports: bool,
    #[serde(default)]
    pub include_wkt: bool,
    pub strategy: Option<Strategy>,
    #[serde(default)]
    pub types: Vec<String>,
    #[serde(default)]
    pub exclude_types: Vec<String>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Strategy {
    Directory,
    All,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManagedV2 {
    #[serde(default)]
    pub enabled: bool,
    #[serde(default)]
    pub disable: Vec<Spanned<RuleV2>>,
    #[serde(default)]
    pub r#override: Vec<Spanned<RuleV2>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleV2 {
    pub file_option: Option<String>,
    pub field_option: Option<String>,
    pub field: Option<String>,
    pub module: Option<String>,
    pub path: Option<String>,
    pub value: Option<Scalar>,
}

/// The value of an option.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Scalar {
    Bool(bool),
    Text(String),
}

impl Scalar {
    pub fn text(self) -> String {
        match self {
            Scalar::Bool(value) => value.to_string(),
            Scalar::Text(value) => value,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputV2 {
    pub directory: Option<String>,
    pub proto_file: Option<String>,
    #[serde(rename = "include_package_files")]
    _include_package_files: Option<bool>,
    pub git_repo: Option<String>,
    pub branch: Option<String>,
    pub commit: Option<String>,
    pub tag: Option<String>,
    pub r#ref: Option<String>,
    #[serde(rename = "depth")]
    _depth: Option<IgnoredAny>,
    #[serde(rename = "recurse_submodules")]
    _recurse_submodules: Option<IgnoredAny>,
    pub subdir: Option<String>,
    pub strip_components: Option<u32>,
    #[serde(rename = "compression")]
    _compression: Option<String>,
    pub tarball: Option<String>,
    pub zip_archive: Option<String>,
    pub binary_image: Option<String>,
    pub json_image: Option<String>,
    pub text_image: Option<String>,
    pub yaml_image: Option<String>,
    pub module: Option<String>,
    #[serde(default)]
    pub types: Vec<String>,
    #[serde(default)]
    pub exclude_types: Vec<String>,
    #[serde(default)]
    pub paths: Vec<String>,
    #[serde(default)]
    pub exclude_paths: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct V1 {
    #[serde(rename = "version")]
    _version: IgnoredAny,
    pub managed: Option<ManagedV1>,
    #[serde(default)]
    pub plugins: Vec<Spanned<PluginV1>>,
    pub types: Option<TypesV1>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypesV1 {
    #[serde(default)]
    pub include: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PluginV1 {
    pub plugin: Option<String>,
    pub name: Option<String>,
    pub remote: Option<String>,
    #[serde(rename = "revision")]
    _revision: Option<IgnoredAny>,
    pub out: String,
    pub opt: Option<Words>,
    pub path: Option<Words>,
    pub protoc_path: Option<Words>,
    pub strategy: Option<Strategy>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManagedV1 {
    #[serde(default)]
    pub enabled: bool,
    pub cc_enable_arenas: Option<bool>,
    pub java_multiple_files: Option<bool>,
    pub java_string_check_utf8: Option<bool>,
    pub java_package_prefix: Option<PerModule>,
    pub optimize_for: Option<PerModule>,
    pub go_package_prefix: Option<PerModule>,
    pub objc_class_prefix: Option<PerModule>,
    pub csharp_namespace: Option<PerModule>,
    pub ruby_package: Option<PerModule>,
    /// By the name of an option in capitals, then by file.
    #[serde(default)]
    pub r#override: HashMap<Spanned<String>, HashMap<String, Scalar>>,
}

/// A value for all, and what is different for modules.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum PerModule {
    All(String),
    Each {
        default: Option<String>,
        #[serde(default)]
        except: Vec<String>,
        #[serde(default)]
        r#override: HashMap<String, String>,
    },
}
