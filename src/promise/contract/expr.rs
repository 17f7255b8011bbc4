//! One expression in CEL, parsed once.

use std::{fmt, sync::Arc};

/// An expression.
#[derive(Clone)]
pub struct Expr {
    text: Arc<str>,
    pub(super) program: Arc<cel::Program>,
}

/// Why a text is no expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub message: String,
    /// Where, in characters from 0, if that is known.
    pub at: Option<usize>,
}

impl Expr {
    /// Parses it.
    ///
    /// # Errors
    /// A text that is no CEL.
    pub fn parse(text: &str) -> Result<Expr, Problem> {
        match cel::Program::compile(text) {
            Ok(program) => Ok(Expr { text: text.into(), program: Arc::new(program) }),
            Err(error) => Err(Problem { message: error.to_string(), at: None }),
        }
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expr({})", self.text)
    }
}
