//! Rules over one or two schemas.
