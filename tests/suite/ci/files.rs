//! The files that `ci emit` writes for a forge are valid by the schema of that forge, whatever the options are. Those
//! with a plain command are also accepted by zizmor (GitHub, Gitea) or shellcheck (generic).

use std::path::Path;

use crate::support::pipelines::{tool, with_programs};
use crate::support::sandbox::Sandbox;

/// Creates a ledger whose target is deployed from these refs.
fn with_branches(refs: &[&str]) -> Sandbox {
    let sandbox = Sandbox::new();
    let mut words = vec!["init", "--yes", "--service", "payments", "--environment", "production"];
    refs.iter().for_each(|name| words.extend(["--ref", name]));
    sandbox.run(&words).ok();
    sandbox
}

/// A command with characters that have a special meaning in a shell or in YAML.
const ODD: &str = "  echo \"${A:-'b'}\" # c: d\n\tcat <<'E' | tee 'it'\\''s'\n{ - : > | & * ! % @ ` }\nE";

/// Writes a file for each combination of forge, way to merge and command, below a folder for each forge. Returns the
/// paths.
fn written(sandbox: &Sandbox) -> Vec<String> {
    let mut paths = Vec::new();
    for forge in ["github", "gitea", "gitlab", "generic"] {
        for how in ["merge", "squash", "rebase", "fast-forward"] {
            if (forge, how) == ("github", "fast-forward") {
                continue;
            }
            for (number, command) in ["make deploy", ODD].into_iter().enumerate() {
                let folder = sandbox.root.path().join(forge).join(".github/workflows");
                std::fs::create_dir_all(&folder).unwrap();
                let file = folder.join(format!("{how}-{number}.yml")).display().to_string();
                let words = ["ci", "emit", forge, "--merge", how, "--deploy", command, "--build", command];
                let more = ["--install", command, "--artifact", "it's a file", "--out", &file];
                sandbox.run(&[&words[..], &more].concat()).ok();
                paths.push(file);
            }
        }
    }
    paths
}

/// Runs one of the checkers that `.ci/tools` installs, and asserts that the checker accepts these files.
fn passes(sandbox: &Sandbox, name: &str, words: &[&str], files: &[&str]) {
    let Some(tool) = tool(name) else { return };
    let words = [words, files].concat();
    with_programs(sandbox, sandbox.root.path(), &tool.display().to_string(), &words, &[]).ok();
}

#[test]
fn the_schemas_of_the_forges_zizmor_and_shellcheck_have_nothing_to_say() {
    let sandbox = with_branches(&[
        "refs/heads/production",
        "refs/heads/release/*",
        "refs/heads/it's-#1",
        "refs/heads/v?[1]",
        "refs/heads/a\"b",
    ]);
    let files = written(&sandbox);
    let of = |forge: &str| -> Vec<&str> {
        let part = format!("/{forge}/");
        files.iter().map(String::as_str).filter(|file| file.contains(&part)).collect()
    };
    for forge in ["github", "gitea"] {
        passes(&sandbox, "check-jsonschema", &["--builtin-schema", "vendor.github-workflows"], &of(forge));
        let plain: Vec<&str> = of(forge).into_iter().filter(|file| file.ends_with("-0.yml")).collect();
        passes(&sandbox, "zizmor", &["--offline", "--pedantic", "--no-progress"], &plain);
    }
    let gitlab = ["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"];
    passes(&sandbox, "check-jsonschema", &gitlab, &of("gitlab"));
    let plain: Vec<&str> = of("generic").into_iter().filter(|file| file.ends_with("-0.yml")).collect();
    passes(&sandbox, "shellcheck", &["-s", "sh"], &plain);
    // The examples are accepted, too, and so are the scripts of `ci setup`.
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/ci");
    let action = examples.join("action/action.yml").display().to_string();
    passes(&sandbox, "check-jsonschema", &["--builtin-schema", "vendor.github-actions"], &[&action]);
    passes(&sandbox, "zizmor", &["--offline", "--pedantic", "--no-progress"], &[&action]);
    passes(
        &sandbox,
        "check-jsonschema",
        &gitlab,
        &[&examples.join("gitlab/countersign.yml").display().to_string()],
    );
    for forge in ["github", "gitea", "gitlab", "generic"] {
        let script = sandbox.run(&["ci", "setup", forge]).ok().stdout;
        let file = sandbox.write(&format!("setup-{forge}.sh"), &script);
        passes(&sandbox, "shellcheck", &["-s", "sh"], &[&file]);
    }
}

#[test]
fn what_is_given_comes_back_as_it_was_given() {
    let sandbox = with_branches(&[
        "refs/heads/production",
        "refs/heads/release/*",
        "refs/heads/it's-#1",
        "refs/heads/v?[1]",
        "refs/heads/a\"b",
    ]);
    let Some(python) = tool("python3") else { return };
    let read = "import sys, json, ruamel.yaml\nprint(json.dumps(ruamel.yaml.YAML(typ='safe').load(open(sys.argv[1]))))";
    for file in
        written(&sandbox).iter().filter(|file| file.ends_with("-1.yml") && !file.contains("/generic/"))
    {
        let words = ["-c", read, file];
        let ran = with_programs(&sandbox, Path::new("/"), &python.display().to_string(), &words, &[]).ok();
        let read = ran.json();
        if file.contains("/gitlab/") {
            let job = &read["countersign-deploy-payments-production"];
            let script: String =
                job["script"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
            let quoted = ODD.replace('\'', "'\\''");
            assert!(script.contains(&quoted), "{script}");
            let rule = job["rules"][0]["if"].as_str().unwrap();
            assert!(rule.contains("\"it's-#1\"") && rule.contains("/^release\\/[^\\/]*$/"), "{rule}");
            assert!(rule.contains("\"v?[1]\""), "{rule}");
        } else {
            assert_eq!(
                read["on"]["push"]["branches"],
                serde_json::json!(["production", "release/*", "it's-#1", "v\\?\\[1\\]", "a\"b"])
            );
            let steps = read["jobs"]["deploy"]["steps"].as_array().unwrap();
            let deploy = steps.iter().find(|step| step["id"] == "deploy").unwrap();
            assert_eq!(deploy["run"].as_str().unwrap(), format!("{ODD}\n"));
            assert_eq!(deploy["shell"], "bash");
        }
    }
}

#[test]
fn what_cannot_be_written_is_refused_before_anything_is() {
    let sandbox = with_branches(&["refs/heads/production"]);
    let out = sandbox.root.path().join("out.yml").display().to_string();
    for words in [
        vec!["--deploy", "a\u{7}b"],
        vec!["--deploy", " "],
        vec!["--deploy", "x", "--artifact", "a\rb"],
        vec!["payments/staging", "--deploy", "x"],
        vec!["--deploy", "x", "--merge", "magic"],
        vec![],
    ] {
        sandbox.run(&[&["ci", "emit", "github", "--out", &out], &words[..]].concat()).code(2);
        assert!(!Path::new(&out).exists(), "{words:?}");
    }
    // A file that `ci emit` did not write is not overwritten.
    let theirs = sandbox.write("theirs.yml", "on: push\n");
    sandbox
        .run(&["ci", "emit", "github", "--deploy", "x", "--out", &theirs])
        .code(2)
        .stderr_has("did not write it");
    assert_eq!(std::fs::read_to_string(&theirs).unwrap(), "on: push\n");
    let again = ["ci", "emit", "github", "--deploy", "x", "--out", &out];
    sandbox.run(&again).ok();
    sandbox.run(&again).ok();
    sandbox.run(&["ci", "emit", "github", "--merge", "fast-forward", "--deploy", "x"]).code(2);
    sandbox.run(&["ci", "emit", "jenkins", "--deploy", "x"]).code(2).stderr_has("generic");
    let elsewhere = Sandbox::new();
    elsewhere.run(&["ci", "emit", "github", "--deploy", "x"]).code(3);
}

#[test]
fn no_two_targets_have_the_same_file() {
    let sandbox = Sandbox::new();
    sandbox.run(&["init", "--yes", "--service", "a-b", "--environment", "c"]).ok();
    sandbox.run(&["policy", "target", "add", "a/b-c", "a/b", "--ref", "refs/heads/x"]).ok();
    let suggested = |target: &str| {
        let check = sandbox.run(&["ci", "check", "gitlab", target, "--json"]).code(1).json();
        let found =
            check["examinations"].as_array().unwrap().iter().find(|one| one["name"] == "pipeline").unwrap();
        found["found"][0]["next"].as_str().unwrap().rsplit(' ').next().unwrap().to_owned()
    };
    assert_eq!(suggested("a/b"), ".gitlab/countersign-a-b.yml");
    assert_ne!(suggested("a-b/c"), suggested("a/b-c"));
}
