//! One immutable value made of `.proto` sources.

pub(crate) mod bundled;
