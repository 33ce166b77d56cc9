//! Cosigned checkpoints.

mod note;
