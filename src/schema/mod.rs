//! One immutable value made of `.proto` sources.
