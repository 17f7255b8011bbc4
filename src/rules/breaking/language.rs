//! The languages that code is generated for, and the rules that only one of them minds.

use super::rule::Rule;

/// A language that somebody generates code for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)] // they are their names
pub enum Language {
    Cpp,
    Csharp,
    Dart,
    Go,
    Java,
    Javascript,
    Kotlin,
    ObjectiveC,
    Php,
    Python,
    Ruby,
    Rust,
    Swift,
    Typescript,
}

use Language::{Cpp, Csharp, Go, Java, Javascript, Kotlin, ObjectiveC, Php, Python, Ruby, Swift, Typescript};

/// Rules by the beginnings of their names, and who minds what they speak of. All others are everybody's.
const MINDED: [(&str, &[Language]); 14] = [
    ("FIELD_SAME_CPP_STRING_TYPE", &[Cpp]),
    ("FIELD_SAME_JAVA_UTF8_VALIDATION", &[Java, Kotlin]),
    ("FIELD_SAME_JSTYPE", &[Javascript, Typescript]),
    ("FILE_SAME_CC_", &[Cpp]),
    ("FILE_SAME_CSHARP_", &[Csharp]),
    ("FILE_SAME_GO_", &[Go]),
    ("FILE_SAME_JAVA_", &[Java, Kotlin]),
    ("FILE_SAME_OBJC_", &[ObjectiveC]),
    ("FILE_SAME_OPTIMIZE_FOR", &[Cpp, Java, Kotlin]),
    ("FILE_SAME_PHP_", &[Php]),
    ("FILE_SAME_PY_", &[Python]),
    ("FILE_SAME_RUBY_", &[Ruby]),
    ("FILE_SAME_SWIFT_", &[Swift]),
    ("RUST_", &[Language::Rust]),
];

impl Language {
    /// Every one.
    pub const ALL: [Language; 14] = [
        Cpp,
        Csharp,
        Language::Dart,
        Go,
        Java,
        Javascript,
        Kotlin,
        ObjectiveC,
        Php,
        Python,
        Ruby,
        Language::Rust,
        Swift,
        Typescript,
    ];

    /// As it is written in a configuration.
    pub fn id(self) -> &'static str {
        match self {
            Cpp => "cpp",
            Csharp => "csharp",
            Language::Dart => "dart",
            Go => "go",
            Java => "java",
            Javascript => "javascript",
            Kotlin => "kotlin",
            ObjectiveC => "objective-c",
            Php => "php",
            Python => "python",
            Ruby => "ruby",
            Language::Rust => "rust",
            Swift => "swift",
            Typescript => "typescript",
        }
    }

    /// The language of this name.
    pub fn named(id: &str) -> Option<Language> {
        Language::ALL.into_iter().find(|it| it.id() == id)
    }
}

/// Whether a rule says anything to somebody who generates code for these languages.
pub(super) fn is_minded(rule: &Rule, languages: &[Language]) -> bool {
    let minded = MINDED.iter().find(|(start, _)| rule.info.id.starts_with(start));
    minded.is_none_or(|(_, by)| by.iter().any(|it| languages.contains(it)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::breaking::{BREAKING, Category, Selection, Vocabulary};

    #[test]
    fn every_beginning_is_one_of_a_rule_and_every_name_is_read() {
        for (start, _) in MINDED {
            assert!(BREAKING.iter().any(|rule| rule.info.id.starts_with(start)), "{start}");
        }
        for language in Language::ALL {
            assert_eq!(Language::named(language.id()), Some(language));
        }
        assert_eq!(Language::named("Rust"), None);
    }

    #[test]
    fn options_of_languages_that_nobody_generates_are_nobodys() {
        let all = Vocabulary::V2.category(Category::File);
        let left = |languages: &[Language]| {
            let selection = Selection::of(&all, &[]).generating(languages);
            let ids: Vec<&str> = selection.rules().iter().map(|rule| rule.info.id).collect();
            ids
        };
        let gone = |languages: &[Language]| all.len() - left(languages).len();
        assert_eq!(gone(&[Language::Rust]), 19);
        assert_eq!(gone(&[Language::Rust, Python]), 18);
        assert!(left(&[Go]).contains(&"FILE_SAME_GO_PACKAGE"));
        assert!(!left(&[Python]).contains(&"FILE_SAME_GO_PACKAGE"));
        assert!(left(&[]).contains(&"FILE_SAME_PACKAGE"));
    }
}
