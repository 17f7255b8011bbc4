//! Where each element is described: on which page, under which id.

use std::collections::HashMap;

use prost_reflect::FileDescriptor;

use crate::schema::{Origin, Schema};

/// The full name of everything that has a heading or a row of its own, and its package.
pub(super) struct Places {
    packages: HashMap<String, String>,
    /// Whether each package has a page.
    pub many_pages: bool,
}

impl Places {
    pub fn of(schema: &Schema) -> Places {
        let pool = schema.pool();
        let own =
            |file: &FileDescriptor| schema.file(file.name()).is_some_and(|it| it.origin() == Origin::Own);
        let mut packages = HashMap::new();
        let mut note = |name: &str, file: &FileDescriptor| {
            packages.insert(name.to_owned(), file.package_name().to_owned());
        };
        for service in pool.services() {
            let file = service.parent_file();
            if own(&file) {
                service.methods().for_each(|it| note(it.full_name(), &file));
                note(service.full_name(), &file);
            }
        }
        let (mut types, mut met) = (0, std::collections::HashSet::new());
        for message in pool.all_messages().filter(|it| !it.is_map_entry()) {
            let file = message.parent_file();
            if own(&file) {
                message.fields().for_each(|it| note(it.full_name(), &file));
                note(message.full_name(), &file);
                met.insert(file.package_name().to_owned());
                types += 1;
            }
        }
        for kind in pool.all_enums() {
            let file = kind.parent_file();
            if own(&file) {
                kind.values().for_each(|it| note(it.full_name(), &file));
                note(kind.full_name(), &file);
                types += 1;
            }
        }
        for extension in pool.all_extensions().filter(|it| own(&it.parent_file())) {
            note(extension.full_name(), &extension.parent_file());
        }
        Places { packages, many_pages: types > super::ONE_PAGE && met.len() > 1 }
    }

    /// Whether it is described.
    pub fn has(&self, name: &str) -> bool {
        self.packages.contains_key(name)
    }

    /// Where an element is, as seen from the page of a package; from the page of all packages, if none is given.
    pub fn href(&self, name: &str, from: Option<&str>, ending: &str) -> Option<String> {
        let package = self.packages.get(name)?;
        Some(match from {
            _ if !self.many_pages => format!("#{name}"),
            Some(from) if from == package => format!("#{name}"),
            Some(_) => format!("{}.{ending}#{name}", stem(package)),
            None => format!("{}#{name}", path(package, ending)),
        })
    }

    /// What a comment inside `scope` means by a name: as in a `.proto` file, the innermost scope that has it.
    pub fn meant(&self, name: &str, scope: &str) -> Option<String> {
        if let Some(absolute) = name.strip_prefix('.') {
            return self.has(absolute).then(|| absolute.to_owned());
        }
        let mut scope = Some(scope);
        while let Some(around) = scope {
            let full = format!("{around}.{name}");
            if self.has(&full) {
                return Some(full);
            }
            scope = around.rsplit_once('.').map(|(outer, _)| outer);
        }
        self.has(name).then(|| name.to_owned())
    }
}

fn stem(package: &str) -> &str {
    if package.is_empty() { "_" } else { package }
}

/// The path of the page of a package, from the page of all.
pub(super) fn path(package: &str, ending: &str) -> String {
    format!("packages/{}.{ending}", stem(package))
}
