//! The files of a pipeline: whether they ask the gate about a target, and act on the answer. The files are not parsed,
//! only searched for words.

use std::path::{Path, PathBuf};

use super::finding::Symptom;
use super::piped::Piped;
use crate::ci::Forge;
use crate::store;
use crate::workspace::Workspace;

/// The size of the largest file that is read, in bytes.
const MOST_BYTES: u64 = 1024 * 1024;

/// The file that GitLab reads first. It includes the other files that GitLab reads.
const GITLAB_FIRST: &str = ".gitlab-ci.yml";

/// A text that a pipeline must contain, and what is wrong with a pipeline that lacks it.
struct Needed {
    said: &'static str,
    otherwise: &'static str,
}

/// What every pipeline must contain.
const COMMANDS: &[Needed] = &[
    Needed { said: "--record", otherwise: "records no receipt" },
    Needed { said: "receipt verify", otherwise: "verifies no receipt before it deploys" },
    Needed { said: "record outcome", otherwise: "records no outcome, so no deployment is confirmed" },
];

/// What a workflow of GitHub or Gitea must contain.
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
    Needed { said: "COUNTERSIGN_AT_LEAST", otherwise: "believes an older ledger" },
    Needed { said: "always()", otherwise: "records no outcome of a deployment that fails" },
];

/// What a pipeline of GitLab must contain.
const GITLAB: &[Needed] = &[
    Needed { said: "merge_request_event", otherwise: "does not ask about merge requests" },
    Needed { said: "GIT_DEPTH: \"0\"", otherwise: "does not fetch the full history" },
    Needed { said: "resource_group:", otherwise: "can deploy twice at the same time" },
    Needed { said: "after_script:", otherwise: "records no outcome of a deployment that fails" },
];

pub(super) fn examine(workspace: &Workspace, branches: &[String], piped: &Piped<'_>) -> Vec<Symptom> {
    let (forge, target) = (piped.forge, piped.target);
    let name = target.to_string();
    let emit = format!(
        "countersign ci emit {} {target} --deploy 'COMMAND' --out {}",
        forge.name(),
        forge.path(target)
    );
    let Some(top) = workspace.repository.work_tree() else {
        return vec![Symptom::note("this is a bare repository: pipelines are examined in a clone")];
    };
    let (asking, stray) = asking(top, forge, &name);
    if let Some(file) = stray {
        let found = format!("{GITLAB_FIRST} does not include {file}, so nothing runs it");
        if said_in(&top.join(GITLAB_FIRST)).is_some_and(|first| includes_others(&first)) {
            return vec![Symptom::wrong(format!("{found}: add it to the list under include:"))];
        }
        let include = format!("printf 'include:\\n  - local: {file}\\n' >>{GITLAB_FIRST}");
        return vec![Symptom::wrong(found).next(include)];
    }
    if asking.is_empty() {
        let found = format!("no file of {} asks the gate about {target}", forge.folder());
        return vec![Symptom::wrong(found).next(emit)];
    }
    let shown: Vec<String> = asking.iter().map(|(path, _)| path.display().to_string()).collect();
    let (shown, said) = (shown.join(", "), asking.iter().map(|(_, said)| said.as_str()).collect::<String>());
    let missing = needed(forge).filter(|needed| !said.contains(needed.said)).map(|needed| needed.otherwise);
    let mut wrong: Vec<String> =
        asked_wrong(&said, &name).into_iter().chain(missing).map(str::to_owned).collect();
    let unnamed = branches.iter().filter(|branch| forge != Forge::Generic && !is_named(branch, &said, &name));
    wrong.extend(unnamed.map(|branch| format!("does not run for the branch {branch}")));
    if said.contains("pull_request_target") {
        wrong.push("gives its secrets to pull requests of strangers (pull_request_target)".to_owned());
    }
    if wrong.is_empty() {
        return vec![Symptom::good(format!(
            "{shown}: asks the gate and records the outcome, judging by its text only"
        ))];
    }
    wrong.into_iter().map(|why| Symptom::wrong(format!("{shown}: it {why}")).next(emit.clone())).collect()
}

/// Returns the files that seem to ask the gate about a target. The text beside each file is its own, and that of the
/// files that it includes or uses. The second value is the path of a file that seems to ask, but that [`GITLAB_FIRST`]
/// does not include. It is returned only for GitLab, and only if no file that GitLab runs seems to ask.
fn asking(top: &Path, forge: Forge, target: &str) -> (Vec<(PathBuf, String)>, Option<String>) {
    let is_about = |said: &str| said.contains("countersign") && words(said, target).next().is_some();
    let in_folder = store::files(&top.join(forge.folder()), &["yml", "yaml", "sh"]).unwrap_or_default();
    let read = |path: PathBuf| Some((path.strip_prefix(top).ok()?.to_owned(), said_in(&path)?));
    let files: Vec<(PathBuf, String)> = in_folder.into_iter().filter_map(read).collect();
    if forge != Forge::Gitlab {
        let with_actions = |(path, said): (PathBuf, String)| (path, said.clone() + &actions(top, &said));
        return (files.into_iter().map(with_actions).filter(|(_, said)| is_about(said)).collect(), None);
    }
    let first = said_in(&top.join(GITLAB_FIRST)).unwrap_or_default();
    let is_included = |path: &Path| first.contains(&path.display().to_string());
    let stray = files.iter().find(|(path, said)| is_about(said) && !is_included(path));
    let included: String =
        files.iter().filter(|(path, _)| is_included(path)).map(|(_, said)| said.as_str()).collect();
    let all = first.clone() + &included;
    if is_about(&all) {
        return (vec![(GITLAB_FIRST.into(), all)], None);
    }
    (Vec::new(), stray.map(|(path, _)| path.display().to_string()))
}

/// Whether a file of GitLab has an `include:` already. A second one would be a duplicate key.
fn includes_others(first: &str) -> bool {
    first.lines().any(|line| line.starts_with("include:"))
}

/// Returns the texts of those actions that a workflow uses from its own repository, one after the other.
fn actions(top: &Path, said: &str) -> String {
    let used = said.lines().filter_map(|line| line.split_once("uses: ./"));
    let folder = |path: &str| top.join(path.trim().trim_matches(['\'', '"']));
    let text =
        |path: &str| ["action.yml", "action.yaml"].iter().find_map(|name| said_in(&folder(path).join(name)));
    used.filter_map(|(_, path)| text(path)).collect()
}

/// Returns what is wrong with the questions that a pipeline asks the gate, as a phrase: the pipeline asks none, or one
/// about another target. `None` if nothing is wrong.
fn asked_wrong(said: &str, target: &str) -> Option<&'static str> {
    // A command may continue on the next line after a backslash.
    let joined = said.replace("\\\n", " ");
    let asked = joined.lines().filter(|line| line.contains("countersign")).filter_map(|line| {
        let (_, rest) = line.split_once(" gate ")?;
        rest.split_whitespace().next().map(|word| word.trim_matches('"'))
    });
    let asked: Vec<&str> = asked.collect();
    if asked.is_empty() {
        return Some("never asks the gate");
    }
    let is_about = |word: &&str| *word == target || word.starts_with('$');
    (!asked.iter().all(is_about)).then_some("asks the gate about another target")
}

/// Returns the byte offsets at which a text contains a name, but not as a part of a longer name.
fn words<'a>(said: &'a str, name: &'a str) -> impl Iterator<Item = usize> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || "._-/*".contains(letter);
    said.match_indices(name).map(|(at, _)| at).filter(move |at| {
        let before = said.get(..*at).unwrap_or_default().chars().next_back();
        let after = said.get(at + name.len()..).unwrap_or_default().chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

/// Whether a text names a branch. The name of the target does not count, nor does a line that begins with
/// `environment:` or `name:`.
fn is_named(branch: &str, said: &str, target: &str) -> bool {
    let is_other =
        |line: &&str| ["environment:", "name:"].iter().any(|start| line.trim_start().starts_with(start));
    let lines =
        said.lines().filter(|line| !is_other(line)).map(|line| line.replace(target, "").replace('\\', ""));
    // Each forge writes patterns in its own way, so only the part before the first `*` is searched for.
    let sure = branch.split('*').next().unwrap_or_default();
    let is_pattern = sure.len() < branch.len();
    lines
        .into_iter()
        .any(|line| if is_pattern { line.contains(sure) } else { words(&line, branch).next().is_some() })
}

/// Returns what a pipeline must contain on a forge.
fn needed(forge: Forge) -> impl Iterator<Item = &'static Needed> {
    let of_forge = match forge {
        Forge::Github | Forge::Gitea => ACTIONS,
        Forge::Gitlab => GITLAB,
        Forge::Generic => &[],
    };
    COMMANDS.iter().chain(of_forge)
}

/// Returns the text of a file without its comment lines; `None` if it cannot be read.
fn said_in(path: &Path) -> Option<String> {
    let bytes = store::read(path, MOST_BYTES).ok()??;
    let text = String::from_utf8(bytes).ok()?;
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    Some(lines.fold(String::new(), |said, line| said + line + "\n"))
}
