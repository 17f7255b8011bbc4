//! Where two folders cannot change names in one step, files are changed one by one.

use std::io;
use std::path::Path;

use super::write::{Change, Written};
use crate::diag::Diagnostic;

/// Never does.
pub(super) fn swap(_: &Change, _: &mut Written) -> Result<bool, Vec<Diagnostic>> {
    Ok(false)
}

/// Nothing is ever left.
pub(super) fn left_overs(_: &Path) -> io::Result<Vec<(String, String)>> {
    Ok(Vec::new())
}
