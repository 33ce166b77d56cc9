//! One record: its contents, its author, and its standing now.

use serde::Serialize;

use super::escape::escape;
use super::log::LogRow;
use super::page::Page;
use super::story::{StoryRow, answers, spoken_of, story};
use super::style::Style;
use crate::export::not_exportable;
use crate::ledger::Loaded;
use crate::measure::not_machine_readable;
use crate::record::kind::approval::VoteVerdict;
use crate::state::{ApprovalStatus, Approvals, Deployment, Item, Life, PauseItem, Says, State};
use crate::value::{MemberName, RecordId, Time};
use crate::verify::{Accepted, Unreadable, Verdict};

/// The answer of `show`.
#[derive(Debug, Serialize)]
pub struct ShowView {
    /// The record's row in the log.
    #[serde(flatten)]
    pub row: LogRow,
    /// The commit of its entry.
    pub entry: String,
    /// The finding that makes the record void.
    pub found: Option<String>,
    /// Its standing now, in words.
    pub standing: Option<String>,
    /// The votes on it and the reviews of it, each with its author and date.
    pub words: Vec<String>,
    /// The records that it speaks of, in the order in which it names them.
    pub speaks_of: Vec<StoryRow>,
    /// The records that speak of it, oldest first: votes, reviews, closures, resumes, outcomes, triages.
    pub answers: Vec<StoryRow>,
    /// The members who can still approve it.
    pub may_approve: Vec<String>,
    /// Notes on it: criteria that no program can evaluate, and reviews by somebody who had approved it.
    pub notes: Vec<String>,
    /// The text of the record file.
    pub file: String,
}

impl ShowView {
    /// Makes the view of a record, with its standing at `now`.
    pub fn new(
        id: &RecordId,
        accepted: &Accepted,
        loaded: &Loaded,
        state: Option<&State>,
        file: &[u8],
        now: Time,
    ) -> Result<Self, Unreadable> {
        let about = state.and_then(|state| About::find(state, id, now));
        let found = match &accepted.verdict {
            Verdict::Verified => None,
            Verdict::Void { found, .. } => Some(found.clone()),
        };
        let proposal = loaded.replay.past().proposals().get(id);
        let standing = match (&about, proposal) {
            (Some(about), _) => Some(about.standing.clone()),
            (None, Some(proposal)) => Some(tally(loaded, proposal)),
            (None, None) => in_force(loaded, accepted, id),
        };
        Ok(Self {
            row: LogRow::new(id, accepted, loaded)?,
            entry: accepted.entry.as_ref().map(ToString::to_string).unwrap_or_default(),
            found,
            standing,
            words: about.as_ref().map(|about| about.votes.clone()).unwrap_or_default(),
            speaks_of: Vec::new(),
            answers: Vec::new(),
            may_approve: about.map(|about| about.may_approve).unwrap_or_default(),
            notes: state.map(|state| notes(state, id)).unwrap_or_default(),
            file: String::from_utf8_lossy(file).into_owned(),
        })
    }
}

impl ShowView {
    /// Adds the records that the shown record speaks of, and those that speak of the shown record.
    ///
    /// # Errors
    ///
    /// If the contents of one of these records were cached and cannot be read any more.
    pub fn with_story(mut self, id: &RecordId, loaded: &Loaded) -> Result<Self, Unreadable> {
        self.speaks_of = spoken_of(loaded, id)?;
        self.answers = answers(loaded, id)?;
        Ok(self)
    }
}

/// Returns notes on a record. For a plan: criteria that no program can measure or evaluate. For an override: reviews
/// by a person who had approved it.
fn notes(state: &State, id: &RecordId) -> Vec<String> {
    let plan = state.plan(id).into_iter();
    let criteria = plan.flat_map(|plan| not_machine_readable(&plan.says).chain(not_exportable(&plan.says)));
    let reviews = state.exception(id).into_iter().flat_map(|item| &item.says.reviews);
    let both = reviews.filter(|review| review.by_approver);
    let not_separated = both.map(|review| {
        format!("{} reviewed it and had approved it too: duties are not separated", review.person)
    });
    criteria.chain(not_separated).collect()
}

/// Describes how many admins have approved an open proposal.
fn tally(loaded: &Loaded, proposal: &crate::verify::Proposal) -> String {
    let past = loaded.replay.past();
    let Some(roster) = past.roster() else { return String::new() };
    let counts = proposal.tally(roster, &|point, position| past.is_standing(point, position));
    let sides: Vec<String> =
        counts.iter().map(|(yes, needed)| format!("{yes} of {needed} required admins")).collect();
    format!("proposed: approved by {}", sides.join(", and under its own roster by "))
}

/// Describes whether a trust, policy or quarantine is in force; `None` for other kinds.
fn in_force(loaded: &Loaded, accepted: &Accepted, id: &RecordId) -> Option<String> {
    let past = loaded.replay.past();
    let quarantine = past.quarantines().contains(id);
    let current = quarantine
        || past.trust().is_some_and(|roster| roster.id() == *id)
        || past.policy().id() == Some(*id);
    match accepted.kind {
        Some(kind) if kind.is_proposed() && current => Some("in force".to_owned()),
        Some(kind) if kind.is_proposed() => Some("no longer in force, or never was".to_owned()),
        _ => None,
    }
}

/// The standing of a record, the votes on it, and who can approve it.
pub(super) struct About {
    pub(super) standing: String,
    pub(super) votes: Vec<String>,
    pub(super) may_approve: Vec<String>,
}

impl About {
    pub(super) fn find(state: &State, id: &RecordId, now: Time) -> Option<Self> {
        if let Some(item) = state.exception(id) {
            if !item.is_override() {
                let mut standing = "an observation: it counts without an approval".to_owned();
                for name in &item.says.names {
                    let of = if name.touches { "" } else { " on other targets" };
                    standing += &format!("; named {} by triage {}{of}", name.root_cause, name.by.short());
                }
                return Some(Self { standing, votes: Vec::new(), may_approve: Vec::new() });
            }
            let mut about = Self::of(state, item, "override", now);
            about.votes.extend(item.says.reviews.iter().map(|review| {
                let both =
                    if review.by_approver { "; approved it too: duties are not separated" } else { "" };
                format!("{}: {} at {}{both}", review.person, review.says.verdict, review.created_at)
            }));
            return Some(about);
        }
        let plan = state.plan(id).map(|item| {
            let mut about = Self::of(state, item, "plan", now);
            if item.life(&state.policy, now) == Life::Live && !state.is_owned(item) {
                about.standing = format!("not in force: its owner {} is no longer a member", item.says.owner);
            }
            about
        });
        let redesign = || state.redesign(id).map(|item| Self::of(state, item, "redesign", now));
        let triage = || state.triage(id).map(|item| Self::of(state, item, "triage", now));
        let release = || state.release(id).map(|item| Self::of(state, item, "release", now));
        let pause = || {
            let item = state.pause(id)?;
            let mut about = Self::pause(item, now);
            let others = state
                .holding_pauses(now)
                .filter(|other| other.id != *id && item.targets.iter().any(|target| other.covers(&target)));
            let others: Vec<String> = others.map(|other| other.id.short()).collect();
            if !item.holds(now) && !others.is_empty() {
                about.standing += &format!("; another pause still holds there: {}", others.join(", "));
            }
            Some(about)
        };
        let outcome = || state.barred_by(id).map(Self::outcome);
        plan.or_else(redesign).or_else(triage).or_else(release).or_else(pause).or_else(outcome)
    }

    fn outcome(of: &Deployment) -> Self {
        let standing = if of.is_barred() {
            "the deployment cannot be a way back until another person rejects this outcome"
        } else {
            "answered: the deployment can be a way back"
        };
        Self { standing: standing.to_owned(), votes: Vec::new(), may_approve: Vec::new() }
    }

    fn pause(item: &PauseItem, now: Time) -> Self {
        let end = item.says.expires_at;
        // The pause ends at its own end, or when somebody first resumes it, whichever is earlier.
        let resumed = item.resumed.iter().min_by_key(|resumed| resumed.created_at);
        let resumed = resumed.filter(|resumed| end.is_none_or(|end| resumed.created_at < end));
        let later = item.says.begins_at.filter(|from| now < *from && item.holds(*from));
        if let Some(from) = later {
            let end = end.map(|end| format!(" to {end}")).unwrap_or_default();
            let standing = format!("will hold from {from}{end}");
            return Self { standing, votes: Vec::new(), may_approve: Vec::new() };
        }
        let standing = match (item.holds(now), end, resumed) {
            (true, Some(end), _) => format!("holds until {end}"),
            (true, None, _) => "holds until somebody resumes".to_owned(),
            (false, _, Some(resumed)) => format!("resumed by {} at {}", resumed.author, resumed.created_at),
            (false, Some(end), None) => format!("over since {end}"),
            (false, None, None) => "over".to_owned(),
        };
        Self { standing, votes: Vec::new(), may_approve: Vec::new() }
    }

    pub(super) fn of<T: Says>(state: &State, item: &Item<T>, noun: &str, now: Time) -> Self {
        let end = item.end(&state.policy).map(|end| format!(" until {end}")).unwrap_or_default();
        let life = item.life(&state.policy, now);
        let standing = match (life, item.approvals.status()) {
            (Life::Live, _) => format!("in force{end}"),
            (Life::NotYet, _) => format!("the {noun} is in effect, but dated after now"),
            (Life::Undecided, ApprovalStatus::Undecided { missing }) => {
                format!("waits for {}", crate::value::count(missing, "approval"))
            }
            (Life::Undecided, _) => "undecided".to_owned(),
            (Life::Rejected, ApprovalStatus::Rejected { by }) => format!("rejected by {by}"),
            (Life::Rejected, _) => "rejected".to_owned(),
            (Life::Over, ApprovalStatus::Ended { by, .. }) => format!("ended by a rejection of {by}"),
            (Life::Over, _) if item.closed.is_some() => "closed".to_owned(),
            (Life::Over, _) => format!("over{}", end.replace(" until", " since")),
        };
        let may_approve = if life == Life::Undecided { approvers(state, item) } else { Vec::new() };
        Self { standing, votes: votes(&item.approvals), may_approve }
    }
}

fn votes(approvals: &Approvals) -> Vec<String> {
    approvals
        .votes()
        .map(|(person, vote)| format!("{person}: {} at {}", vote.verdict, vote.created_at))
        .collect()
}

/// Returns the members who can still approve an item: approvers of its targets who are not concerned in it
/// and have not approved it yet.
pub(super) fn approvers<T: Says>(state: &State, item: &Item<T>) -> Vec<String> {
    let concerned = state.concerned(item);
    let may = state.roster.approvers(&item.targets).map(|member| &member.name);
    let free =
        may.filter(|name| !concerned.contains(*name)).filter(|name| !has_approved(&item.approvals, name));
    free.map(ToString::to_string).collect()
}

fn has_approved(approvals: &Approvals, name: &MemberName) -> bool {
    approvals.votes().any(|(person, vote)| person == name && vote.verdict == VoteVerdict::Approve)
}

/// Renders a record as text.
pub fn show_text(view: &ShowView) -> Page {
    let mut page = Page::default();
    let row = &view.row;
    page.line(format!("{} {}", Style::Strong.paint(&row.kind), row.id));
    page.line(format!("  by        {}, {}", row.author, row.created_at));
    let shared = if row.shared { "shared" } else { "local: not pushed yet" };
    page.line(format!(
        "  position  {}, entry {}, {shared}",
        row.position,
        view.entry.chars().take(8).collect::<String>()
    ));
    match (&row.code, &view.found) {
        (Some(code), Some(found)) => {
            page.wrapped("  verdict   ", &format!("void({code}): {}", escape(found)));
        }
        _ => page.line("  verdict   verified"),
    }
    if let Some(standing) = &view.standing {
        page.wrapped("  standing  ", standing);
    }
    story(&mut page, "about", &view.speaks_of);
    story(&mut page, "answers", &view.answers);
    if !view.may_approve.is_empty() {
        page.wrapped("            ", &format!("who can approve it: {}", view.may_approve.join(", ")));
    }
    for note in &view.notes {
        page.wrapped("  note      ", &escape(note));
    }
    page.gap();
    // The file is shown from the record's own table on, up to the signature. The header is shown above.
    let body = view.file.split("\n[signature]\n").next().unwrap_or_default();
    let own = body.find(&format!("\n[{}]\n", row.kind)).map_or(0, |at| at + 1);
    for line in body.get(own..).unwrap_or_default().trim_end().lines() {
        page.quoted("  ", &escape(line));
    }
    page
}
