//! This repository's own use of protogate.
fn main() {}
