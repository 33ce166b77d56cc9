//! The story that `examples/story.md` tells. Its drafts, in `tests/story`, are signed and recorded in order,
//! and at each step the gate answers what the files there expect. `COUNTERSIGN_BLESS=1` writes the files
//! again, with the ids in the drafts and the blocks of the page. The program itself cannot play the story:
//! the times are arguments here, and the program reads the clock.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use countersign::ask::{self, GateRequest, Unchanged, decide};
use countersign::gate::{Question, Wanted};
use countersign::ledger::{self, Given, Loaded, load};
use countersign::policy::Duties;
use countersign::record::draft::Draft;
use countersign::record::field::Elements;
use countersign::record::kind::receipt::Answer;
use countersign::record::{Body, Evidence, Kind};
use countersign::render::{
    By, GateView, GrantQuestion, GrantView, PatternsView, Shown, StatusInput, StatusView, Tasks, Width,
    gate_text, grant_text, patterns_text, status_text,
};
use countersign::replay::Pushed;
use countersign::state::{NoState, RefAtRemote};
use countersign::value::{Ascii, CommitId, MemberName, RecordId, Target};
use countersign::workspace::Workspace;
use toml_05::Value;

use crate::support::ledger::{Actor, Ledger, time};
use crate::support::second_verifier::Objects;
use crate::support::whole::WholeState;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join("story")
}

/// The page that tells the story.
fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join("story.md")
}

fn blesses() -> bool {
    std::env::var_os("COUNTERSIGN_BLESS").is_some()
}

const PEOPLE: [&str; 5] = ["alice", "bob", "carol", "dave", "svc-vendor-import"];

/// A step of `story.toml`.
struct Step {
    name: String,
    by: Option<&'static str>,
    at: String,
    commit: String,
    environment: String,
    previous: Option<String>,
    restore: bool,
    record: bool,
    also: Vec<String>,
    me: Option<MemberName>,
    grant: Vec<String>,
}

impl Step {
    fn new(table: &Value) -> Self {
        let text = |name: &str| table.get(name).map(|value| value.as_str().unwrap().to_owned());
        let list = |name: &str| {
            let items = table.get(name).and_then(Value::as_array).into_iter().flatten();
            items.map(|item| item.as_str().unwrap().to_owned()).collect()
        };
        let is_set = |name: &str| table.get(name).is_some();
        Self {
            name: text("name").unwrap(),
            by: text("by").map(|by| *PEOPLE.iter().find(|person| **person == by).unwrap()),
            at: table["at"].to_string(),
            commit: text("commit").unwrap(),
            environment: text("environment").unwrap_or("production".to_owned()),
            previous: text("previous"),
            restore: is_set("restore"),
            record: is_set("record"),
            also: list("also"),
            me: text("me").map(|me| me.parse().unwrap()),
            grant: list("grant"),
        }
    }

    fn draft(&self) -> PathBuf {
        folder().join(format!("{}.toml", self.name))
    }
}

/// The story while it is played.
struct Story {
    ledger: Ledger,
    /// The repository of the ledger and of the code.
    repository: tempfile::TempDir,
    commits: BTreeMap<String, CommitId>,
    records: BTreeMap<String, RecordId>,
    /// Each file that the story expects, by its path, and the command that prints it.
    expected: BTreeMap<String, (String, String)>,
}

impl Story {
    fn begin(commits: &[Value]) -> Self {
        let mut code = Objects::default();
        let mut ids: BTreeMap<String, CommitId> = BTreeMap::new();
        let mut parent = String::new();
        for commit in commits {
            let text = |name: &str| commit[name].as_str().unwrap().to_owned();
            let seconds = time(&commit["at"].to_string()).since(time("2000-01-01T00:00:00Z")) + 946_684_800;
            let file = vec![("CHANGES".to_owned(), format!("{}\n", text("title")).into_bytes())];
            let tree = code.tree(&file);
            let who = format!("Payments <payments@example.org> {seconds} +0000");
            let id = code.commit(&format!(
                "tree {tree}\n{parent}author {who}\ncommitter {who}\n\n{}\n",
                text("title")
            ));
            parent = format!("parent {id}\n");
            ids.insert(text("name"), id.parse().unwrap());
        }
        let head = ids[commits.last().unwrap()["name"].as_str().unwrap()].to_string();
        let repository = code.write_repository(&head);
        code.write_into(repository.path(), "production", &head);
        Self {
            ledger: Ledger::empty(),
            repository,
            commits: ids,
            records: BTreeMap::new(),
            expected: BTreeMap::new(),
        }
    }

    /// The ledger as the program would load it.
    fn load(&self) -> (Workspace, Loaded) {
        let head = self.ledger.parent.as_ref().unwrap().to_string();
        self.ledger.objects.write_into(self.repository.path(), "ledger", &head);
        let workspace = Workspace::open(self.repository.path()).unwrap();
        let given = Given { ledger_id: self.ledger.id, full: true, ..Given::default() };
        let loaded = load(&workspace, &given, &mut |_, _| ()).unwrap();
        (workspace, loaded)
    }

    /// The value of a name in a comment of a draft.
    fn resolve(&self, words: &str) -> String {
        let mut words = words.split_whitespace();
        match (words.next(), words.next()) {
            (Some("key"), Some(name)) => {
                Actor::new(PEOPLE.iter().find(|person| **person == name).unwrap()).line()
            }
            (Some("commit"), Some(name)) => self.commits[name].to_string(),
            (Some(step), None) => self.records.get(step).unwrap_or_else(|| panic!("no {step}")).to_string(),
            other => panic!("{other:?}"),
        }
    }

    /// Reads a draft. Each value with a comment such as `# @05-rollback-plan` is replaced by what the comment
    /// names.
    fn read(&self, path: &Path) -> String {
        let text = std::fs::read_to_string(path).unwrap();
        let line = |line: &str| match line.split_once("# @") {
            None => line.to_owned(),
            Some((before, name)) => {
                let (begin, rest) = before.split_once('"').unwrap();
                let (_, end) = rest.split_once('"').unwrap();
                format!("{begin}\"{}\"{end}# @{name}", self.resolve(name))
            }
        };
        let whole: String = text.lines().map(|text| line(text) + "\n").collect();
        if blesses() {
            std::fs::write(path, &whole).unwrap();
        }
        assert_eq!(text.lines().count(), whole.lines().count());
        assert!(blesses() || text == whole, "{} names other ids:\n{whole}", path.display());
        whole
    }

    fn append(
        &mut self,
        author: &'static str,
        body: Body,
        evidence: Elements<Evidence>,
        at: &str,
    ) -> RecordId {
        let mut record = self.ledger.record(author, body, at);
        record.evidence = evidence;
        let actor = Actor::new(author);
        match self.ledger.push_files(&actor, &[actor.file(&record.payload())]) {
            Pushed::Counted { .. } => record.id(),
            Pushed::Broken { findings } => panic!("{findings:?}"),
        }
    }

    fn play(&mut self, step: &Step) {
        if step.draft().exists() {
            let text = self.read(&step.draft());
            let heads = |kind: &Kind| text.lines().any(|line| line == format!("[{kind}]"));
            let kind = Kind::ALL.iter().copied().find(heads).unwrap();
            let draft = Draft::read(text.as_bytes(), kind)
                .unwrap_or_else(|errors| panic!("{}: {errors:#?}", step.name));
            let id = self.append(step.by.unwrap(), draft.body, draft.evidence, &step.at);
            assert_eq!(self.ledger.void(&id), None, "{}", step.name);
            self.records.insert(step.name.clone(), id);
        }
        let (workspace, loaded) = self.load();
        let state = loaded.state().map(WholeState::from);
        self.ask(step, &workspace, &loaded, state.as_ref());
        if let Ok(state) = &state {
            self.ask_more(step, &workspace, &loaded, state);
        }
    }

    fn ask(
        &mut self,
        step: &Step,
        workspace: &Workspace,
        loaded: &Loaded,
        state: Result<&WholeState, &NoState>,
    ) {
        let mut command = format!(
            "countersign gate --service payments --environment {} --commit {}",
            step.environment,
            self.commits[&step.commit].short()
        );
        let mut options: Vec<Ascii> = Vec::new();
        if let Some(previous) = &step.previous {
            command.push_str(&format!(" \\\n    --previous {}", self.commits[previous].short()));
            options.push("--previous".parse().unwrap());
        }
        if step.restore {
            command.push_str(" \\\n    --restore");
            options.push("--restore".parse().unwrap());
        }
        let asked = GateRequest {
            question: Question {
                target: target(&step.environment),
                commit: self.commits[&step.commit].clone(),
                wanted: if step.restore { Wanted::Restoration } else { Wanted::Expansion },
                artifacts: Vec::new(),
                options,
            },
            told: step.previous.as_ref().map(|name| RefAtRemote {
                name: "refs/heads/production".parse().unwrap(),
                holds: Some(self.commits[name].clone()),
            }),
            given: None,
            unchanged: Unchanged::Decided,
            as_of: None,
        };
        let decided = decide(workspace, loaded, state.map(|state| &**state), asked, time(&step.at)).unwrap();
        let mut receipt = None;
        if step.record {
            command.push_str(if command.contains('\\') { " --record" } else { " \\\n    --record" });
            assert_eq!(
                decided.decision.answer,
                Answer::Allowed,
                "{}: {:#?}",
                step.name,
                decided.decision.checks
            );
            let trust = loaded.replay.past().trust().unwrap().id();
            let body = Body::Receipt(Arc::new(ask::receipt_of(&decided, trust).unwrap()));
            let id = self.append(step.by.unwrap(), body, Elements::from(Vec::new()), &step.at);
            assert_eq!(self.ledger.void(&id), None, "{}", step.name);
            self.records.insert(step.name.clone(), id);
            receipt = Some(id);
        }
        let view = GateView::new(&decided, receipt.as_ref(), &Duties::default(), &Tasks::default());
        let text = gate_text(&decided, &view, Shown::Brief, "").lay_out(Width::of_terminal(80));
        self.expect(
            step,
            "json",
            &format!("{command} --json"),
            &(serde_json::to_string_pretty(&view).unwrap() + "\n"),
        );
        self.expect(step, "txt", &command, &text);
    }

    fn ask_more(&mut self, step: &Step, workspace: &Workspace, loaded: &Loaded, state: &WholeState) {
        let now = time(&step.at);
        for also in &step.also {
            let (command, text) = match also.as_str() {
                "status" => {
                    let commit = &self.commits[&step.commit];
                    let decisions: Vec<_> = state
                        .policy
                        .targets()
                        .iter()
                        .map(|rules| {
                            let question = Question {
                                target: rules.target(),
                                commit: commit.clone(),
                                wanted: Wanted::Expansion,
                                artifacts: Vec::new(),
                                options: Vec::new(),
                            };
                            decide(
                                workspace,
                                loaded,
                                Ok(state),
                                GateRequest {
                                    question,
                                    told: None,
                                    given: None,
                                    unchanged: Unchanged::Decided,
                                    as_of: None,
                                },
                                now,
                            )
                            .unwrap()
                        })
                        .collect();
                    let (me, decisions) = (step.me.as_ref(), decisions.as_slice());
                    let input = StatusInput {
                        decisions,
                        loaded,
                        me,
                        outbox: 0,
                        commit: Some(commit),
                        asked_at: None,
                        since: None,
                        now,
                    };
                    let text = status_text(&StatusView::new(state, &input).unwrap(), me)
                        .lay_out(Width::of_terminal(80));
                    (format!("countersign status --commit {}", commit.short()), text)
                }
                "patterns" => {
                    let view = PatternsView::all(state.folded(), By::Cause, now);
                    (
                        "countersign patterns".to_owned(),
                        patterns_text(&view, Shown::Brief).lay_out(Width::of_terminal(80)),
                    )
                }
                "grant" => {
                    let [to, action, resource] = step.grant.as_slice() else { panic!("{}", step.name) };
                    let asked = GrantQuestion {
                        to: to.parse().unwrap(),
                        action: action.parse().unwrap(),
                        resource: resource.parse().unwrap(),
                        service: Some("payments".parse().unwrap()),
                        environment: Some("production".parse().unwrap()),
                    };
                    let (view, _) = GrantView::new(state, loaded.replay.past(), &asked, now);
                    let command = format!(
                        "countersign grant --to {to} --action {action} --resource {resource} \\\n    \
                         --service payments --environment production"
                    );
                    (command, grant_text(&view).lay_out(Width::of_terminal(80)))
                }
                other => panic!("{other}"),
            };
            self.expect(step, &format!("{also}.txt"), &command, &text);
        }
    }

    fn expect(&mut self, step: &Step, end: &str, command: &str, text: &str) {
        let text = anstream::adapter::strip_str(text).to_string();
        if end.ends_with("txt") {
            for line in text.lines() {
                assert!(line.chars().count() <= 80, "{}: more than 80 columns:\n{line}", step.name);
            }
        }
        let path = format!("expected/{}.{end}", step.name);
        self.expected.insert(path, (command.to_owned(), text));
    }
}

fn target(environment: &str) -> Target {
    Target { service: "payments".parse().unwrap(), environment: environment.parse().unwrap() }
}

/// Checks that a file has the expected text, or writes it when blessing.
fn check_file(whole: &Path, text: &str) {
    if blesses() {
        std::fs::create_dir_all(whole.parent().unwrap()).unwrap();
        std::fs::write(whole, text).unwrap();
    }
    let there = std::fs::read_to_string(whole).unwrap_or_default();
    assert_eq!(there, text, "{}; COUNTERSIGN_BLESS=1 writes it again", whole.display());
}

/// The page with the current text of the file below each marker such as `<!-- 05-rollback-plan.toml -->`.
fn with_blocks(page: &str, blocks: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        out.push_str(line);
        out.push('\n');
        let Some(path) = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->")) else {
            continue;
        };
        let block = blocks
            .get(path)
            .unwrap_or_else(|| panic!("the page shows {path}, which is not a file of the story"));
        out.push_str(block);
        if lines.clone().next().is_some_and(|line| line.starts_with("```")) {
            lines.by_ref().skip(1).find(|line| *line == "```").expect("the block has an end");
        }
    }
    out
}

#[test]
fn the_story_goes_as_its_files_say() {
    let table: Value = std::fs::read_to_string(folder().join("story.toml")).unwrap().parse().unwrap();
    let mut story = Story::begin(table["commit"].as_array().unwrap());
    let steps: Vec<Step> = table["step"].as_array().unwrap().iter().map(Step::new).collect();
    for step in &steps {
        story.play(step);
    }
    for (path, (_, text)) in &story.expected {
        check_file(&folder().join(path), text);
    }
    let mut blocks: BTreeMap<String, String> = story
        .expected
        .iter()
        .map(|(path, (command, text))| (path.clone(), format!("```console\n$ {command}\n{text}```\n")))
        .collect();
    for step in steps.iter().filter(|step| step.draft().exists()) {
        let text = std::fs::read_to_string(step.draft()).unwrap();
        blocks.insert(format!("{}.toml", step.name), format!("```toml\n{text}```\n"));
    }
    let text = std::fs::read_to_string(page()).unwrap();
    check_file(&page(), &with_blocks(&text, &blocks));
    // The page names every step, in order, and the folder has no file that is not part of the story.
    let mut rest = text.as_str();
    for step in &steps {
        let (_, after) = rest
            .split_once(&step.name)
            .unwrap_or_else(|| panic!("the page does not name {} in its place", step.name));
        rest = after;
    }
    for entry in walkdir::WalkDir::new(folder()).into_iter().map(Result::unwrap) {
        let path = entry.path().strip_prefix(folder()).unwrap().to_string_lossy().into_owned();
        let known = blocks.contains_key(&path) || path == "story.toml";
        assert!(entry.file_type().is_dir() || known, "{path} is not part of the story");
    }
    // The abbreviated ids of the records are all different, so that a reader can find each of them.
    let short: std::collections::BTreeSet<String> = story.records.values().map(RecordId::short).collect();
    assert_eq!(short.len(), story.records.len());
    let found = story.load().1.standing;
    assert_eq!(found, ledger::Standing::Sound);
}
