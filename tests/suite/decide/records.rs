//! Random records of the kinds that decisions rest on.

use super::world::{Made, World};

pub const SERVICES: [&str; 2] = ["payments", "docs"];
pub const ENVIRONMENTS: [&str; 4] = ["production", "staging", "live", "blue"];
pub const COMMITS: [char; 10] = ['1', '2', '3', '4', '5', '6', '7', '8', '9', 'a'];
const PEOPLE: [&str; 7] = ["alice", "bob", "carol", "dave", "erin", "ops", "vendor"];

impl World {
    /// Returns the kind and the TOML of a record, or `None` if there is nothing for it to refer to.
    pub(super) fn anything(&mut self) -> Option<(&'static str, String)> {
        let kinds = [
            "observation",
            "observation",
            "observation",
            "override",
            "override",
            "rollback-plan",
            "redesign",
            "redesign",
            "triage",
            "triage",
            "release",
            "approval",
            "approval",
            "approval",
            "review",
            "closure",
            "closure",
            "pause",
            "resume",
            "outcome",
            "outcome",
        ];
        let kind = self.random.pick(&kinds);
        Some(match kind {
            "observation" => ("exception", self.exception("")),
            "override" => ("exception", self.an_override()),
            "rollback-plan" => ("rollback-plan", self.plan()),
            "redesign" => ("redesign", self.redesign()),
            "triage" => ("triage", self.triage()?),
            "release" => ("release", self.release()?),
            "approval" => ("approval", self.approval()?),
            "review" => ("review", self.review()?),
            "closure" => ("closure", self.closure()?),
            "pause" => ("pause", self.pause()),
            "resume" => {
                let of = self.of(&[Made::Pause])?;
                ("resume", format!("[resume]\nof = \"{of}\"\nreason = \"r\"\n"))
            }
            _ => ("outcome", self.outcome()?),
        })
    }

    fn where_(&mut self) -> String {
        let service = if self.random.one_in(4) { "docs" } else { "payments" };
        let mut environments = vec![self.random.pick(&["production", "production", "production", "staging"])];
        if self.random.one_in(6) {
            environments = vec!["production", "staging"];
        } else if self.random.one_in(8) {
            environments = vec![self.random.pick(&["live", "blue"])];
        }
        let environments: Vec<String> = environments.iter().map(|name| format!("\"{name}\"")).collect();
        format!("services = [\"{service}\"]\nenvironments = [{}]\n", environments.join(", "))
    }

    fn exception(&mut self, more: &str) -> String {
        let workflow = self.random.pick(&["nightly", "nightly", "import"]);
        let place = self.where_();
        let cause = self.random.pick(&["disk", "disk", "network", "vendor", "", ""]);
        let cause = if cause.is_empty() { String::new() } else { format!("root_cause = \"{cause}\"\n") };
        let symptom = self.random.pick(&["", "symptom = \"E1\"\n", "symptom = \"E2\"\n"]);
        let occurred = if self.random.one_in(3) {
            let ago = self.random.pick(&[4000, 5 * 3600, 26 * 3600, 90 * 3600]);
            format!("occurred_at = {}\n", self.at(-ago))
        } else {
            String::new()
        };
        let identity = self.random.pick(&["ops", "vendor"]);
        self.tasks += 1;
        format!(
            "[exception]\nworkflow = \"{workflow}\"\n{place}failure = \"timeout\"\norigin = \"data\"\n{cause}summary = \"It failed\"\n\
             {symptom}{occurred}{more}[exception.trigger]\nidentity = \"{identity}\"\ncredential = \"vault:kv#1\"\ntask = \"{}\"\n",
            self.tasks
        )
    }

    fn an_override(&mut self) -> String {
        let hours = self.random.pick(&[2, 10, 30, 47]);
        let end = self.at(hours * 3600);
        let mut more = String::new();
        if self.random.one_in(3) {
            let name = self.random.pick(&["night", "ticket"]);
            let codes = ["rollback-plan", "not-paused", "no-repeating-exceptions", "release-approved"];
            let code = self.random.pick(&codes);
            more.push_str(&format!("expected = \"{name}\"\nwaives = [\"{code}\"]\n"));
            if self.random.one_in(3) {
                more.push_str(&format!("for_commit = \"{}\"\n", self.a_commit()));
            }
        }
        more.push_str(&format!("expires_at = {end}\n"));
        let mut text = self.exception(&more);
        for _ in 0..self.random.pick(&[0, 1, 1, 2]) {
            let (to, action) = (self.random.pick(&PEOPLE), self.random.pick(&["read", "write"]));
            let resource = self.random.pick(&["db", "queue"]);
            let credential = self.random.pick(&["", "credential = \"vault:kv#2\"\n"]);
            text.push_str(&format!(
                "[[exception.grant]]\nto = \"{to}\"\naction = \"{action}\"\nresource = \"{resource}\"\n{credential}expires_at = {end}\n"
            ));
        }
        text
    }

    pub(super) fn plan(&mut self) -> String {
        let place = self.where_();
        let commit = self.a_commit();
        let previous = "previous".to_owned();
        let to =
            self.random.pick(&[previous.clone(), previous.clone(), previous, "removal".to_owned(), commit]);
        let (method, bound) = match self.random.below(6) {
            0 => ("revert", format!("commit = \"{}\"\n", self.a_commit())),
            1 => ("redeploy", format!("commit = \"{}\"\n", self.a_commit())),
            _ => ("redeploy", String::new()),
        };
        let owner = self.random.pick(&["alice", "alice", "alice", "carol", "dave"]);
        let end = self.in_hours(&[40, 110, 400, 700]);
        let old = if self.random.one_in(3) { self.of(&[Made::Plan]) } else { None };
        let supersedes = old.map(|id| format!("supersedes = \"{id}\"\n")).unwrap_or_default();
        let mut text = format!(
            "[rollback-plan]\n{place}to = \"{to}\"\nmethod = \"{method}\"\n{bound}owner = \"{owner}\"\nsummary = \"Back\"\n\
             expires_at = {end}\nmax_duration = \"20m\"\ndata = \"reversible\"\n{supersedes}"
        );
        for _ in 0..self.random.pick(&[1, 1, 2]) {
            let source =
                self.random.pick(&["prometheus", "prometheus", "prometheus:rate(x[5m])", "a log file"]);
            text.push_str(&format!(
                "[[rollback-plan.criterion]]\nmetric = \"errors\"\ncomparison = \">\"\nthreshold = \"0.02\"\nwindow = \"5m\"\nsource = \"{source}\"\n"
            ));
        }
        text
    }

    fn redesign(&mut self) -> String {
        let workflow = self.random.pick(&["nightly", "nightly", "import"]);
        let causes = self.random.pick(&["\"disk\"", "\"network\"", "\"disk\", \"vendor\""]);
        let place = self.where_();
        let due = self.in_hours(&[10, 60, 200]);
        let head = format!(
            "[redesign]\nworkflow = \"{workflow}\"\nroot_causes = [{causes}]\n{place}summary = \"s\"\ncause = \"c\"\nowner = \"alice\"\n"
        );
        if self.random.one_in(2) {
            let mut text = format!("{head}change = \"code\"\ndue = {due}\n");
            for _ in 0..self.random.pick(&[1, 1, 2]) {
                let commit = self.a_commit();
                if !text.contains(&commit) {
                    let repository =
                        self.random.pick(&["", "", "repository = \"app\"\n", "repository = \"lib\"\n"]);
                    text.push_str(&format!("[[redesign.commit]]\nid = \"{commit}\"\n{repository}"));
                }
            }
            return text;
        }
        let from = match self.random.below(3) {
            0 => format!("in_force_from = {}\n", self.in_hours(&[-20, 5, 40])),
            _ => String::new(),
        };
        let evidence = "1".repeat(64);
        format!(
            "{head}change = \"process\"\n{from}due = {due}\n[[evidence]]\nsha256 = \"{evidence}\"\nsize = 1\nuri = \"https://wiki\"\n"
        )
    }

    pub(super) fn triage(&mut self) -> Option<String> {
        let mut of = vec![self.of(&[Made::Exception, Made::Override])?];
        for _ in 0..self.random.below(3) {
            of.extend(self.of(&[Made::Exception]).filter(|id| !of.contains(id)));
        }
        let list: Vec<String> = of.iter().map(|id| format!("\"{id}\"")).collect();
        let cause = self.random.pick(&["disk", "network", "vendor"]);
        let says = match self.random.below(9) {
            0 => "verdict = \"mistaken\"\n".to_owned(),
            1 => format!("verdict = \"duplicate\"\nduplicate_of = \"{}\"\n", self.of(&[Made::Exception])?),
            2 => format!("verdict = \"cause\"\nworkflow = \"import\"\nroot_cause = \"{cause}\"\n"),
            3 => format!(
                "verdict = \"cause\"\nroot_cause = \"{cause}\"\noccurred_at = {}\n",
                self.at(-30 * 3600)
            ),
            4 => "verdict = \"cause\"\nfailure = \"own-defect\"\n".to_owned(),
            5 => "verdict = \"cause\"\nworkflow = \"import\"\n".to_owned(),
            _ => format!("verdict = \"cause\"\nroot_cause = \"{cause}\"\n"),
        };
        Some(format!("[triage]\nof = [{}]\n{says}reason = \"r\"\n", list.join(", ")))
    }

    fn release(&mut self) -> Option<String> {
        let plan = self.of(&[Made::Plan])?;
        let commit = self.a_commit();
        let end = self.in_hours(&[10, 60]);
        let newest = if self.random.one_in(2) {
            self.newest(&[Made::Exception, Made::Override], 12)
        } else {
            Vec::new()
        };
        let accepted: Vec<String> = newest.iter().map(|id| format!("\"{id}\"")).collect();
        let accepted = if accepted.is_empty() {
            String::new()
        } else {
            format!("exceptions = [{}]\n", accepted.join(", "))
        };
        let service = self.random.pick(&["payments", "payments", "docs"]);
        Some(format!(
            "[release]\nservice = \"{service}\"\nenvironment = \"production\"\ncommit = \"{commit}\"\nrollback_plan = \"{plan}\"\n{accepted}expires_at = {end}\n"
        ))
    }

    pub(super) fn approval(&mut self) -> Option<String> {
        let kinds = [Made::Override, Made::Plan, Made::Redesign, Made::Triage, Made::Release, Made::Outcome];
        let of = self.of(&kinds)?;
        let verdicts: &[&str] = if self.is_made(&of, Made::Outcome) {
            &["reject", "reject", "withdraw"]
        } else {
            &["approve", "approve", "approve", "approve", "reject", "withdraw"]
        };
        let verdict = self.random.pick(verdicts);
        let reason = if verdict == "reject" { "reason = \"r\"\n" } else { "" };
        Some(format!("[approval]\nof = \"{of}\"\nverdict = \"{verdict}\"\n{reason}"))
    }

    fn review(&mut self) -> Option<String> {
        let of = self.of(&[Made::Override])?;
        let verdict = self.random.pick(&["justified", "justified", "unjustified"]);
        let follow = if verdict == "unjustified" { self.of(&[Made::Redesign, Made::Plan]) } else { None };
        let follow = follow.map(|id| format!("follow_up = [\"{id}\"]\n")).unwrap_or_default();
        if verdict == "unjustified" && follow.is_empty() {
            return None;
        }
        Some(format!("[review]\nof = \"{of}\"\nverdict = \"{verdict}\"\nfindings = \"f\"\n{follow}"))
    }

    fn closure(&mut self) -> Option<String> {
        let of = self.of(&[Made::Override, Made::Override, Made::Plan, Made::Exception])?;
        let became = self.random.pick(&["", "revoked", "rotated", "pending"]);
        let credential = if became.is_empty() {
            String::new()
        } else {
            let at = if became == "pending" { String::new() } else { format!("at = {}\n", self.at(-600)) };
            format!("[[closure.credential]]\ncredential = \"vault:kv#2\"\nbecame = \"{became}\"\n{at}")
        };
        Some(format!("[closure]\nof = \"{of}\"\nreason = \"r\"\n{credential}"))
    }

    fn pause(&mut self) -> String {
        let place = self.where_();
        let end = self.in_hours(&[3, 20]);
        let begins =
            if self.random.one_in(4) { format!("begins_at = {}\n", self.at(3600)) } else { String::new() };
        format!("[pause]\n{place}reason = \"r\"\n{begins}expires_at = {end}\n")
    }

    fn outcome(&mut self) -> Option<String> {
        let kind = self.random.pick(&[Made::Receipt, Made::Receipt, Made::Plan]);
        let of = self.of(&[kind])?;
        let results: &[&str] = match kind {
            Made::Plan => &["rehearsed", "rehearsed", "rehearsal-failed"],
            _ => &["succeeded", "succeeded", "succeeded", "failed", "never-started", "rolled-back"],
        };
        let result = self.random.pick(results);
        let started = match self.receipts.get(&of) {
            Some(at) if !self.random.one_in(4) => at.plus_seconds(60).to_string(),
            _ => self.at(-120),
        };
        let ended = self.random.pick(&[started.clone(), self.at(7200)]);
        let ended = if ended < started { started.clone() } else { ended };
        Some(format!(
            "[outcome]\nof = \"{of}\"\nresult = \"{result}\"\nstarted_at = {started}\nended_at = {ended}\n"
        ))
    }
}
