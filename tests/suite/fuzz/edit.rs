//! Random edits of examples.

use proptest::collection::vec;
use proptest::prelude::any;
use proptest::prop_oneof;
use proptest::sample::{Index, select};
use proptest::strategy::Strategy;

/// Pieces of the grammars that are read, and what readers often get wrong.
const PIECES: &[&str] = &[
    "\n",
    "\r\n",
    "\0",
    " ",
    "\t",
    "\"",
    "'",
    "\"\"\"",
    "\\",
    "\\u0000",
    "=",
    "[",
    "]",
    "[[",
    "{",
    "}",
    ",",
    "#",
    "<",
    ">",
    "&#x0;",
    "&x;",
    "<![CDATA[",
    "]]>",
    "<!DOCTYPE x [",
    "-----BEGIN SSH SIGNATURE-----",
    "tree ",
    "parent ",
    "40000 a\0",
    "gpgsig ",
    "\u{2014} ",
    "9223372036854775807",
    "9223372036854775808",
    "-1",
    "1e999",
    "null",
    "9999-12-31T23:59:60Z",
    "\u{feff}",
    "\u{202e}",
    "\u{2028}",
    "\u{1b}[2J",
    "::error::",
    "é",
    "\u{10ffff}",
];

/// One edit. A place is relative to the length of the input. A length that goes beyond the end of the input is
/// shortened.
#[derive(Debug, Clone)]
enum Edit {
    Flip { place: Index, bit: u8 },
    Set { place: Index, byte: u8 },
    Insert { place: Index, piece: &'static str },
    Remove { place: Index, length: u8 },
    Repeat { place: Index, length: u8, times: u8 },
    Truncate { place: Index },
    Splice { place: Index, example: Index, from: Index, length: u8 },
}

/// Returns examples with one to eight edits each.
pub(super) fn edited(corpus: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let place = any::<Index>;
    let edit =
        prop_oneof![
            (place(), 0..8_u8).prop_map(|(place, bit)| Edit::Flip { place, bit }),
            (place(), any::<u8>()).prop_map(|(place, byte)| Edit::Set { place, byte }),
            (place(), select(PIECES)).prop_map(|(place, piece)| Edit::Insert { place, piece }),
            (place(), any::<u8>()).prop_map(|(place, length)| Edit::Remove { place, length }),
            (place(), any::<u8>(), any::<u8>()).prop_map(|(place, length, times)| Edit::Repeat {
                place,
                length,
                times
            }),
            place().prop_map(|place| Edit::Truncate { place }),
            (place(), place(), place(), any::<u8>())
                .prop_map(|(place, example, from, length)| Edit::Splice { place, example, from, length }),
        ];
    (place(), vec(edit, 1..=8)).prop_map(move |(example, edits)| {
        let mut bytes = corpus[example.index(corpus.len())].clone();
        edits.iter().for_each(|edit| apply(edit, &mut bytes, &corpus));
        bytes
    })
}

fn apply(edit: &Edit, bytes: &mut Vec<u8>, corpus: &[Vec<u8>]) {
    // One place more than bytes, because text can be inserted at the end.
    let at = |place: &Index| place.index(bytes.len() + 1);
    match edit {
        Edit::Flip { place, bit } => {
            let at = at(place);
            bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << bit);
        }
        Edit::Set { place, byte } => {
            let at = at(place);
            bytes.iter_mut().skip(at).take(1).for_each(|old| *old = *byte);
        }
        Edit::Insert { place, piece } => {
            let at = at(place);
            bytes.splice(at..at, piece.bytes());
        }
        Edit::Remove { place, length } => {
            let at = at(place);
            let end = bytes.len().min(at + usize::from(*length));
            bytes.drain(at..end);
        }
        Edit::Repeat { place, length, times } => {
            let at = at(place);
            let end = bytes.len().min(at + usize::from(*length));
            let repeated = bytes[at..end].repeat(usize::from(*times));
            bytes.splice(at..at, repeated);
        }
        Edit::Truncate { place } => bytes.truncate(at(place)),
        Edit::Splice { place, example, from, length } => {
            let other = &corpus[example.index(corpus.len())];
            let from = from.index(other.len() + 1);
            let end = other.len().min(from + usize::from(*length));
            let at = at(place);
            bytes.splice(at..at, other[from..end].iter().copied());
        }
    }
}
