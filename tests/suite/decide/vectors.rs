//! The ledgers of `ledger-schema/vectors/ledgers/`: small Git bundles, each with the expected report of `verify`, and
//! with questions and their answers. The program and the second verifier must give these reports and answers.
//!
//! `COUNTERSIGN_BLESS=1` writes them again. Bundles are compared only by their head, since the same objects can be
//! compressed to different packs.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::whole::WholeState;
use serde_json::{Value, json};

use super::ledgers::{LedgerVector, all};
use crate::support::second_gate::{answer, second_answers};
use crate::support::second_verifier::{has_python, run_second_verifier};
use crate::support::temporary::tempdir;

fn folder() -> PathBuf {
    crate::support::vectors::folder().join("ledgers")
}

fn git(directory: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git").current_dir(directory).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// The fields of `verify --json` that do not depend on a clone's settings. Both verifiers must give the same values.
const SAID: [&str; 10] = [
    "verdict",
    "ledger",
    "size",
    "root",
    "entries",
    "void",
    "broken",
    "trust_version",
    "policy_version",
    "ledger_time",
];

/// The fields of a question that describe the code repository.
const REPOSITORY: [&str; 2] = ["commits", "undoing"];

/// Runs the program on the branch `ledger` of a repository.
fn verified(repository: &Path, id: &str) -> Value {
    let mut command = Command::new(crate::support::sandbox::program());
    command.current_dir(repository).args(["verify", "--json", "--ledger-id", id]);
    let output = command.env_remove("HOME").env_remove("XDG_STATE_HOME").output().unwrap();
    said(&serde_json::from_slice(&output.stdout).unwrap())
}

/// Returns the fields of a report that are compared. A void record is compared by position, id and code, and a broken
/// entry only by its id.
fn said(report: &Value) -> Value {
    let mut found = serde_json::Map::new();
    for field in SAID {
        let value = match field {
            "void" => list(&report[field], &["position", "record", "code"]),
            "broken" => list(&report[field], &["entry"]),
            _ => report[field].clone(),
        };
        found.insert(field.to_owned(), value);
    }
    Value::Object(found)
}

fn list(value: &Value, fields: &[&str]) -> Value {
    let items = value.as_array().unwrap().iter().map(|item| {
        let kept = fields.iter().map(|field| ((*field).to_owned(), item[*field].clone()));
        Value::Object(kept.collect())
    });
    let mut items: Vec<Value> = items.collect();
    items.dedup();
    Value::Array(items)
}

/// Returns the content of the file of a vector, according to the program.
fn expected(vector: &LedgerVector, repository: &Path) -> Value {
    let state: Option<WholeState> = vector.ledger.replay.state().ok().map(WholeState::from);
    let questions = vector.questions.iter().map(|(what, asked)| {
        let decided = asked.decide(state.as_ref());
        let mut question = asked.json();
        // The code repository is the same in all questions, so the file describes it once.
        REPOSITORY.iter().for_each(|field| _ = question.as_object_mut().unwrap().remove(*field));
        json!({ "what": what, "question": question, "answer": answer(&decided) })
    });
    let first = vector.questions.first().map(|(_, asked)| asked.json());
    let of_repository = REPOSITORY.iter().map(|field| {
        let value = first.as_ref().map_or(Value::Null, |question| question[*field].clone());
        ((*field).to_owned(), value)
    });
    json!({
        "what": vector.what,
        "head": vector.ledger.parent.as_ref().unwrap().to_string(),
        "verify": verified(repository, &vector.ledger.id.unwrap().to_string()),
        "repository": Value::Object(of_repository.collect()),
        "questions": questions.collect::<Vec<_>>(),
    })
}

#[test]
fn the_ledger_vectors_are_as_they_were_frozen_and_both_verifiers_answer_them() {
    let vectors = all();
    assert!(vectors.len() >= 20, "{}", vectors.len());
    let is_blessed = std::env::var_os("COUNTERSIGN_BLESS").is_some();
    if is_blessed {
        let _ = std::fs::remove_dir_all(folder());
        std::fs::create_dir_all(folder()).unwrap();
    }
    for mut vector in vectors {
        let (bundle, file) = (
            folder().join(format!("{}.bundle", vector.name)),
            folder().join(format!("{}.json", vector.name)),
        );
        let head = vector.ledger.parent.clone().unwrap();
        let made = vector.ledger.objects.write_repository(head.as_str());
        let answers = expected(&vector, made.path());
        if is_blessed {
            git(made.path(), &["bundle", "create", "-q", bundle.to_str().unwrap(), "refs/heads/ledger"]);
            let text = serde_json::to_string_pretty(&answers).unwrap() + "\n";
            std::fs::write(&file, text).unwrap();
        }
        let frozen: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        assert_eq!(frozen, answers, "{}", vector.name);
        // Other implementations have only the bundle.
        let clone = tempdir().unwrap();
        let target = clone.path().join("clone.git");
        let source = bundle.to_str().unwrap();
        git(clone.path(), &["clone", "-q", "--bare", source, target.to_str().unwrap()]);
        assert_eq!(git(&target, &["rev-parse", "refs/heads/ledger"]), frozen["head"], "{}", vector.name);
        assert_eq!(verified(&target, frozen["verify"]["ledger"].as_str().unwrap()), frozen["verify"]);
        if has_python() {
            second_agrees(&vector.name, &target, &frozen);
        }
        // When a ledger that has a head is dropped, the verifiers are compared. They were compared above, so the head
        // is removed.
        vector.ledger.parent = None;
    }
}

fn second_agrees(name: &str, repository: &Path, frozen: &Value) {
    let path = repository.to_str().unwrap();
    let id = frozen["verify"]["ledger"].as_str().unwrap();
    let report = run_second_verifier(&["ledger", path, "--ledger-id", id]);
    assert_eq!(said(&report), frozen["verify"], "{name}");
    let questions = frozen["questions"].as_array().unwrap().iter().map(|one| {
        let mut question = one["question"].clone();
        for field in REPOSITORY {
            question[field] = frozen["repository"][field].clone();
        }
        question
    });
    let questions: Vec<Value> = questions.collect();
    let answers = second_answers(repository, &questions);
    for (question, second) in frozen["questions"].as_array().unwrap().iter().zip(&answers) {
        assert_eq!(*second, question["answer"], "{name}: {}", question["what"]);
    }
}
