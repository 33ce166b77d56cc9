//! The report of a verification, in a form that an auditor can quote.

use serde::Serialize;

use super::escape::escape;
use super::page::{Page, length};
use super::style::Style;
use crate::finding::Finding;
use crate::ledger::{AnchorSource, Anchored, Loaded};
use crate::record::kind::trust::MemberType;
use crate::state::Outstanding;
use crate::value::{Time, count};
use crate::verify::Unreadable;

/// The answer of `verify`.
#[derive(Debug, Serialize)]
pub struct VerifyView {
    /// `sound`; otherwise the code of what is wrong with the ledger, such as `unanchored` or `halted`.
    pub verdict: String,
    /// What is wrong with the ledger, as a phrase; `None` if it is sound.
    pub found: Option<String>,
    /// The ledger id.
    pub ledger: Option<String>,
    /// The source of the anchor: `option`, `variable` or `pin`. `None` if no anchor was supplied, or if two sources
    /// disagree.
    pub anchor: Option<String>,
    /// The head commit that was read.
    pub head: Option<String>,
    /// The number of records that count.
    pub size: u64,
    /// The Merkle root over them.
    pub root: String,
    /// The number of entries that count.
    pub entries: u64,
    /// The number of shared records: those in the remote's ledger as last fetched or, if none was fetched, those in the
    /// loaded ledger.
    pub shared: Option<u64>,
    /// Ledger time.
    pub ledger_time: Option<String>,
    /// The number of humans in the trust in force.
    pub people: u64,
    /// The number of services in the trust in force.
    pub services: u64,
    /// The number of keys in force.
    pub keys: u64,
    /// The version of the trust in force.
    pub trust_version: Option<u64>,
    /// The version of the policy in force; 0 = none.
    pub policy_version: u64,
    /// The witnesses that vouch for a checkpoint of this ledger. Each has a name, the size of the checkpoint, and the
    /// time at which the witness cosigned it.
    pub witnesses: Vec<(String, u64, String)>,
    /// Quarantines in effect.
    pub quarantines: Vec<String>,
    /// Open proposals of trust, policy and quarantine.
    pub open_proposals: Vec<String>,
    /// Findings against broken entries that halt the ledger.
    pub broken: Vec<FindingView>,
    /// Findings against broken entries that are quarantined.
    pub quarantined: Vec<FindingView>,
    /// Findings against void records.
    pub void: Vec<FindingView>,
    /// The time as of which `outstanding` was evaluated.
    pub as_of: String,
    /// What is outstanding; `None` (not known) if the ledger is not sound or not founded.
    pub outstanding: Option<Vec<OutstandingView>>,
}

/// Something that is outstanding.
#[derive(Debug, Serialize)]
pub struct OutstandingView {
    /// The check of the gate that asks for it.
    pub code: String,
    /// The service of the target; `None` if this is outstanding on every target that the records touch.
    pub service: Option<String>,
    /// The environment of the target; `None` if `service` is.
    pub environment: Option<String>,
    /// The records concerned.
    pub records: Vec<String>,
    /// What was found, as a phrase.
    pub found: String,
}

impl OutstandingView {
    fn new(one: &Outstanding) -> Self {
        Self {
            code: one.code.to_string(),
            service: one.target.as_ref().map(|target| target.service.to_string()),
            environment: one.target.as_ref().map(|target| target.environment.to_string()),
            records: one.records.iter().map(ToString::to_string).collect(),
            found: one.found.clone(),
        }
    }
}

/// A finding.
#[derive(Debug, Serialize)]
pub struct FindingView {
    /// Its code.
    pub code: String,
    /// The entry.
    pub entry: Option<String>,
    /// The record's position.
    pub position: Option<u64>,
    /// The record.
    pub record: Option<String>,
    /// The file or field.
    pub field: Option<String>,
    /// The finding, as a phrase.
    pub found: String,
    /// What was expected.
    pub expected: Option<String>,
    /// The remedy.
    pub remedy: String,
}

impl FindingView {
    fn new(finding: &Finding) -> Self {
        Self {
            code: finding.code.to_string(),
            entry: finding.at.entry.as_ref().map(ToString::to_string),
            position: finding.at.position,
            record: finding.at.record.map(|id| id.to_string()),
            field: finding.at.field.clone(),
            found: finding.found.clone(),
            expected: Some(finding.expected.clone()).filter(|expected| !expected.is_empty()),
            remedy: finding.code.explanation().remedy.to_owned(),
        }
    }
}

impl VerifyView {
    /// Makes the view of a loaded ledger.
    ///
    /// `outstanding` is what is outstanding as of `as_of`; `None` (not known) if the ledger is not sound or not
    /// founded.
    pub fn new(
        loaded: &Loaded,
        as_of: Time,
        outstanding: Option<&[Outstanding]>,
    ) -> Result<Self, Unreadable> {
        let past = loaded.replay.past();
        let (verdict, found) = match loaded.standing.fault() {
            None => ("sound".to_owned(), None),
            Some((code, found)) => (code.to_string(), Some(found.to_owned())),
        };
        let anchor = match &loaded.anchored {
            Anchored::By { source: AnchorSource::Option, .. } => Some("option"),
            Anchored::By { source: AnchorSource::Variable, .. } => Some("variable"),
            Anchored::By { source: AnchorSource::Pin, .. } => Some("pin"),
            Anchored::Disagreeing(..) | Anchored::No => None,
        };
        let (mut broken, mut quarantined) = (Vec::new(), Vec::new());
        for entry in past.broken() {
            let entry = entry?;
            let halts = past.size() == 0 || past.is_halted_by(&entry);
            let views = if halts { &mut broken } else { &mut quarantined };
            views.extend(entry.findings.iter().map(FindingView::new));
        }
        let roster = past.roster();
        let members = roster.map(|roster| roster.members()).unwrap_or_default();
        let services = members.iter().filter(|member| member.r#type == MemberType::Service).count();
        let keys = members.iter().map(|member| member.keys.len()).sum::<usize>();
        let void = past.void().map(|finding| Ok(FindingView::new(&finding?)));
        Ok(Self {
            verdict,
            found,
            ledger: past.ledger_id().map(|id| id.to_string()),
            anchor: anchor.map(str::to_owned),
            head: loaded.head.as_ref().map(ToString::to_string),
            size: past.size(),
            root: past.checkpoint().root.to_string(),
            entries: past.entries(),
            shared: loaded.shared.map(|checkpoint| checkpoint.size),
            ledger_time: past.ledger_time().map(|time| time.to_string()),
            people: u64::try_from(members.len() - services).unwrap_or(u64::MAX),
            services: u64::try_from(services).unwrap_or(u64::MAX),
            keys: u64::try_from(keys).unwrap_or(u64::MAX),
            trust_version: past.trust().map(|roster| roster.trust().version.value()),
            policy_version: past.policy().version(),
            open_proposals: past
                .proposals()
                .iter()
                .filter(|_| past.trust().is_some())
                .map(|proposal| proposal.id.to_string())
                .collect(),
            witnesses: loaded
                .freshness
                .vouches
                .iter()
                .map(|vouch| (vouch.witness.to_string(), vouch.size, vouch.at.to_string()))
                .collect(),
            quarantines: past.quarantines().iter().map(ToString::to_string).collect(),
            broken,
            quarantined,
            void: void.collect::<Result<_, _>>()?,
            as_of: as_of.to_string(),
            outstanding: outstanding.map(|found| found.iter().map(OutstandingView::new).collect()),
        })
    }
}

/// Renders the report as text; the verdict is at the end.
pub fn verify_text(view: &VerifyView) -> Page {
    let mut page = Page::default();
    if let Some(ledger) = &view.ledger {
        let anchor = match view.anchor.as_deref() {
            Some("option") => "anchor: given on the command line",
            Some("variable") => "anchor: COUNTERSIGN_LEDGER_ID",
            Some(_) => "anchor: the pin of this repository",
            None => "no anchor",
        };
        page.line(format!("ledger    {ledger}"));
        page.line(format!("          {anchor}"));
    }
    if view.size > 0 {
        page.line(format!(
            "head      size {}, root {}…; for --at-least:",
            view.size,
            view.root.chars().take(16).collect::<String>()
        ));
        page.line(format!("  {}:{}", view.size, view.root));
        let people = format!("{} people, {}", view.people, count(view.services, "service"))
            .replace("1 people", "1 person");
        page.line(format!(
            "members   {} ({people}), {}",
            view.people + view.services,
            count(view.keys, "key")
        ));
        let trust =
            view.trust_version.map_or("not founded yet".to_owned(), |version| format!("version {version}"));
        page.line(format!("trust     {trust}; policy version {}", view.policy_version));
        if let Some(time) = &view.ledger_time {
            page.line(format!("dated     {time} (ledger time)"));
        }
        if let Some(shared) = view.shared.filter(|shared| *shared < view.size) {
            page.line(format!(
                "shared    {}; {} only here",
                count(shared, "record"),
                count(view.size - shared, "record")
            ));
        }
    }
    for (name, size, at) in &view.witnesses {
        page.line(format!("witness   {name}: size {size} at {at}"));
    }
    for id in &view.quarantines {
        page.line(format!("quarantine in effect: {}", id.chars().take(8).collect::<String>()));
    }
    findings_text(&mut page, &view.quarantined, "set aside");
    for id in &view.open_proposals {
        page.line(format!("open      proposal {}", id.chars().take(8).collect::<String>()));
    }
    findings_text(&mut page, &view.void, "void");
    findings_text(&mut page, &view.broken, "broken");
    outstanding_text(&mut page, view.outstanding.as_deref().unwrap_or_default());
    conclusion(&mut page, view);
    page
}

fn outstanding_text(page: &mut Page, outstanding: &[OutstandingView]) {
    for one in outstanding.iter().take(MAX_LISTED_FINDINGS) {
        let at = match (&one.service, &one.environment, one.records.first()) {
            (Some(service), Some(environment), _) => format!("{service} in {environment}"),
            (_, _, Some(record)) => record.chars().take(8).collect(),
            _ => String::new(),
        };
        let first = format!("{}       ", Style::Warn.paint("due"));
        page.wrapped(&first, &format!("{} at {at}: {}", one.code, escape(&one.found)));
    }
    let more = outstanding.len().saturating_sub(MAX_LISTED_FINDINGS);
    if more > 0 {
        page.line(format!("and {more} more due; --json lists all"));
    }
}

/// The text lists at most this many findings of one kind; `--json` lists all.
const MAX_LISTED_FINDINGS: usize = 100;

fn findings_text(page: &mut Page, findings: &[FindingView], word: &str) {
    findings.iter().take(MAX_LISTED_FINDINGS).for_each(|finding| finding_text(page, finding, word));
    let more = findings.len().saturating_sub(MAX_LISTED_FINDINGS);
    if more > 0 {
        page.line(format!("and {more} more {word}; --json lists all"));
    }
}

fn finding_text(page: &mut Page, finding: &FindingView, word: &str) {
    let short = |id: &Option<String>| id.as_ref().map(|id| id.chars().take(8).collect::<String>());
    let mut place = Vec::new();
    place.extend(finding.position.map(|position| format!("position {position}")));
    place.extend(short(&finding.record).map(|id| format!("record {id}")));
    place.extend(short(&finding.entry).map(|id| format!("entry {id}")));
    let style = if word == "broken" { Style::Bad } else { Style::Warn };
    let first = format!("{}{}", style.paint(word), " ".repeat(10_usize.saturating_sub(word.len())));
    page.wrapped(&first, &format!("{} at {}: {}", finding.code, place.join(", "), escape(&finding.found)));
    if let Some(expected) = &finding.expected {
        page.wrapped("          ", &format!("expected: {}", escape(expected)));
    }
    if word == "broken" {
        page.wrapped("          ", &finding.remedy);
    }
}

fn conclusion(page: &mut Page, view: &VerifyView) {
    let found = view.found.as_deref().map(escape).unwrap_or_default();
    match view.verdict.as_str() {
        "sound" => {
            let void = length(&view.void);
            let entitled = view.size.saturating_sub(void);
            let (records, entries) = (count(view.size, "record"), count(view.entries, "entry"));
            let word = Style::Good.paint("SOUND");
            page.wrapped(
                "",
                &format!("{word}: {records} in {entries}; {entitled} by someone entitled, {void} void."),
            );
            let outstanding = length(view.outstanding.as_deref().unwrap_or_default());
            if outstanding > 0 {
                page.line(format!("{outstanding} outstanding as of {} (--strict refuses that).", view.as_of));
            }
        }
        "unanchored" => {
            page.wrapped("", &format!("{}: {found}.", Style::Warn.paint("UNANCHORED")));
            page.line("Ask your team for the ledger id, and compare it with the one above; then:");
            if let Some(ledger) = &view.ledger {
                page.line(format!("next: countersign verify --ledger-id \\\n        {ledger}"));
            }
        }
        "halted" => page.wrapped("", &format!("{}: {found}.", Style::Bad.paint("HALTED"))),
        code => {
            page.wrapped("", &format!("{}: {code}: {found}.", Style::Bad.paint("NOT TRUSTED")));
            if let Ok(code) = code.parse::<crate::finding::Code>() {
                page.wrapped("", code.explanation().remedy);
            }
        }
    }
}
