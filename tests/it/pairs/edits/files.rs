//! Edits of files, their packages, their syntax and their options.

use super::super::draw::file_option;
use super::super::schema::Syntax;
use super::{Edit, fresh, with_file};

pub const EDITS: &[Edit] = &[
    Edit {
        name: "delete a file",
        rules: &["FILE_NO_DELETE", "PACKAGE_NO_DELETE", "PACKAGE_SERVICE_NO_DELETE"],
        apply: |schema, dice| {
            with_file(schema, dice, |schema, file, _| {
                if schema.files.len() > 1 {
                    schema.files.remove(file);
                }
            });
        },
    },
    Edit {
        name: "rename a file",
        rules: &["FILE_NO_DELETE"],
        apply: |schema, dice| {
            with_file(schema, dice, |schema, file, dice| {
                schema.files[file].path = format!("{}.proto", fresh("n", dice));
            });
        },
    },
    Edit {
        name: "empty a file",
        rules: &["MESSAGE_NO_DELETE", "ENUM_NO_DELETE", "EXTENSION_NO_DELETE", "SERVICE_NO_DELETE"],
        apply: |schema, dice| {
            with_file(schema, dice, |schema, file, _| {
                schema.files[file].scope = Default::default();
                schema.files[file].services.clear();
            });
        },
    },
    Edit {
        name: "another package",
        rules: &["FILE_SAME_PACKAGE", "PACKAGE_NO_DELETE"],
        apply: |schema, dice| {
            with_file(schema, dice, |schema, file, dice| {
                let package = dice.of(&["p", "q", "r", "p.v1", ""]).to_owned();
                let types: Vec<String> =
                    schema.types().into_iter().filter(|it| it.1.0 == file).map(|it| it.0).collect();
                let old = std::mem::replace(&mut schema.files[file].package, package.clone());
                for name in types {
                    let inside = if old.is_empty() { name.as_str() } else { &name[old.len() + 1..] };
                    schema.rename(&name, &super::super::schema::join(&package, inside));
                }
            });
        },
    },
    Edit {
        name: "another syntax",
        rules: &[
            "FILE_SAME_SYNTAX",
            "ENUM_SAME_TYPE",
            "ENUM_SAME_JSON_FORMAT",
            "MESSAGE_SAME_JSON_FORMAT",
            "FIELD_SAME_UTF8_VALIDATION",
            "FIELD_SAME_JAVA_UTF8_VALIDATION",
        ],
        apply: |schema, dice| {
            with_file(schema, dice, |schema, file, dice| {
                schema.files[file].syntax = dice.of(&[Syntax::Unsaid, Syntax::Proto2, Syntax::Proto3]);
            });
        },
    },
    Edit {
        name: "set a file option",
        rules: FILE_OPTIONS,
        apply: |schema, dice| {
            with_file(schema, dice, |schema, file, dice| {
                let (name, value) = file_option(dice);
                schema.files[file].options.insert(name, value);
            });
        },
    },
    Edit {
        name: "set a few file options",
        rules: FILE_OPTIONS,
        apply: |schema, dice| {
            with_file(schema, dice, |schema, file, dice| {
                let options = (0..5).map(|_| file_option(dice));
                schema.files[file].options.extend(options);
            });
        },
    },
    Edit {
        name: "drop the file options",
        rules: FILE_OPTIONS,
        apply: |schema, dice| with_file(schema, dice, |schema, file, _| schema.files[file].options.clear()),
    },
];

const FILE_OPTIONS: &[&str] = &[
    "FILE_SAME_CC_ENABLE_ARENAS",
    "FILE_SAME_CC_GENERIC_SERVICES",
    "FILE_SAME_CSHARP_NAMESPACE",
    "FILE_SAME_GO_PACKAGE",
    "FILE_SAME_JAVA_GENERIC_SERVICES",
    "FILE_SAME_JAVA_MULTIPLE_FILES",
    "FILE_SAME_JAVA_OUTER_CLASSNAME",
    "FILE_SAME_JAVA_PACKAGE",
    "FILE_SAME_OBJC_CLASS_PREFIX",
    "FILE_SAME_OPTIMIZE_FOR",
    "FILE_SAME_PHP_CLASS_PREFIX",
    "FILE_SAME_PHP_METADATA_NAMESPACE",
    "FILE_SAME_PHP_NAMESPACE",
    "FILE_SAME_PY_GENERIC_SERVICES",
    "FILE_SAME_RUBY_PACKAGE",
    "FILE_SAME_SWIFT_PREFIX",
    "FIELD_SAME_JAVA_UTF8_VALIDATION",
];
