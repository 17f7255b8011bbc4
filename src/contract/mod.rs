//! Property-based contract tests.
