//! Names of packages in other languages, as buf's managed mode makes them.

/// A name and what is put before and behind it, where there is a name.
pub fn around(prefix: &str, name: &str, suffix: &str, between: &str) -> String {
    if name.is_empty() { String::new() } else { joined(&[prefix, name, suffix], between) }
}

fn joined(parts: &[&str], between: &str) -> String {
    parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(between)
}

/// `foo_bar.v1` is `FooBar.V1`.
pub fn pascal_parts(package: &str, between: &str) -> String {
    package.split('.').map(pascal).collect::<Vec<_>>().join(between)
}

/// The name of the file as a class: `user_service.proto` is `UserServiceProto`.
pub fn java_outer_classname(path: &str) -> String {
    pascal(path.rsplit('/').next().unwrap_or(path))
}

/// The folder of the file below `prefix`; of a package with a version also the name that Go code uses.
pub fn go_package(prefix: &str, path: &str, package: &str) -> String {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut import = joined(&[prefix.trim_end_matches('/'), folder], "/");
    let parts: Vec<&str> = package.split('.').collect();
    if let [.., name, version] = parts.as_slice()
        && is_version(version)
    {
        import.push_str(&format!(";{name}{version}"));
    }
    import
}

/// The initials of the package without its version, at least three letters.
pub fn objc_class_prefix(package: &str) -> String {
    if package.is_empty() {
        return String::new();
    }
    let parts: Vec<&str> = package.split('.').collect();
    let named = match parts.as_slice() {
        [named @ .., version] if is_version(version) => named,
        all => all,
    };
    let mut prefix: String = named.iter().filter_map(|part| part.chars().next()).collect();
    prefix.make_ascii_uppercase();
    while prefix.len() < 3 {
        prefix.push('X');
    }
    // That one is protobuf's own.
    if prefix == "GPB" { "GPX".to_owned() } else { prefix }
}

/// `foo_bar.v1` is `FooBar\V1`; a word of the language gets an underscore.
pub fn php_namespace(package: &str) -> String {
    let part = |part: &str| {
        let name = pascal(part);
        let is_reserved = PHP_WORDS.contains(&part.to_lowercase().as_str());
        if is_reserved { name + "_" } else { name }
    };
    package.split('.').map(part).collect::<Vec<_>>().join("\\")
}

/// The same with a part behind it.
pub fn php_metadata_namespace(package: &str, suffix: &str) -> String {
    around("", &php_namespace(package), suffix, "\\")
}

fn pascal(name: &str) -> String {
    let is_between = |c: char| matches!(c, '.' | '-' | '_' | ' ' | '\t' | '\n' | '\r');
    let (mut made, mut begins) = (String::with_capacity(name.len()), true);
    for c in name.chars() {
        if !is_between(c) {
            let keeps = begins || c.is_ascii_uppercase();
            made.push(if keeps { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() });
        }
        begins = is_between(c);
    }
    made
}

/// `v1`, `v1beta1`, `v1p1alpha2`, `v1test`, `v1testfoo`: the last part of a package, as buf's `protoversion` reads it.
fn is_version(part: &str) -> bool {
    let Some(rest) = part.strip_prefix('v') else { return false };
    let is_number =
        |text: &str| text.parse::<u32>().is_ok_and(|number| number > 0) && !text.starts_with(['0', '+']);
    if is_number(rest) {
        return true;
    }
    if let Some((major, _)) = rest.split_once("test") {
        return is_number(major);
    }
    for stability in ["alpha", "beta"] {
        let Some((version, minor)) = rest.split_once(stability) else { continue };
        let is_first = match version.split_once('p') {
            Some((major, patch)) => is_number(major) && is_number(patch),
            None => is_number(version),
        };
        return is_first && (minor.is_empty() || is_number(minor));
    }
    false
}

/// The words that no namespace of PHP may be (<https://www.php.net/manual/en/reserved.keywords.php>).
const PHP_WORDS: [&str; 79] = [
    "__halt_compiler",
    "abstract",
    "and",
    "array",
    "as",
    "break",
    "callable",
    "case",
    "catch",
    "class",
    "clone",
    "const",
    "continue",
    "declare",
    "default",
    "die",
    "do",
    "echo",
    "else",
    "elseif",
    "empty",
    "enddeclare",
    "endfor",
    "endforeach",
    "endif",
    "endswitch",
    "endwhile",
    "eval",
    "exit",
    "extends",
    "final",
    "finally",
    "fn",
    "for",
    "foreach",
    "function",
    "global",
    "goto",
    "if",
    "implements",
    "include",
    "include_once",
    "instanceof",
    "insteadof",
    "interface",
    "isset",
    "list",
    "match",
    "namespace",
    "new",
    "or",
    "print",
    "private",
    "protected",
    "public",
    "require",
    "require_once",
    "return",
    "static",
    "switch",
    "throw",
    "trait",
    "try",
    "unset",
    "use",
    "var",
    "while",
    "xor",
    "yield",
    "int",
    "float",
    "bool",
    "string",
    "true",
    "false",
    "null",
    "void",
    "iterable",
    "object",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_as_each_language_writes_them() {
        assert_eq!(pascal_parts("foo_bar.v1beta1.HTTPThing", "."), "FooBar.V1beta1.HTTPThing");
        assert_eq!(java_outer_classname("a/user_service.v2.proto"), "UserServiceV2Proto");
        assert_eq!(go_package("example.com/gen/", "a/b/c.proto", "a.b"), "example.com/gen/a/b");
        assert_eq!(go_package("example.com/gen", "c.proto", "a.v1"), "example.com/gen;av1");
        assert_eq!(objc_class_prefix("foo.bar.baz.v1"), "FBB");
        assert_eq!((objc_class_prefix("foo"), objc_class_prefix("")), ("FXX".into(), String::new()));
        assert_eq!(objc_class_prefix("google.pay.bar"), "GPX");
        assert_eq!(php_namespace("foo.class.v1"), "Foo\\Class_\\V1");
    }

    #[test]
    fn versions_are_told_from_words() {
        for version in ["v1", "v12", "v1alpha", "v1beta2", "v1p1beta1", "v1test", "v2testfoo"] {
            assert!(is_version(version), "{version}");
        }
        for word in ["v", "v0", "v01", "version", "v1gamma", "v1p1", "1", "vbeta", "v1beta0", "v+1"] {
            assert!(!is_version(word), "{word}");
        }
    }
}
