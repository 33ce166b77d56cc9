//! The comparison of two views of a ledger.

use std::path::Path;

use serde::Serialize;

use super::escape::escape;
use super::page::Page;
use super::style::Style;
use crate::fork::{Compared, Standpoint, View};
use crate::record::Checkpoint;
use crate::value::count;

/// The answer of `verify --compare` and `verify --fork`.
#[derive(Debug, Serialize)]
pub struct CompareView {
    /// `same`, `ahead`, `behind`, `forked` or `other-ledger`: the local ledger compared with the other view.
    pub verdict: &'static str,
    /// Whether the other view is backed by a verified chain or a known witness, and not just a claim.
    pub believed: bool,
    /// The kind of the other view: `chain`, `witness`, `checkpoint` or `record`.
    pub view: &'static str,
    /// The witness who cosigned the other view.
    pub witness: Option<String>,
    /// The record whose author claims to have seen the other view.
    pub record: Option<String>,
    /// The ledger id.
    pub ledger: String,
    /// The path of the other view or of the evidence.
    pub path: String,
    /// The number of records in the local view; in a check of evidence, in the first view.
    pub size: u64,
    /// The Merkle root over these records.
    pub root: String,
    /// The number of records in the other view.
    pub other_size: u64,
    /// The Merkle root over these records.
    pub other_root: String,
    /// The largest size at which both views have the same root, if both are chains.
    pub common: Option<u64>,
    /// If both views are chains and contradict each other, the first entry of each chain after the common part. The
    /// local one is listed first.
    pub entries: Vec<String>,
    /// The path where evidence was written.
    pub evidence: Option<String>,
    /// Whether this is the result of checking evidence of a fork.
    #[serde(skip)]
    checked: bool,
    #[serde(skip)]
    standpoint: Standpoint,
}

impl CompareView {
    /// Makes the view of a comparison.
    pub fn new(compared: &Compared, path: &Path, evidence: Option<&Path>) -> Self {
        let (view, witness, record) = match &compared.view {
            View::Chain => ("chain", None, None),
            View::Witness(name) => ("witness", Some(name.to_string()), None),
            View::Unknown => ("checkpoint", None, None),
            View::Record(id) => ("record", None, Some(id.to_string())),
        };
        let Checkpoint { size, root } = compared.here;
        Self {
            verdict: match compared.standpoint {
                Standpoint::Same => "same",
                Standpoint::Ahead => "ahead",
                Standpoint::Behind => "behind",
                Standpoint::Forked => "forked",
                Standpoint::OtherLedger => "other-ledger",
            },
            believed: compared.view.is_believed(),
            view,
            witness,
            record,
            ledger: compared.ledger.to_string(),
            path: path.display().to_string(),
            size,
            root: root.to_string(),
            other_size: compared.there.size,
            other_root: compared.there.root.to_string(),
            common: compared.common,
            entries: compared.entries.iter().map(ToString::to_string).collect(),
            evidence: evidence.map(|path| path.display().to_string()),
            checked: false,
            standpoint: compared.standpoint,
        }
    }

    /// Makes the view of a check of evidence.
    pub fn of_evidence(compared: &Compared, path: &Path) -> Self {
        Self { checked: true, ..Self::new(compared, path, None) }
    }
}

/// Renders a comparison as text; the verdict is in the last lines.
pub fn compare_text(view: &CompareView) -> Page {
    let mut page = Page::default();
    let short = |text: &str| text.chars().take(16).collect::<String>();
    page.line(format!("ledger    {}", view.ledger));
    let (here, there) =
        if view.checked { ("one       ", "other     ") } else { ("here      ", "there     ") };
    page.line(format!("{here}size {}, root {}…", view.size, short(&view.root)));
    page.line(format!("{there}size {}, root {}…", view.other_size, short(&view.other_root)));
    let what = match (&view.witness, &view.record) {
        (Some(witness), _) => format!("a checkpoint that the witness {witness} has cosigned"),
        (None, Some(record)) => {
            format!("a checkpoint that the author of record {} claims to have seen", short(record))
        }
        (None, None) if view.view == "chain" => "a chain of entries, verified".to_owned(),
        (None, None) => "a checkpoint that no witness known here has cosigned".to_owned(),
    };
    page.wrapped("          ", &what);
    for (side, entry) in [here, there].iter().zip(&view.entries) {
        page.line(format!("{side}first differing entry: {}", short(entry)));
    }
    verdict(&mut page, view);
    page
}

fn verdict(page: &mut Page, view: &CompareView) {
    let more = |one: u64, other: u64| count(one.saturating_sub(other), "record");
    let place = view.common.map_or_else(
        || format!("at size {} they have different roots", view.other_size),
        |common| format!("both have the first {}, and differ after that", count(common, "record")),
    );
    match view.standpoint {
        Standpoint::Same => {
            page.wrapped("", &format!("{}: both end at the same checkpoint.", Style::Good.paint("SAME")));
        }
        Standpoint::Ahead => page.wrapped(
            "",
            &format!("{}: {} more here.", Style::Good.paint("AHEAD"), more(view.size, view.other_size)),
        ),
        Standpoint::Behind => page.wrapped(
            "",
            &format!("{}: {} more there.", Style::Warn.paint("BEHIND"), more(view.other_size, view.size)),
        ),
        Standpoint::Forked if !view.believed => page.wrapped(
            "",
            &format!(
                "{}: {place}. Anyone can claim that: it is not evidence of a fork.",
                Style::Warn.paint("CONTRADICTED")
            ),
        ),
        Standpoint::Forked => page.wrapped("", &format!("{}: {place}.", Style::Bad.paint("FORKED"))),
        Standpoint::OtherLedger => {
            page.wrapped("", &format!("{}: the other view is of another ledger.", Style::Bad.paint("OTHER")));
        }
    }
    if view.checked {
        page.wrapped("", "The evidence holds: one ledger was shown in two ways that contradict each other.");
    }
    if let Some(evidence) = &view.evidence {
        page.wrapped("", &format!("evidence written to {}", escape(evidence)));
        page.line(format!("next: countersign verify --fork {}", escape(evidence)));
    }
}
