//! The implementation that a service starts from, and what one that somebody wrote lacks.

use std::collections::BTreeSet;

use serde::Serialize;
use syn::ext::IdentExt;

use super::skeleton::{Method, View};
use super::templates::Templates;
use super::{Seeds, problem};
use crate::diag::Diagnostic;

const TEMPLATE: &str = "service.rs.jinja";
const METHOD: &str = "method.rs.jinja";

/// A file to start from: the trait of one service, each of its methods answering UNIMPLEMENTED.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Implementation {
    /// The file's name without its end, and that of the module: `user_service`.
    pub module: String,
    /// The trait: `UserService`.
    pub service: String,
    /// The file that declares the service.
    pub source: String,
    /// The whole file.
    pub text: String,
    /// Its methods, in the order of the schema.
    pub methods: Vec<Stub>,
    /// What it was made from.
    pub(super) view: View,
}

/// One method to paste.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stub {
    /// The function: `get_user`.
    pub function: String,
    /// The name in the schema: `GetUser`.
    pub name: String,
    /// Its text, as it stands in an `impl`.
    pub text: String,
}

/// What an `impl` of a service's trait lacks, and what it has that the trait has not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gaps<'a> {
    /// In the schema only.
    pub missing: Vec<&'a Stub>,
    /// In the file only, by the names of their functions.
    pub extra: Vec<String>,
}

/// What the template of one method sees.
#[derive(Serialize)]
struct One<'a> {
    full_name: &'a str,
    method: &'a Method,
}

impl Implementation {
    pub(super) fn new(
        module: String,
        source: &str,
        view: View,
        templates: &Templates,
    ) -> Result<Implementation, Box<Diagnostic>> {
        let text = templates.render(TEMPLATE, &view)?;
        if let Err(error) = syn::parse_file(&text) {
            let said = format!("the service file of {} would not be Rust: {error}", view.full_name);
            return Err(Box::new(Diagnostic::failure(&problem::GENERATE_TEMPLATE, said)));
        }
        let stub = |method: &Method| {
            let one = One { full_name: &view.full_name, method };
            let text = templates.render(METHOD, &one)?;
            Ok(Stub { function: method.function.clone(), name: method.name.clone(), text })
        };
        Ok(Implementation {
            module,
            service: view.service.clone(),
            source: source.to_owned(),
            methods: view.methods.iter().map(stub).collect::<Result<_, Box<Diagnostic>>>()?,
            text,
            view,
        })
    }

    /// The file's path in the folder of implementations.
    pub fn path(&self) -> String {
        format!("{}.rs", self.module)
    }

    /// What the file at that path lacks by now: one for each `impl` of the trait in it. None where the trait is
    /// implemented elsewhere; that is for the compiler to know.
    ///
    /// # Errors
    ///
    /// The file is not Rust.
    pub fn gaps(&self, file: &str) -> Result<Vec<Gaps<'_>>, syn::Error> {
        let file = syn::parse_file(file)?;
        let of_this = |item: &syn::Item| match item {
            syn::Item::Impl(item) => {
                let (path, _) = item.trait_.as_ref()?;
                let last = path.segments.last()?.ident.unraw().to_string();
                (last == self.service.trim_start_matches("r#")).then(|| functions(&item.items))
            }
            _ => None,
        };
        Ok(file.items.iter().filter_map(of_this).map(|written| self.beside(&written)).collect())
    }

    fn beside(&self, written: &BTreeSet<String>) -> Gaps<'_> {
        let bare = |stub: &Stub| stub.function.trim_start_matches("r#").to_owned();
        let wanted: BTreeSet<String> = self.methods.iter().map(bare).collect();
        Gaps {
            missing: self.methods.iter().filter(|stub| !written.contains(&bare(stub))).collect(),
            extra: written.difference(&wanted).cloned().collect(),
        }
    }
}

/// The names of the functions of an `impl`, keywords without their mark.
fn functions(items: &[syn::ImplItem]) -> BTreeSet<String> {
    let names = items.iter().filter_map(|item| match item {
        syn::ImplItem::Fn(function) => Some(function.sig.ident.unraw().to_string()),
        _ => None,
    });
    names.collect()
}

/// The files that a folder of implementations begins with.
pub(super) fn seeds(implementations: &[Implementation]) -> Seeds {
    let mut seeds = Seeds::default();
    for implementation in implementations {
        seeds.insert(implementation.path(), implementation.text.as_str());
    }
    seeds
}

#[cfg(test)]
mod tests {
    use super::super::{Options, generate};
    use crate::schema::{Source, load};

    const PROTO: &str = "syntax = \"proto3\"; package a; message M {}
        service S { rpc Get(M) returns (M); rpc Match(stream M) returns (stream M); }";

    /// What an `impl` lacks, and what it has too many.
    type Gap = (Vec<String>, Vec<String>);

    /// The gaps of `file`, per `impl`.
    fn gaps(file: &str) -> Result<Vec<Gap>, syn::Error> {
        let loaded = load(&Source::Text(vec![("a.proto".to_owned(), PROTO.to_owned())]));
        let files = generate(&loaded.schema, &Options::default()).unwrap();
        let [implementation] = files.implementations() else { panic!("{:?}", files.implementations()) };
        let gaps = implementation.gaps(if file.is_empty() { &implementation.text } else { file })?;
        let names = |stubs: &[&super::Stub]| stubs.iter().map(|stub| stub.name.clone()).collect();
        Ok(gaps.into_iter().map(|gap| (names(&gap.missing), gap.extra)).collect())
    }

    #[test]
    fn an_implementation_is_held_against_the_schema() {
        let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        for (file, lacks) in [
            ("", vec![(own(&[]), own(&[]))]),
            ("impl s::S for X { async fn get() {} }", vec![(own(&["Match"]), own(&[]))]),
            ("impl S for X { fn r#match() {} fn get() {} fn old() {} }", vec![(own(&[]), own(&["old"]))]),
            (
                "impl S for A {} impl<T> crate::s::S for B<T> { fn get() {} fn r#match() {} }",
                vec![(own(&["Get", "Match"]), own(&[])), (own(&[]), own(&[]))],
            ),
            ("impl Other for X { fn get() {} } impl S {}", vec![]),
        ] {
            assert_eq!(gaps(file).unwrap(), lacks, "{file}");
        }
        assert!(gaps("impl S for").is_err());
    }
}
