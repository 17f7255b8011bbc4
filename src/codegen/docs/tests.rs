//! The view and the pages of small schemas.
