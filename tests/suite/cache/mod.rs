//! The local cache: what is kept between runs, and damage to it.

mod damage;
mod damaged_pages;
mod verified_prefix;
