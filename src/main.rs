//! The `protogate` binary.
fn main() {}
