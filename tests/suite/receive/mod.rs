//! Servers that receive pushes: the ledger's branch is held to its rules, and protected branches to the gate.

mod claims;
mod crashes;
mod fault_matrix;
mod gate;
mod ledger_branch;
mod moves;
mod transports;
