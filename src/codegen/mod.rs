//! Files made from a schema.
