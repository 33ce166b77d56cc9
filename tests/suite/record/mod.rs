//! Records: form, signatures, drafts and vectors.

mod bit_flips;
mod drafts;
mod hostile_records;
mod other_vectors;
mod signature_equation;
mod vectors;
