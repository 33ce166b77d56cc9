//! Servers that receive pushes: their hooks enforce the rules of the ledger's branch, and ask the gate about protected
//! branches.

mod claims;
mod crashes;
mod fault_matrix;
mod gate;
mod ledger_branch;
mod moves;
mod transports;
