//! The `managed` block of a `buf.gen.yaml`.

use std::collections::HashMap;

use prost_types::field_options::JsType;

use super::file::{ManagedV1, ManagedV2, PerModule, RuleV2};
use crate::cli::config::CONFIG;
use crate::cli::paths::normal;
use crate::cli::yaml::Yaml;
use crate::codegen::plugin::{FileOption, Managed, Scope};
use crate::diag::{Diagnostic, Place};
use crate::schema::nearest;

/// Nothing where it is not enabled.
pub fn v2(block: ManagedV2, yaml: &Yaml) -> Result<Option<Managed>, Diagnostic> {
    let mut managed = Managed::default();
    for rule in block.disable {
        let place = yaml.place(rule.referenced);
        let Rule { scope, about } = checked_rule(&rule.value, &place)?;
        match about {
            About::File(option) => managed.disabled.push((scope, Some(option))),
            About::Fields(field) => managed.fields.disabled.push((scope, field)),
            // A rule that names a field and no option is about every option of the files as well: so does buf 1.75.
            About::Any(field) => {
                managed.fields.disabled.push((scope.clone(), field));
                managed.disabled.push((scope, None));
            }
        }
    }
    for rule in block.r#override {
        let place = yaml.place(rule.referenced);
        let Rule { scope, about } = checked_rule(&rule.value, &place)?;
        match (about, rule.value.value) {
            (About::File(option), Some(value)) => {
                managed.overridden.push((scope, option, checked(option, value.text(), place)?));
            }
            (About::Fields(field), Some(value)) => {
                managed.fields.overridden.push((scope, field, js_type(&value.text(), place)?));
            }
            _ => {
                let said = "an override is a `file_option` or a `field_option`, and its `value`";
                return Err(Diagnostic::failure(&CONFIG, said).at(place).help("write both"));
            }
        }
    }
    Ok(block.enabled.then_some(managed))
}

/// A rule about options, without its value.
struct Rule {
    scope: Scope,
    about: About,
}

/// What it is about.
enum About {
    File(FileOption),
    /// The one option of fields: of one, or of all.
    Fields(Option<String>),
    /// No option is named: of one field, or of all.
    Any(Option<String>),
}

fn checked_rule(rule: &RuleV2, place: &Place) -> Result<Rule, Diagnostic> {
    let about = match (&rule.file_option, &rule.field_option, &rule.field) {
        (Some(name), None, None) => About::File(named(name, place)?),
        (None, Some(name), field) if name == "jstype" => About::Fields(field.clone()),
        (None, None, field) => About::Any(field.clone()),
        (None, Some(name), _) => {
            let said = format!("`{name}` is no option of a field that is managed");
            return Err(Diagnostic::failure(&CONFIG, said).at(place.clone()).help("there is `jstype`"));
        }
        (Some(_), ..) => {
            let said = "a rule is about options of files or of fields, and not of both";
            return Err(Diagnostic::failure(&CONFIG, said).at(place.clone()).help("write two rules"));
        }
    };
    let path = rule.path.as_deref().map_or(Some(String::new()), normal);
    let path = path.ok_or_else(|| {
        Diagnostic::failure(&CONFIG, "a path is relative to the module, as imports have it").at(place.clone())
    })?;
    Ok(Rule { scope: Scope { path, module: rule.module.clone() }, about })
}

fn js_type(value: &str, place: Place) -> Result<JsType, Diagnostic> {
    JsType::from_str_name(value).ok_or_else(|| {
        Diagnostic::failure(&CONFIG, format!("`{value}` is no value of this option"))
            .at(place)
            .help("write JS_NORMAL, JS_STRING or JS_NUMBER")
    })
}

fn named(name: &str, place: &Place) -> Result<FileOption, Diagnostic> {
    FileOption::named(name).ok_or_else(|| {
        let help = match nearest(name, FileOption::ALL.iter().map(|(name, _)| *name)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                "buf's documentation lists them: https://buf.build/docs/generate/managed-mode/".to_owned()
            }
        };
        Diagnostic::failure(&CONFIG, format!("`{name}` is no option of a file")).at(place.clone()).help(help)
    })
}

fn checked(option: FileOption, value: String, place: Place) -> Result<String, Diagnostic> {
    let wanted = match option {
        it if it.is_bool() && !["true", "false"].contains(&value.as_str()) => "true or false",
        FileOption::OptimizeFor if !["SPEED", "CODE_SIZE", "LITE_RUNTIME"].contains(&value.as_str()) => {
            "SPEED, CODE_SIZE or LITE_RUNTIME"
        }
        _ => return Ok(value),
    };
    Err(Diagnostic::failure(&CONFIG, format!("`{value}` is no value of this option"))
        .at(place)
        .help(format!("write {wanted}")))
}

/// The same in the words of v1, which has a key for each option.
pub fn v1(block: ManagedV1, yaml: &Yaml) -> Result<Option<Managed>, Diagnostic> {
    let mut managed = Managed::default();
    let flags = [
        (FileOption::CcEnableArenas, block.cc_enable_arenas),
        (FileOption::JavaMultipleFiles, block.java_multiple_files),
        (FileOption::JavaStringCheckUtf8, block.java_string_check_utf8),
    ];
    for (option, value) in flags {
        let value = value.map(|value| (Scope::default(), option, value.to_string()));
        managed.overridden.extend(value);
    }
    let texts = [
        (FileOption::JavaPackagePrefix, block.java_package_prefix),
        (FileOption::OptimizeFor, block.optimize_for),
        (FileOption::GoPackagePrefix, block.go_package_prefix),
        (FileOption::ObjcClassPrefix, block.objc_class_prefix),
        (FileOption::CsharpNamespace, block.csharp_namespace),
        (FileOption::RubyPackage, block.ruby_package),
    ];
    for (option, value) in texts {
        let (default, except, each) = match value {
            None => continue,
            Some(PerModule::All(default)) => (Some(default), Vec::new(), HashMap::new()),
            Some(PerModule::Each { default, except, r#override }) => (default, except, r#override),
        };
        let of = |module: String| Scope { path: String::new(), module: Some(module) };
        // What is made with a prefix stays as it is where the prefix is taken away.
        let whole = match option {
            FileOption::JavaPackagePrefix => FileOption::JavaPackage,
            FileOption::GoPackagePrefix => FileOption::GoPackage,
            option => option,
        };
        managed.disabled.extend(except.into_iter().map(|module| (of(module), Some(whole))));
        managed.overridden.extend(default.map(|value| (Scope::default(), option, value)));
        managed.overridden.extend(each.into_iter().map(|(module, value)| (of(module), option, value)));
    }
    for (name, files) in block.r#override {
        let place = yaml.place(name.referenced);
        let option = named(&name.value.to_lowercase(), &place)?;
        for (path, value) in files {
            let scope = Scope { path, module: None };
            managed.overridden.push((scope, option, checked(option, value.text(), place.clone())?));
        }
    }
    Ok(block.enabled.then_some(managed))
}
