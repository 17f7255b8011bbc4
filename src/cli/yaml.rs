//! A YAML file of buf's: read with the place of everything in it.

use std::sync::Arc;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_saphyr::{Error, Location, Spanned};

use super::config::{CONFIG, did_you_mean};
use crate::diag::{Diagnostic, Place, Span};

/// The versions of buf's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    V1Beta1,
    V1,
    V2,
}

/// A file that is being read.
pub struct Yaml {
    shown: Arc<str>,
    text: Arc<str>,
}

#[derive(Deserialize)]
struct Head {
    version: Option<Spanned<String>>,
}

impl Yaml {
    /// A file and the name it is shown by.
    pub fn new(shown: &str, text: &str) -> Yaml {
        Yaml { shown: shown.into(), text: text.into() }
    }

    /// The version it says it has.
    ///
    /// # Errors
    ///
    /// It says none that is known.
    pub fn version(&self) -> Result<Version, Diagnostic> {
        let version = self.read::<Head>()?.version;
        match version.as_ref().map(|version| version.value.as_str()) {
            Some("v2") => Ok(Version::V2),
            Some("v1") => Ok(Version::V1),
            Some("v1beta1") => Ok(Version::V1Beta1),
            _ => {
                let file = || Place::file(self.shown.clone());
                let place = version.map_or_else(file, |it| self.place(it.referenced));
                Err(Diagnostic::failure(&CONFIG, "the version of the file is not known")
                    .at(place)
                    .help("write `version: v2`, `version: v1` or `version: v1beta1`"))
            }
        }
    }

    /// All of it.
    ///
    /// # Errors
    ///
    /// A diagnostic that points at what is not as it has to be.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Diagnostic> {
        serde_saphyr::from_str(&self.text).map_err(|error| self.problem(&error))
    }

    /// Where something stands.
    pub fn place(&self, location: Location) -> Place {
        let bytes = location.span().byte_offset().zip(location.span().byte_len());
        let span = bytes.and_then(|(start, length)| {
            let (start, length) = (usize::try_from(start).ok()?, usize::try_from(length).ok()?);
            Some(Span::from_bytes(&self.text, start, start + length))
        });
        let at = |n: u64| u32::try_from(n).unwrap_or(u32::MAX).max(1);
        let (line, column) = (at(location.line()), at(location.column()));
        let point = Span { start_line: line, start_column: column, end_line: line, end_column: column };
        Place { file: self.shown.clone(), span: Some(span.unwrap_or(point)), text: Some(self.text.clone()) }
    }

    fn problem(&self, error: &Error) -> Diagnostic {
        let error = error.without_snippet();
        let message = error.to_string();
        // The place is said apart.
        let message = message.rsplit_once(" at line ").map_or(&*message, |(message, _)| message);
        let help = did_you_mean(message).unwrap_or_else(|| {
            "buf's documentation has the keys: https://buf.build/docs/configuration/".to_owned()
        });
        let place = error.location().map_or_else(|| Place::file(self.shown.clone()), |it| self.place(it));
        Diagnostic::failure(&CONFIG, message).at(place).help(help)
    }
}
