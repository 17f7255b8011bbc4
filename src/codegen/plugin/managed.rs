//! buf's managed mode: options that `buf.gen.yaml` decides about, so that no schema has to know the languages that
//! code is made for. The values are those of buf 1.75 (`bufimagemodify`), which `tests/it/buf_gen.rs` asks.

use prost::Message;
use prost_types::FileDescriptorProto;
use prost_types::FileOptions;
use prost_types::file_options::OptimizeMode;

use super::fields::FieldRules;
use super::names;

/// What can be decided about, by the name that `buf.gen.yaml` has for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(
    missing_docs,
    reason = "the options of descriptor.proto, and the parts that buf makes their values of"
)]
pub enum FileOption {
    JavaPackage,
    JavaPackagePrefix,
    JavaPackageSuffix,
    JavaMultipleFiles,
    JavaOuterClassname,
    JavaStringCheckUtf8,
    OptimizeFor,
    GoPackage,
    GoPackagePrefix,
    ObjcClassPrefix,
    CsharpNamespace,
    CsharpNamespacePrefix,
    PhpNamespace,
    PhpMetadataNamespace,
    PhpMetadataNamespaceSuffix,
    RubyPackage,
    RubyPackageSuffix,
    CcEnableArenas,
    SwiftPrefix,
}

use FileOption as O;

impl FileOption {
    /// All, by name.
    pub const ALL: [(&'static str, FileOption); 19] = [
        ("java_package", O::JavaPackage),
        ("java_package_prefix", O::JavaPackagePrefix),
        ("java_package_suffix", O::JavaPackageSuffix),
        ("java_multiple_files", O::JavaMultipleFiles),
        ("java_outer_classname", O::JavaOuterClassname),
        ("java_string_check_utf8", O::JavaStringCheckUtf8),
        ("optimize_for", O::OptimizeFor),
        ("go_package", O::GoPackage),
        ("go_package_prefix", O::GoPackagePrefix),
        ("objc_class_prefix", O::ObjcClassPrefix),
        ("csharp_namespace", O::CsharpNamespace),
        ("csharp_namespace_prefix", O::CsharpNamespacePrefix),
        ("php_namespace", O::PhpNamespace),
        ("php_metadata_namespace", O::PhpMetadataNamespace),
        ("php_metadata_namespace_suffix", O::PhpMetadataNamespaceSuffix),
        ("ruby_package", O::RubyPackage),
        ("ruby_package_suffix", O::RubyPackageSuffix),
        ("cc_enable_arenas", O::CcEnableArenas),
        ("swift_prefix", O::SwiftPrefix),
    ];

    /// The one of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<FileOption> {
        FileOption::ALL.iter().find(|(known, _)| *known == name).map(|(_, option)| *option)
    }

    /// Whether its value is true or false.
    #[must_use]
    pub fn is_bool(self) -> bool {
        matches!(self, O::JavaMultipleFiles | O::JavaStringCheckUtf8 | O::CcEnableArenas)
    }
}

/// Which files a rule is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// A file or a folder, as imports name it; empty for any.
    pub path: String,
    /// A module of buf's registry, such as `buf.build/googleapis/googleapis`.
    pub module: Option<String>,
}

impl Scope {
    pub(super) fn has(&self, file: &str, module: Option<&str>) -> bool {
        crate::schema::is_at_or_below(file, &self.path)
            && self.module.as_deref().is_none_or(|wanted| module == Some(wanted))
    }
}

/// What the values of options are.
#[derive(Debug, Clone, Default)]
pub struct Managed {
    /// Options that stay as the schema has them; of no option: all.
    pub disabled: Vec<(Scope, Option<FileOption>)>,
    /// Values; a later one wins. Those of options that are true or false are written so.
    pub overridden: Vec<(Scope, FileOption, String)>,
    /// The same of fields.
    pub fields: FieldRules,
}

/// How the value of an option is made: as it is given, or from the name of the package and what stands around it.
#[derive(Default)]
struct Recipe {
    value: String,
    prefix: String,
    suffix: String,
}

/// One file whose options are decided about.
struct Subject<'a> {
    managed: &'a Managed,
    path: &'a str,
    module: Option<&'a str>,
}

impl Managed {
    /// An encoded `FileDescriptorProto` with the options that are decided about.
    #[must_use]
    pub fn amended(&self, path: &str, package: &str, module: Option<&str>, encoded: Vec<u8>) -> Vec<u8> {
        // buf leaves those that come with every runtime as they are.
        if path.starts_with("google/protobuf/") {
            return encoded;
        }
        let mut encoded = self.fields.apply(encoded, path, module);
        encoded.extend(self.amendment(path, package, module));
        encoded
    }

    /// What has to follow an encoded `FileDescriptorProto` for its options to be as they are decided: a message may be
    /// encoded in parts, of which the last says what counts, so that nothing of the others has to be understood.
    fn amendment(&self, path: &str, package: &str, module: Option<&str>) -> Vec<u8> {
        let file = Subject { managed: self, path, module };
        let nothing = |_: &Recipe| String::new();
        let options = FileOptions {
            java_package: file.made(
                O::JavaPackage,
                (Some(O::JavaPackagePrefix), Some(O::JavaPackageSuffix)),
                Recipe { prefix: "com".to_owned(), ..Recipe::default() },
                |it| names::around(&it.prefix, package, &it.suffix, "."),
            ),
            java_multiple_files: file.flag(O::JavaMultipleFiles).or(file.unless_off(O::JavaMultipleFiles)),
            java_outer_classname: file.made(
                O::JavaOuterClassname,
                (None, None),
                Recipe { value: names::java_outer_classname(path), ..Recipe::default() },
                nothing,
            ),
            java_string_check_utf8: file.flag(O::JavaStringCheckUtf8),
            optimize_for: file
                .last(O::OptimizeFor)
                .and_then(OptimizeMode::from_str_name)
                .map(|mode| mode as i32),
            go_package: file.made(O::GoPackage, (Some(O::GoPackagePrefix), None), Recipe::default(), |it| {
                names::go_package(&it.prefix, path, package)
            }),
            objc_class_prefix: file.made(
                O::ObjcClassPrefix,
                (None, None),
                Recipe { value: names::objc_class_prefix(package), ..Recipe::default() },
                nothing,
            ),
            csharp_namespace: file.made(
                O::CsharpNamespace,
                (Some(O::CsharpNamespacePrefix), None),
                Recipe { value: names::pascal_parts(package, "."), ..Recipe::default() },
                |it| names::around(&it.prefix, &names::pascal_parts(package, "."), "", "."),
            ),
            php_namespace: file.made(
                O::PhpNamespace,
                (None, None),
                Recipe { value: names::php_namespace(package), ..Recipe::default() },
                nothing,
            ),
            php_metadata_namespace: file.made(
                O::PhpMetadataNamespace,
                (None, Some(O::PhpMetadataNamespaceSuffix)),
                Recipe { value: names::php_metadata_namespace(package, "GPBMetadata"), ..Recipe::default() },
                |it| names::php_metadata_namespace(package, &it.suffix),
            ),
            ruby_package: file.made(
                O::RubyPackage,
                (None, Some(O::RubyPackageSuffix)),
                Recipe { value: names::pascal_parts(package, "::"), ..Recipe::default() },
                |it| names::around("", &names::pascal_parts(package, "::"), &it.suffix, "::"),
            ),
            cc_enable_arenas: file.flag(O::CcEnableArenas),
            swift_prefix: file.last(O::SwiftPrefix).map(str::to_owned),
            ..FileOptions::default()
        };
        if options == FileOptions::default() {
            return Vec::new();
        }
        FileDescriptorProto { options: Some(options), ..FileDescriptorProto::default() }.encode_to_vec()
    }
}

impl Subject<'_> {
    fn is_off(&self, option: FileOption) -> bool {
        let is_about = |of: &Option<FileOption>| of.is_none_or(|of| of == option);
        let mut rules = self.managed.disabled.iter();
        rules.any(|(scope, of)| is_about(of) && scope.has(self.path, self.module))
    }

    /// The values that are given for an option, or for one of those it is made from.
    fn given(&self) -> impl Iterator<Item = (FileOption, &str)> {
        let here = |it: &&(Scope, FileOption, String)| it.0.has(self.path, self.module);
        self.managed.overridden.iter().filter(here).map(|(_, option, value)| (*option, value.as_str()))
    }

    fn last(&self, option: FileOption) -> Option<&str> {
        let value = self.given().filter(|(of, _)| *of == option).last().map(|(_, value)| value);
        value.filter(|_| !self.is_off(option))
    }

    fn flag(&self, option: FileOption) -> Option<bool> {
        self.last(option).map(|value| value == "true")
    }

    fn unless_off(&self, option: FileOption) -> Option<bool> {
        (!self.is_off(option)).then_some(true)
    }

    fn made(
        &self,
        option: FileOption,
        (prefix, suffix): (Option<FileOption>, Option<FileOption>),
        mut recipe: Recipe,
        value: impl Fn(&Recipe) -> String,
    ) -> Option<String> {
        if self.is_off(option) {
            return None;
        }
        let is_on = |part: &Option<FileOption>| part.is_some_and(|part| !self.is_off(part));
        let (takes_prefix, takes_suffix) = (is_on(&prefix), is_on(&suffix));
        if !takes_prefix {
            recipe.prefix.clear();
        }
        if !takes_suffix {
            recipe.suffix.clear();
        }
        for (of, given) in self.given() {
            if of == option {
                recipe = Recipe { value: given.to_owned(), ..Recipe::default() };
            } else if takes_prefix && Some(of) == prefix {
                recipe = Recipe { value: String::new(), prefix: given.to_owned(), ..recipe };
            } else if takes_suffix && Some(of) == suffix {
                recipe = Recipe { value: String::new(), suffix: given.to_owned(), ..recipe };
            }
        }
        if recipe.value.is_empty() && (!recipe.prefix.is_empty() || !recipe.suffix.is_empty()) {
            recipe.value = value(&recipe);
        }
        Some(recipe.value).filter(|value| !value.is_empty())
    }
}
