//! The vectors, seen by the second verifier.

use crate::support::second_verifier::{has_python, second};

#[test]
fn every_vector_has_the_same_codes_in_the_second_verifier() {
    if !has_python() {
        return;
    }
    for (name, bytes) in
        crate::support::vectors::valid().into_iter().chain(crate::support::vectors::invalid())
    {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(&name);
        std::fs::write(&path, &bytes).unwrap();
        let report = second(&["record", &path.display().to_string()]);
        let codes: Vec<String> =
            crate::support::vectors::codes_of(&bytes).iter().map(ToString::to_string).collect();
        let same: Vec<String> =
            report["codes"].as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned()).collect();
        assert_eq!(codes.first(), same.first(), "{name}");
    }
}
