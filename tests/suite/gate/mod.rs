//! The checks of the gate.

mod break_glass;
mod checks;
mod future_dates;
mod grants_end;
mod ran;
mod releases;
mod renamed;
mod reviews;
mod standing_access;
mod unchanged;
