//! Checkpoints cosigned by witnesses.

mod note;
