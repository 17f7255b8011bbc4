//! Messages as CEL sees them, and back.

use super::*;
