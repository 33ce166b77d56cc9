//! A Git-native audit ledger and deployment gate.
//!
//! ```text
//! bytes ─parse▶ SignedRecord ─authenticate▶ AuthenticRecord ─entitle(past)▶ VerifiedRecord
//!       ─apply▶ State ─decide(question)▶ Decision ─render▶ text | JSON
//! ```
//!
//! Each arrow is a function, and each type can be constructed only by the function before it. Therefore an
//! unverified record cannot reach the state, and the gate cannot decide on anything but a state. Everything
//! from [`record::SignedRecord`] to the decision is pure. The time is an argument, and so are the facts about
//! the code repository that the gate needs.
//!
//! # Features
//!
//! Both features are on by default. Without them the crate is its pure core, which uses no Git, no files, no
//! clock and no processes, and has some 50 dependencies instead of 240. The core is for programs that have
//! their own store of Git objects, such as a hook of a forge, a witness daemon, a dashboard or a fuzzer.
//! `examples/embed.rs` verifies a ledger from bytes in memory, and asks the gate.
//!
//! | feature | adds |
//! |---|---|
//! | (none) | values, records, signatures, the Merkle tree, entries, trust, policy, verification, state, gate, imports |
//! | `git` | repositories, keys and agents, the local cache, loading and writing ledgers, pushes |
//! | `cli` | the program: rendering, exports, the demo and the command line; it needs `git` |
//!
//! An embedding program passes each entry as an [`entry::RawEntry`], and must ensure three things: the bytes of each
//! Git object hash to its id; `added` is the only difference between the entry's tree and the tree of the last
//! entry that counts; and the ledger id comes from outside the data.

#[cfg(feature = "git")]
pub mod ask;
pub mod audit;
#[cfg(feature = "git")]
pub mod cache;
#[cfg(feature = "git")]
pub mod ci;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "git")]
pub mod clock;
#[cfg(feature = "cli")]
pub mod demo;
#[cfg(feature = "git")]
pub mod doctor;
#[cfg(feature = "git")]
pub mod draft;
pub mod entry;
#[cfg(feature = "git")]
pub mod environ;
#[cfg(feature = "cli")]
pub mod export;
pub mod finding;
#[cfg(feature = "git")]
pub mod fork;
pub mod gate;
#[cfg(feature = "git")]
pub mod git;
#[cfg(feature = "git")]
pub mod hooks;
pub mod import;
#[cfg(feature = "git")]
pub mod key;
#[cfg(feature = "git")]
pub mod ledger;
pub mod likeness;
pub mod measure;
pub mod merkle;
pub mod policy;
pub mod proof;
#[cfg(feature = "git")]
pub mod push;
#[cfg(feature = "git")]
pub mod receive;
pub mod record;
#[cfg(feature = "cli")]
pub mod render;
pub mod replay;
#[cfg(feature = "git")]
pub mod share;
pub mod sshsig;
pub mod state;
#[cfg(feature = "git")]
pub mod store;
pub mod trust;
pub mod value;
pub mod verify;
pub mod witness;
#[cfg(feature = "git")]
pub mod workspace;
#[cfg(feature = "git")]
pub mod write;
