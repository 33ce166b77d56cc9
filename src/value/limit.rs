//! Limits of the format, with their units and reasons.

/// Largest record file, in bytes. The size is checked before anything is parsed.
pub const RECORD_BYTES: usize = 65_536;
/// Most targets of one record. A record has as many targets as its services times its environments. Without a limit,
/// a record of 64 KiB could name millions of targets.
pub const TARGETS: usize = 1_024;
/// Most records in one entry.
pub const RECORDS_IN_ENTRY: usize = 1_024;
/// Largest total size of the records of one entry, in bytes. An entry is verified as a whole, so this bounds the memory
/// and the time that one push costs a verifier.
pub const ENTRY_BYTES: usize = 1_048_576;
/// Largest commit object of an entry, in bytes. A message is prose and a signature has about 300 bytes;
/// the limit keeps a hostile commit from filling memory.
pub const COMMIT_BYTES: usize = 65_536;
/// Largest commit or tree object that is read, in bytes. The tree of a day with 100,000 records has
/// 9.7 MB.
pub const OBJECT_BYTES: usize = 16 * 1024 * 1024;
/// Largest integer in a record: 2^53 - 1, the largest that every JSON reader represents exactly.
pub const INTEGER: u64 = 9_007_199_254_740_991;
/// Longest line that holds a whole list, in bytes without the line feed.
pub const LIST_LINE_BYTES: usize = 100;
/// Columns of a base64 line in an armored signature, as written by OpenSSH.
pub const ARMOR_COLUMNS: usize = 70;
/// Shortest prefix of a record id that a user may type, in hex digits.
pub const ID_PREFIX_DIGITS: usize = 4;
/// The only version of the record and entry format that this program supports.
pub const FORMAT: u64 = 2;
