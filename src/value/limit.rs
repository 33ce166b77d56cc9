//! Bounds of the format, with their units and reasons.

/// Largest record file, in bytes: looked at before anything is parsed.
pub const RECORD_BYTES: usize = 65_536;
/// Most targets that one record touches: the product of its services and environments. Without a bound
/// one record of 64 KiB could name millions.
pub const TARGETS: usize = 1_024;
/// Most records in one entry.
pub const RECORDS_IN_ENTRY: usize = 1_024;
/// Largest entry commit object, in bytes. A message is for people and a signature has about 300
/// bytes; the bound keeps a hostile commit from filling memory.
pub const COMMIT_BYTES: usize = 65_536;
/// Largest commit or tree object that is read at all, in bytes: a day directory of 100,000 records has
/// 9.7 MB.
pub const OBJECT_BYTES: usize = 16 * 1024 * 1024;
/// Largest integer in a record: what every JSON reader can hold exactly (2^53 - 1).
pub const INTEGER: u64 = 9_007_199_254_740_991;
/// Longest list written on one line, in bytes without the line feed.
pub const LIST_LINE_BYTES: usize = 100;
/// Columns of base64 in an armor, as OpenSSH writes them.
pub const ARMOR_COLUMNS: usize = 70;
/// Fewest digits of an id that a person may type.
pub const ID_PREFIX_DIGITS: usize = 4;
/// The one format of records and entries that this program understands.
pub const FORMAT: u64 = 1;
