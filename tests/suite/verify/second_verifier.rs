//! Compares the codes of the vectors with those of the second verifier.

use crate::support::second_verifier::{codes_of_records, has_python};
use crate::support::vectors::{codes_of, invalid, valid};

#[test]
fn every_vector_has_the_same_codes_in_the_second_verifier() {
    if !has_python() {
        return;
    }
    let vectors: Vec<(String, Vec<u8>)> = valid().into_iter().chain(invalid()).collect();
    let folder = crate::support::temporary::tempdir().unwrap();
    let paths = vectors.iter().map(|(name, bytes)| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.display().to_string()
    });
    let seconds = codes_of_records(&paths.collect::<Vec<_>>());
    assert_eq!(seconds.len(), vectors.len());
    for ((name, bytes), second) in vectors.iter().zip(seconds) {
        let first = codes_of(bytes).first().map(ToString::to_string);
        assert_eq!(first, second, "{name}");
    }
}
