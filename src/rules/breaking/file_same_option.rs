//! FILE_SAME_GO_PACKAGE and its fifteen siblings: one question about sixteen options.

use prost_types::FileOptions;
use prost_types::file_options::OptimizeMode;

use super::category::Category::{File, Package};
use super::element::Spot;
use super::findings::Findings;
use super::rule::{Check, Example, Rule, info};

/// A changed option, its values as they are written.
struct Changed {
    name: &'static str,
    was: String,
    is: String,
}

impl Changed {
    fn say(&self, old: Spot, new: Spot, findings: &mut Findings) {
        let Changed { name, was, is } = self;
        findings
            .add(new, format!("file option `{name}` changed from `{was}` to `{is}`"))
            .was(old, format!("it was `{was}` here"))
            .help(format!("write `option {name} = {was};`"));
    }
}

trait Written {
    fn written(&self) -> String;
}

impl Written for bool {
    fn written(&self) -> String {
        self.to_string()
    }
}

impl Written for str {
    fn written(&self) -> String {
        format!("{self:?}")
    }
}

impl Written for OptimizeMode {
    fn written(&self) -> String {
        self.as_str_name().to_owned()
    }
}

macro_rules! options {
    ($($NAME:ident: $id:literal, $option:ident, $number:literal, $language:literal, $old:literal, $new:literal;)*) => {
        $(
            pub static $NAME: Rule = Rule {
                info: info(
                    $id,
                    concat!("A file keeps its option `", stringify!($option), "`."),
                    concat!(
                        "It decides what code generated for ", $language, " looks like or is called. An option \
                         that is not written has its default value, and writing that is no change. A team without ",
                        $language, " code leaves this rule out."
                    ),
                ),
                categories: &[File, Package],
                check: Check::FilePair(|old, new, findings| {
                    let unset = FileOptions::default();
                    let was = old.file_descriptor_proto().options.as_ref().unwrap_or(&unset).$option();
                    let is = new.file_descriptor_proto().options.as_ref().unwrap_or(&unset).$option();
                    if was != is {
                        let option = Changed { name: stringify!($option), was: was.written(), is: is.written() };
                        option.say(Spot::part(old, &[8, $number]), Spot::part(new, &[8, $number]), findings);
                    }
                }),
                example: Example {
                    old: &[("a.proto", concat!("syntax = \"proto3\";\noption ", stringify!($option), " = ", $old, ";\n"))],
                    new: &[("a.proto", concat!("syntax = \"proto3\";\noption ", stringify!($option), " = ", $new, ";\n"))],
                },
            };
        )*
    };
}

options! {
    CC_ENABLE_ARENAS: "FILE_SAME_CC_ENABLE_ARENAS", cc_enable_arenas, 31, "C++", "true", "false";
    CC_GENERIC_SERVICES: "FILE_SAME_CC_GENERIC_SERVICES", cc_generic_services, 16, "C++", "true", "false";
    CSHARP_NAMESPACE: "FILE_SAME_CSHARP_NAMESPACE", csharp_namespace, 37, "C#", "\"a\"", "\"b\"";
    GO_PACKAGE: "FILE_SAME_GO_PACKAGE", go_package, 11, "Go", "\"a\"", "\"b\"";
    JAVA_GENERIC_SERVICES: "FILE_SAME_JAVA_GENERIC_SERVICES", java_generic_services, 17, "Java", "true", "false";
    JAVA_MULTIPLE_FILES: "FILE_SAME_JAVA_MULTIPLE_FILES", java_multiple_files, 10, "Java", "true", "false";
    JAVA_OUTER_CLASSNAME: "FILE_SAME_JAVA_OUTER_CLASSNAME", java_outer_classname, 8, "Java", "\"a\"", "\"b\"";
    JAVA_PACKAGE: "FILE_SAME_JAVA_PACKAGE", java_package, 1, "Java", "\"a\"", "\"b\"";
    OBJC_CLASS_PREFIX: "FILE_SAME_OBJC_CLASS_PREFIX", objc_class_prefix, 36, "Objective-C", "\"a\"", "\"b\"";
    OPTIMIZE_FOR: "FILE_SAME_OPTIMIZE_FOR", optimize_for, 9, "C++ and Java", "SPEED", "CODE_SIZE";
    PHP_CLASS_PREFIX: "FILE_SAME_PHP_CLASS_PREFIX", php_class_prefix, 40, "PHP", "\"a\"", "\"b\"";
    PHP_METADATA_NAMESPACE: "FILE_SAME_PHP_METADATA_NAMESPACE", php_metadata_namespace, 44, "PHP", "\"a\"", "\"b\"";
    PHP_NAMESPACE: "FILE_SAME_PHP_NAMESPACE", php_namespace, 41, "PHP", "\"a\"", "\"b\"";
    PY_GENERIC_SERVICES: "FILE_SAME_PY_GENERIC_SERVICES", py_generic_services, 18, "Python", "true", "false";
    RUBY_PACKAGE: "FILE_SAME_RUBY_PACKAGE", ruby_package, 45, "Ruby", "\"a\"", "\"b\"";
    SWIFT_PREFIX: "FILE_SAME_SWIFT_PREFIX", swift_prefix, 39, "Swift", "\"a\"", "\"b\"";
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;

    #[test]
    fn values_count_and_not_whether_they_are_written() {
        says(
            &super::GO_PACKAGE,
            "option go_package = \"a\";",
            "option go_package = \"b\";",
            &[
                "2:1-2:25: file option `go_package` changed from `\"a\"` to `\"b\"`; 2:1-2:25: it was `\"a\"` here",
            ],
        );
        says(
            &super::OPTIMIZE_FOR,
            "option optimize_for = LITE_RUNTIME;",
            "",
            &["a.proto: file option `optimize_for` changed from `LITE_RUNTIME` to `SPEED`; \
               2:1-2:36: it was `LITE_RUNTIME` here"],
        );
        says(&super::OPTIMIZE_FOR, "", "option optimize_for = SPEED;", &[]);
        says(&super::CC_ENABLE_ARENAS, "", "option cc_enable_arenas = true;", &[]);
    }
}
