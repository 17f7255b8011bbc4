//! The gateway over small services.
