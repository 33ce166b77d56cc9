//! The files of a pipeline: whether one asks the gate about a target, and does what follows from the answer.

use std::path::{Path, PathBuf};

use super::finding::Symptom;
use super::piped::Piped;
use crate::ci::Forge;
use crate::store;
use crate::workspace::Workspace;

/// The largest file that is read, in bytes.
const MOST_BYTES: u64 = 1024 * 1024;

/// What a pipeline has to say, and what it means if it does not.
struct Needed {
    said: &'static str,
    otherwise: &'static str,
}

/// What every pipeline says.
const COMMANDS: &[Needed] = &[
    Needed { said: "--record", otherwise: "records no receipt" },
    Needed { said: "receipt verify", otherwise: "verifies no receipt before it deploys" },
    Needed { said: "record outcome", otherwise: "records no outcome, so no deployment is confirmed" },
];

/// What a workflow of GitHub or Gitea says.
const ACTIONS: &[Needed] = &[
    Needed { said: "pull_request:", otherwise: "does not ask about pull requests" },
    Needed { said: "fetch-depth: 0", otherwise: "does not fetch the full history" },
    Needed {
        said: "persist-credentials: false",
        otherwise: "leaves its token in the clone for whatever runs there",
    },
    Needed { said: "permissions:", otherwise: "has every permission of the token" },
    Needed { said: "concurrency:", otherwise: "can deploy twice at the same time" },
    Needed { said: "COUNTERSIGN_LEDGER_ID", otherwise: "names no ledger id" },
    Needed { said: "always()", otherwise: "records no outcome of a deployment that fails" },
];

/// What a file of GitLab says.
const GITLAB: &[Needed] = &[
    Needed { said: "merge_request_event", otherwise: "does not ask about merge requests" },
    Needed { said: "GIT_DEPTH: \"0\"", otherwise: "does not fetch the full history" },
    Needed { said: "resource_group:", otherwise: "can deploy twice at the same time" },
    Needed { said: "after_script:", otherwise: "records no outcome of a deployment that fails" },
];

pub(super) fn examine(workspace: &Workspace, branches: &[String], piped: &Piped<'_>) -> Vec<Symptom> {
    let (forge, target) = (piped.forge, piped.target);
    let emit = format!(
        "countersign ci emit {} {target} --deploy 'COMMAND' --out {}",
        forge.name(),
        forge.path(target)
    );
    let Some(top) = workspace.repository.work_tree() else {
        return vec![Symptom::note("this is a bare repository: its pipelines are looked for in a clone")];
    };
    let name = target.to_string();
    let asking: Vec<(PathBuf, String)> = files(top, forge)
        .into_iter()
        .filter_map(|path| Some((path.strip_prefix(top).ok()?.to_owned(), said_in(&path)?)))
        .filter(|(_, said)| said.contains("countersign") && said.contains(&name))
        .collect();
    if asking.is_empty() {
        return vec![
            Symptom::wrong(format!("no file of {} asks the gate about {target}", forge.folder())).next(emit),
        ];
    }
    let paths: Vec<String> = asking.iter().map(|(path, _)| path.display().to_string()).collect();
    let said: String = asking.iter().map(|(_, said)| said.as_str()).collect();
    let shown = paths.join(", ");
    let mut found: Vec<Symptom> = asked_wrong(&said, &name, forge)
        .map(|why| Symptom::wrong(format!("{shown} {why}")).next(emit.clone()))
        .into_iter()
        .collect();
    let missing = needed(forge, &said)
        .filter(|needed| !said.contains(needed.said))
        .map(|needed| Symptom::wrong(format!("{shown}: it {}", needed.otherwise)).next(emit.clone()));
    found.extend(missing);
    if let Some(file) = not_included(forge, top, &asking) {
        found.push(
            Symptom::wrong(format!(".gitlab-ci.yml does not include {file}, so nothing runs it"))
                .next(format!("printf 'include:\\n  - local: {file}\\n' >>.gitlab-ci.yml")),
        );
    }
    let unnamed = branches.iter().filter(|branch| forge != Forge::Generic && !is_named(branch, &said, &name));
    found.extend(unnamed.map(|branch| {
        Symptom::wrong(format!("{shown}: it does not run for the branch {branch}")).next(emit.clone())
    }));
    if said.contains("pull_request_target") {
        found.push(Symptom::wrong(format!(
            "{shown}: it gives its secrets to pull requests of strangers (pull_request_target)"
        )));
    }
    if found.is_empty() {
        found.push(Symptom::good(format!("{shown}: the gate is asked, and what became of it is recorded")));
    }
    found
}

/// Why what it asks the gate is not what it should ask; `None` if it is.
fn asked_wrong(said: &str, target: &str, forge: Forge) -> Option<&'static str> {
    if calls_action(said) || (forge == Forge::Gitlab && said.contains("extends:")) {
        return None;
    }
    let asks = |line: &str| line.split_once(" gate ").is_some_and(|(_, rest)| rest.starts_with(target));
    // A command may go on after a backslash.
    let joined = said.replace("\\\n", " ");
    let asked: Vec<&str> =
        joined.lines().filter(|line| line.contains("countersign") && line.contains(" gate ")).collect();
    if asked.is_empty() {
        return Some("never asks the gate");
    }
    (!asked.iter().all(|line| asks(line))).then_some("asks the gate about another target")
}

/// Whether a workflow leaves the commands to an action of ours.
fn calls_action(said: &str) -> bool {
    said.lines().any(|line| line.contains("uses:") && line.contains("countersign"))
}

/// The file that `.gitlab-ci.yml` should include, and does not.
fn not_included(forge: Forge, top: &Path, asking: &[(PathBuf, String)]) -> Option<String> {
    if forge != Forge::Gitlab || asking.iter().any(|(path, _)| path == Path::new(".gitlab-ci.yml")) {
        return None;
    }
    let main = said_in(&top.join(".gitlab-ci.yml")).unwrap_or_default();
    let files = asking.iter().map(|(path, _)| path.display().to_string());
    files.into_iter().find(|file| !main.contains(file.as_str()))
}

/// Whether a branch is named, other than as a part of the target or as its environment.
fn is_named(branch: &str, said: &str, target: &str) -> bool {
    let is_apart = |letter: char| letter.is_whitespace() || "\"'[],=/()^$".contains(letter);
    let places = said.lines().filter(|line| !line.trim_start().starts_with("environment:"));
    let mut lines =
        places.filter(|line| !line.trim_start().starts_with("name:")).map(|line| line.replace(target, ""));
    // A pattern is written in another way by each forge, so its beginning has to do.
    let sure = branch.split(['*', '?']).next().unwrap_or_default();
    lines.any(|line| {
        if sure.len() < branch.len() {
            return line.replace('\\', "").contains(sure);
        }
        line.match_indices(branch).any(|(at, _)| {
            let before = line.get(..at).unwrap_or_default().chars().next_back();
            let after = line.get(at + branch.len()..).unwrap_or_default().chars().next();
            before.is_none_or(is_apart) && after.is_none_or(is_apart)
        })
    })
}

/// Returns what the files of a forge have to say. One that calls an action of ours leaves the commands to that.
fn needed(forge: Forge, said: &str) -> impl Iterator<Item = &'static Needed> {
    let calls = calls_action(said);
    let commands = if calls || said.contains("extends: .countersign") { &[] } else { COMMANDS };
    let of_forge = match forge {
        Forge::Github | Forge::Gitea => ACTIONS,
        Forge::Gitlab => GITLAB,
        Forge::Generic => &[],
    };
    let is_theirs = move |needed: &&Needed| !(calls && needed.said == "always()");
    commands.iter().chain(of_forge.iter().filter(is_theirs))
}

/// Returns the files that a forge may read, in order.
fn files(top: &Path, forge: Forge) -> Vec<PathBuf> {
    let mut found = store::files(&top.join(forge.folder()), &["yml", "yaml", "sh"]).unwrap_or_default();
    if forge == Forge::Gitlab {
        found.push(top.join(".gitlab-ci.yml"));
    }
    found
}

/// Returns what a file says, without lines that are comments.
fn said_in(path: &Path) -> Option<String> {
    let bytes = store::read(path, MOST_BYTES).ok()??;
    let text = String::from_utf8(bytes).ok()?;
    Some(
        text.lines()
            .filter(|line| !line.trim_start().starts_with('#'))
            .fold(String::new(), |said, line| said + line + "\n"),
    )
}
