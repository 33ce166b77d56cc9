//! `countersign record` with options only.

use crate::support::house::{ASK, override_, recorded, team_with_policy};
use crate::support::sandbox::Sandbox;

#[test]
fn outcomes_and_releases_are_recorded_with_options_alone() {
    let sandbox = team_with_policy("\n[[policy.quorum]]\nof = \"overrides\"\nteam = \"nobody\"\ncount = 0\n");
    let receipt = sandbox.run(&[ASK, &["--record", "--json"]].concat()).ok().json()["receipt"]
        .as_str()
        .unwrap()
        .to_owned();
    let record = |words: &[&str]| sandbox.run(&[&["record", "outcome"], words].concat());
    recorded(
        record(&["--of", &receipt[..8], "--result", "succeeded", "--measured", "errors=0.01", "--json"]),
        "outcome",
    );
    record(&["--of", &receipt]).code(2);
    record(&["--of", &receipt, "--result", "fine"]).code(2);
    record(&["--of", &receipt, "--result", "failed", "--measured", "errors"])
        .code(2)
        .stderr_has("METRIC=VALUE");
    record(&["--of", &receipt, "--result", "failed", "--measured", "errors=+1"]).code(2);
    let early = [
        "--of",
        &receipt,
        "--result",
        "failed",
        "--started-at",
        "2026-01-02T00:00:00Z",
        "--ended-at",
        "2026-01-01T00:00:00Z",
    ];
    record(&early).code(2);
    let plan = sandbox.run(&["log", "--kind", "rollback-plan", "--json"]).ok().json()["records"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    // An outcome of a rehearsal names a plan, and an outcome of a deployment names a receipt, not the other way round.
    // The author of a plan cannot rehearse it.
    for (of, result) in [(&receipt, "rehearsed"), (&plan, "succeeded"), (&plan, "rehearsed")] {
        let ran = record(&["--of", of, "--result", result]);
        assert!(matches!(ran.code, Some(1 | 2)), "{result}: {}", ran.stderr);
    }
    sandbox.bob(&["record", "outcome", "--of", &plan, "--result", "rehearsed"]).ok();
    sandbox.run(&["status", "--json"]).ok().json()["targets"][0]["delivery"]["succeeded"]
        .as_u64()
        .filter(|succeeded| *succeeded == 1)
        .unwrap();
    // Releases this commit, and accepts every live override.
    let open = override_(&sandbox, "");
    let release = recorded(
        sandbox.run(&["record", "release", "--commit", "HEAD", "--accept-all", "--json"]),
        "release",
    );
    let shown = sandbox.run(&["show", release["id"].as_str().unwrap(), "--raw"]).ok();
    assert!(
        shown.stdout.contains(&format!("exceptions = [\"{open}\"]")) && shown.stdout.contains(&plan),
        "{}",
        shown.stdout
    );
    let artifact = sandbox.write("payments.tar", "built");
    let words = ["record", "release", "--artifact", &artifact, "--exception", &open[..8], "--json"];
    recorded(sandbox.run(&words), "release");
    sandbox.run(&["record", "release", "--commit", "nowhere"]).code(2);
    sandbox
        .run(&["record", "release", "--service", "payments", "--service", "b", "--environment", "production"])
        .code(2);
    sandbox.run(&["record", "release", "--exception", "ffffffff"]).code(2);
    sandbox.run(&["record", "release", "--artifact", "/nowhere"]).stderr_has("nowhere");
}

/// A squash merge drops the commits of a redesign, so that the redesign would never take effect (attack M14).
#[test]
fn a_redesign_whose_commits_no_ref_of_its_targets_contains_is_warned_about() {
    let sandbox = Sandbox::with_ledger();
    let redesign = |commit: &str| {
        let text = format!(
            "[redesign]\nworkflow = \"vendor-import\"\nroot_causes = [\"feed-stale\"]\nservices = [\"payments\"]\n\
             environments = [\"production\"]\nsummary = \"s\"\ncause = \"c\"\nowner = \"alice\"\nchange = \"code\"\n\
             due = {}\n[[redesign.commit]]\nid = \"{commit}\"\n",
            sandbox.in_days(3)
        );
        let file = sandbox.write("redesign.toml", &text);
        sandbox.run(&["record", "redesign", "-f", &file]).ok()
    };
    sandbox.git(&["checkout", "-q", "-b", "feature"]).ok();
    let commit = sandbox.commit("on a branch");
    redesign(&commit)
        .stderr_has("warning: no ref of the redesign's targets contains")
        .stderr_has(&commit[..7]);
    sandbox.git(&["checkout", "-q", "production"]).ok();
    sandbox.git(&["merge", "-q", "--ff-only", "feature"]).ok();
    let ran = redesign(&commit);
    assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
}

#[test]
fn no_value_of_a_repeated_option_is_dropped() {
    let sandbox = Sandbox::with_ledger();
    let plan = sandbox.plan("removal");
    let (one, two) = (sandbox.exception("a"), sandbox.exception("b"));
    let exception = crate::support::sandbox::exception("s", "t");
    let outcome = ["record", "outcome", "--of", &plan, "--result", "rolled-back"];
    let release = ["record", "release", "--summary", "s"];
    for (words, option, values, message) in [
        (&exception[..], "--root-cause", ["d", "e"], "an exception has one root cause"),
        (&exception[..], "--commit", ["HEAD", "HEAD~0"], "an exception names one commit"),
        (&release[..], "--commit", ["HEAD", "HEAD~0"], "a release is of one commit"),
        (&outcome[..], "--exception", [&one, &two], "an outcome names one exception"),
    ] {
        let more = [option, values[0], option, values[1]];
        sandbox.run(&[words, &more].concat()).code(2).stderr_has(message);
    }
}
