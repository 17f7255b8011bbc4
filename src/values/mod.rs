//! Values of any message descriptor: strategies and how they shrink.
