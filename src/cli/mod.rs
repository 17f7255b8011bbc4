//! The door: arguments in, exit code out.
