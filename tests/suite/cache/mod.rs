//! The local cache: what is kept between runs, and damage to it and to the repository.

pub mod cached_clone;
mod damage;
pub mod damaged_cache;
mod look_up;
mod set_aside;
mod special_files;
mod verified_prefix;
