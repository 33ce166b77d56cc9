//! For each ref that a push moves, the gate decides on the basis of what the ref held before. Each move has a receipt
//! of its own, and the receipts are in the order of the moves.

use super::claims::raw;
use crate::support::sandbox::Sandbox;
use crate::support::server::{Server, Signs, receipts, trail};

const PRODUCTION: &str = "refs/heads/production";
const RELEASE: &str = "refs/heads/release/one";

/// A server with a target of several refs.
fn served() -> Option<Server> {
    let server = Server::new(&[], Signs::Server)?;
    let alice = server.alice();
    let policy = alice.run(&["policy", "propose", "--print"]).ok().stdout;
    let wide =
        policy.replace("\"refs/heads/production\"", "\"refs/heads/production\", \"refs/heads/release/**\"");
    assert_ne!(policy, wide);
    let file = alice.write("policy.toml", &wide);
    alice.run(&["policy", "propose", "-f", &file]).ok();
    Some(server)
}

fn push(clone: &Sandbox, refs: &[(&str, &str)]) -> crate::support::sandbox::Ran {
    let refs: Vec<String> = refs.iter().map(|(commit, name)| format!("+{commit}:{name}")).collect();
    let words = ["push", "--no-verify", "origin"].into_iter().chain(refs.iter().map(String::as_str));
    clone.git(&words.collect::<Vec<_>>())
}

#[test]
fn what_another_ref_does_lets_none_through() {
    let Some(server) = served() else { return };
    let alice = server.alice();
    let first = server.head(PRODUCTION);
    let (second, third) = (alice.commit("second"), alice.commit("third"));
    push(alice, &[(&second, RELEASE)]).ok();
    push(alice, &[(&third, RELEASE)]).ok();
    let paused = alice.run(&["pause", "--reason", "it burns", "--json"]).ok().json()["id"].clone();
    // The push also has a command that does not move its ref.
    let said = raw(&server.sandbox, alice, &[(&third, &third, RELEASE), (&first, &third, PRODUCTION)]);
    assert!(said.contains("the push does not move it"), "{said}");
    push(alice, &[(&third, PRODUCTION)]).code(1).stderr_has("not-paused");
    assert_eq!((server.head(PRODUCTION), server.head(RELEASE)), (first, third));
    alice.run(&["resume", paused.as_str().unwrap(), "--reason", "it is out"]).ok();
    // If the gate allows both at once, each has a receipt.
    let fourth = alice.commit("fourth");
    push(alice, &[(&fourth, PRODUCTION), (&fourth, RELEASE)]).ok();
    assert_eq!(receipts(&server.sandbox).iter().filter(|commit| **commit == fourth).count(), 2);
    let states = trail(&server.sandbox)["states"].clone();
    let explained = states.as_array().unwrap().iter().filter(|state| state["commit"] == fourth.as_str());
    assert_eq!(explained.clone().count(), 2, "{states}");
    assert!(explained.into_iter().all(|state| state["explained_by"].is_string()), "{states}");
    server.sandbox.run(&["verify", "--full"]).ok().stdout_has("SOUND");
}

#[test]
fn a_move_that_git_refuses_takes_no_receipt_of_another_with_it() {
    let Some(server) = served() else { return };
    let alice = server.alice();
    let first = server.head(PRODUCTION);
    let second = alice.commit("second");
    push(alice, &[(&second, RELEASE)]).ok();
    // Git refuses a ref below an existing one.
    let third = alice.commit("third");
    let none = "0".repeat(40);
    let below = format!("{RELEASE}/below");
    let said = raw(&server.sandbox, alice, &[(&none, &third, &below), (&first, &third, PRODUCTION)]);
    assert!(said.contains(&format!("ng {below}")) && said.contains(&format!("ok {PRODUCTION}")), "{said}");
    assert_eq!(receipts(&server.sandbox), [second, third]);
}

#[test]
fn moves_whose_second_hook_never_ran_are_recorded_in_order() {
    let Some(server) = served() else { return };
    let alice = server.alice();
    let hooks = server.sandbox.repository.join("hooks");
    let (after, away) = (hooks.join("post-receive"), hooks.join("post-receive.away"));
    std::fs::rename(&after, &away).unwrap();
    let mut commits: Vec<String> = ["second", "third", "fourth"].map(|name| alice.commit(name)).into();
    commits.push(commits[1].clone());
    for commit in &commits {
        push(alice, &[(commit, PRODUCTION)]).ok();
    }
    assert_eq!((server.queued(), receipts(&server.sandbox).len()), (4, 0));
    std::fs::rename(&away, &after).unwrap();
    commits.push(alice.commit("fifth"));
    push(alice, &[(&commits[4], PRODUCTION)]).ok();
    assert_eq!((receipts(&server.sandbox), server.queued()), (commits, 0));
    server.sandbox.run(&["verify", "--full"]).ok().stdout_has("SOUND");
}

#[test]
fn a_receipt_is_not_used_again_after_another_deployment() {
    let Some(server) = served() else { return };
    let alice = server.alice();
    let first = server.head(PRODUCTION);
    let second = alice.commit("second");
    for commit in [&second, &first, &second] {
        push(alice, &[(commit, PRODUCTION)]).ok();
    }
    assert_eq!(receipts(&server.sandbox), [second.clone(), first, second]);
}

#[test]
fn a_receipt_explains_one_move_and_no_later_one_past_the_gate() {
    let Some(server) = served() else { return };
    let alice = server.alice();
    server.sandbox.git(&["config", "core.logAllRefUpdates", "always"]).ok();
    let first = server.head(PRODUCTION);
    let second = alice.commit("second");
    for commit in [&second, &first] {
        push(alice, &[(commit, PRODUCTION)]).ok();
    }
    let unexplained = || {
        let states = trail(&server.sandbox)["states"].clone();
        let open = states.as_array().unwrap().iter().filter(|state| state["explained_by"].is_null()).count();
        (open, states)
    };
    assert_eq!(unexplained().0, 0, "{}", unexplained().1);
    server.sandbox.git(&["update-ref", PRODUCTION, &second]).ok();
    assert_eq!(unexplained().0, 1, "{}", unexplained().1);
    // The state stays unexplained even if `--since` is later than the move.
    let late = ["trail", "payments/production", "--since", "2100-01-01", "--json"];
    let view = server.sandbox.run(&late).code(1).json();
    let now = view["states"].as_array().unwrap().iter().find(|state| state["ref"] == PRODUCTION).unwrap();
    assert!(now["explained_by"].is_null(), "{view}");
}

#[test]
fn a_ref_that_no_receipt_can_name_and_one_that_leads_elsewhere_are_refused() {
    let Some(server) = served() else { return };
    let alice = server.alice();
    let first = server.head(PRODUCTION);
    let second = alice.commit("second");
    push(alice, &[(&second, "refs/heads/release/ü")]).code(1).stderr_has("printable ASCII");
    // Git treats a symbolic link whose target is the name of a ref as a symbolic ref.
    let heads = server.sandbox.repository.join("refs/heads");
    std::os::unix::fs::symlink(PRODUCTION, heads.join("alias")).unwrap();
    std::os::unix::fs::symlink("refs/heads/ledger", heads.join("book")).unwrap();
    for (old, name) in [(&first, "refs/heads/alias"), (&alice.ledger_head(), "refs/heads/book")] {
        let said = raw(&server.sandbox, alice, &[(old, &second, name)]);
        assert!(said.contains("it is an alias"), "{said}");
    }
    assert_eq!((server.head(PRODUCTION), server.head("refs/heads/ledger")), (first, alice.ledger_head()));
    push(alice, &[(&second, "refs/heads/release/u")]).ok().stderr_has("recorded");
}
