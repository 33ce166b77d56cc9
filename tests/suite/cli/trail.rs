//! `countersign trail`: all deployments, the complete population that an auditor asks for.

use crate::support::sandbox::Sandbox;
use crate::support::server::{Server, Signs};

fn standings(sandbox: &Sandbox, code: i32) -> Vec<String> {
    let view = sandbox.run(&["trail", "--json"]).code(code).json();
    let rows = view["deployments"].as_array().unwrap();
    rows.iter().map(|row| row["standing"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_deployment_is_listed_with_what_became_of_it_and_every_push_past_the_gate_is_found() {
    let Some(server) = Server::new(&[], Signs::Server) else { return };
    let alice = server.alice();
    let bare = &server.sandbox;
    bare.git(&["config", "core.logAllRefUpdates", "always"]).ok();
    let push = || alice.git(&["push", "-q", "origin", "HEAD:refs/heads/production"]).ok();
    alice.commit("second");
    drop(push());
    alice.commit("third");
    drop(push());
    // The commit that the branch had before the ledger is not reported as a push past the gate.
    let view = bare.run(&["trail", "--json"]).ok().json();
    assert_eq!((&view["complete"], &view["all_states"]), (&true.into(), &true.into()), "{view}");
    assert_eq!(standings(bare, 0), ["confirmed", "allowed"]);
    alice.run(&["sync"]).ok();
    let newest = alice.run(&["log", "--kind", "receipt", "--json"]).ok().json()["records"][0]["id"].clone();
    let newest = newest.as_str().unwrap();
    alice.run(&["record", "outcome", "--of", newest, "--result", "failed"]).ok();
    assert_eq!(standings(bare, 0), ["confirmed", "failed"]);
    // Somebody with a shell on the server moves the branch there and back. Both moves go past the gate.
    let honest = server.head("refs/heads/production");
    let secret = alice.commit("past the gate");
    bare.git(&["fetch", "-q", &alice.repository.display().to_string(), &secret]).ok();
    bare.git(&["update-ref", "refs/heads/production", &secret]).ok();
    bare.git(&["update-ref", "refs/heads/production", &honest]).ok();
    let found = bare.run(&["trail"]).code(1).stdout_has("NOT EXPLAINED").stdout_has(&secret[..7]);
    let _ = found.stdout_has("2 not explained");
    // In a clone, `trail` sees only what the branch holds now, and says so.
    alice.git(&["fetch", "-q"]).ok();
    alice.run(&["trail", "--sync"]).ok().stdout_has("only what the refs hold now");
    // An exception that names a commit explains how the branch got there, and is signed.
    for (commit, task) in [(&secret, "there"), (&honest, "back")] {
        let mut words = crate::support::sandbox::exception("Moved by hand in the outage", task);
        words.extend(["--commit", commit]);
        alice.run(&words).ok();
    }
    bare.run(&["trail"]).ok().stdout_has("; each is explained by a");
    // With `--since`, nothing from before that time is listed.
    let view = bare.run(&["trail", "--since", "2100-01-01", "--json"]).ok().json();
    assert_eq!(view["deployments"], serde_json::json!([]));
}

#[test]
fn a_head_that_no_receipt_explains_is_found_in_a_clone_too() {
    let Some(server) = Server::new(&[], Signs::Server) else { return };
    let alice = server.alice();
    let secret = alice.commit("past the gate");
    server.sandbox.git(&["fetch", "-q", &alice.repository.display().to_string(), &secret]).ok();
    server.sandbox.git(&["update-ref", "refs/heads/production", &secret]).ok();
    alice.git(&["fetch", "-q"]).ok();
    let _ =
        alice.run(&["trail"]).code(1).stdout_has("refs/heads/production holds").stdout_has("NOT EXPLAINED");
}
