//! Servers that receive pushes: the ledger's branch is held to its rules, and protected branches to the gate.

mod claims;
mod crashes;
mod gate;
mod ledger_branch;
mod transports;
