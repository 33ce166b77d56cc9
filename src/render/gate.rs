//! A decision of the gate.

use serde::Serialize;

use super::escape::escape;
use super::page::{Page, Shown, length};
use super::style::Style;
use super::todo::Tasks;
use crate::ask::GateAnswered;
use crate::finding::Code;
use crate::gate::{CheckOutcome, Decision};
use crate::policy::Duties;
use crate::record::kind::receipt::{Answer, Outcome, Purpose};
use crate::value::count;

/// The answer of `gate`.
#[derive(Debug, Serialize)]
pub struct GateView {
    /// `allowed` or `refused`.
    pub decision: String,
    /// `expansion` or `restoration`.
    pub purpose: String,
    /// The service.
    pub service: String,
    /// The environment.
    pub environment: String,
    /// The full commit id.
    pub commit: String,
    /// The first line of the commit's message.
    pub title: Option<String>,
    /// The time of the question.
    pub at: String,
    /// The time of the question, if `--as-of` gave it instead of the clock: the decision then permits nothing.
    pub as_of: Option<String>,
    /// The time until which an `allowed` may be used.
    pub expires_at: Option<String>,
    /// The ledger id.
    pub ledger: Option<String>,
    /// The size of the ledger at the head that was evaluated.
    pub size: Option<u64>,
    /// The Merkle root at that head.
    pub root: Option<String>,
    /// The trust in force.
    pub trust: Option<String>,
    /// The policy in force.
    pub policy: Option<String>,
    /// The plan in force.
    pub rollback_plan: Option<String>,
    /// The release of the deployment, if the policy requires one.
    pub release: Option<String>,
    /// Expected exceptions that waive a check.
    pub waivers: Vec<String>,
    /// The commit that the target runs now.
    pub previous: Option<String>,
    /// The source of `previous`: `ref`, `given` or `ledger`.
    pub previous_from: Option<String>,
    /// Approved redesigns that this deployment would put into effect: the commit contains them, and they are
    /// not in effect on the target yet.
    pub redesigns: Vec<String>,
    /// Whether duties are separated: approvals, and changes of the rules, take two persons.
    pub duties_separated: bool,
    /// Why duties are not separated, a sentence for each reason.
    pub duties: Vec<String>,
    /// What needs no approval, in words.
    #[serde(skip)]
    pub needs_no_approval: Option<String>,
    /// If the commit runs on the target already, the receipt of that deployment. In this case, nothing was decided.
    pub unchanged: Option<String>,
    /// The receipt, if one was recorded.
    pub receipt: Option<String>,
    /// Every check.
    pub checks: Vec<CheckView>,
}

/// The outcome of one check.
#[derive(Debug, Clone, Serialize)]
pub struct CheckView {
    /// The code.
    pub code: String,
    /// `pass`, `warn`, `fail` or `waived`.
    pub result: String,
    /// The finding, as a phrase.
    pub found: String,
    /// Details of the finding.
    pub details: Vec<String>,
    /// The records that the outcome is based on.
    pub records: Vec<String>,
    /// The next step, as the words of a command.
    pub next: Option<Vec<String>>,
    /// The members who can take that step; empty if whoever asks is one of them, or if it is not known who can.
    pub who: Vec<String>,
}

impl GateView {
    /// Makes the view of a decision, and of its receipt if there is one.
    pub fn new(
        decided: &GateAnswered,
        receipt: Option<&crate::value::RecordId>,
        duties: &Duties,
        tasks: &Tasks,
    ) -> Self {
        let decision = &decided.decision;
        Self {
            decision: decision.answer.to_string(),
            purpose: decision.purpose.to_string(),
            service: decision.target.service.to_string(),
            environment: decision.target.environment.to_string(),
            commit: decision.commit.to_string(),
            title: decided.title.clone(),
            at: decision.at.to_string(),
            as_of: decided.asked.as_of.map(|time| time.to_string()),
            expires_at: decision
                .expires_at
                .filter(|_| decided.asked.as_of.is_none())
                .map(|time| time.to_string()),
            ledger: decision.ledger.map(|id| id.to_string()),
            size: decision.checkpoint.map(|checkpoint| checkpoint.size),
            root: decision.checkpoint.map(|checkpoint| checkpoint.root.to_string()),
            trust: decision.trust.map(|id| id.to_string()),
            policy: decision.policy.map(|id| id.to_string()),
            rollback_plan: decision.rollback_plan.map(|id| id.to_string()),
            release: decision.release.map(|id| id.to_string()),
            waivers: decision.waivers.iter().map(ToString::to_string).collect(),
            previous: decision.previous.as_ref().map(ToString::to_string),
            previous_from: decision.previous_from.map(|from| from.to_string()),
            redesigns: decision.redesigns.iter().map(ToString::to_string).collect(),
            duties_separated: duties.are_separated(),
            duties: duties.says(),
            needs_no_approval: duties.approvals(),
            unchanged: decision.unchanged.map(|id| id.to_string()),
            receipt: receipt.map(ToString::to_string),
            checks: decision.checks.iter().map(|check| CheckView::new(check, tasks)).collect(),
        }
    }
}

impl CheckView {
    /// Makes the view of an outcome.
    pub(super) fn new(check: &CheckOutcome, tasks: &Tasks) -> Self {
        Self {
            code: check.code.to_string(),
            result: check.result.to_string(),
            found: check.found.clone(),
            details: check.details.clone(),
            records: check.records.iter().map(ToString::to_string).collect(),
            next: check.next.as_ref().map(|next| next.0.clone()),
            who: check.next.as_ref().map(|next| tasks.who(next)).unwrap_or_default(),
        }
    }
}

/// Renders a decision as text; the answer is in the last lines. `refusal` is a sentence added to a refusal.
pub fn gate_text(decided: &GateAnswered, view: &GateView, shown: Shown, refusal: &str) -> Page {
    let mut page = Page::default();
    let decision = &decided.decision;
    if decision.unchanged.is_some() {
        page.wrapped("", &unchanged_text(decision));
        return page;
    }
    let title = decided.title.as_deref().map(|title| format!(" \"{}\"", escape(title))).unwrap_or_default();
    let restoration = if decision.purpose == Purpose::Restoration { "RESTORATION: " } else { "" };
    page.columns("", &format!("{restoration}{}, commit {}{title}", decision.target, decision.commit.short()));
    page.gap();
    let checks = &decision.checks;
    let mut hidden = 0_u64;
    for (check, shown_check) in checks.iter().zip(&view.checks) {
        let fold = is_folded(&view.checks, shown_check);
        if shown == Shown::Brief && (check.result == Outcome::Pass || (fold && check.result == Outcome::Fail))
        {
            hidden += u64::from(check.result == Outcome::Pass);
            continue;
        }
        outcome(&mut page, check, decision.purpose);
        if lacks_plan(&view.checks) && shown == Shown::Brief && check.code.code() == Code::RollbackPlan {
            page.line("      so neither criteria nor a way back can be checked");
        }
        next_step(&mut page, shown_check, "      ");
    }
    if hidden > 0 {
        page.line(format!("  {} {:<25}(-v shows them)", Style::Good.paint("✓"), count(hidden, "more check")));
    }
    page.gap();
    conclusion(&mut page, decided, view, refusal);
    page
}

/// Adds the next step of a check. If whoever asks cannot take it, the members who can are named.
pub(super) fn next_step(page: &mut Page, check: &CheckView, indent: &str) {
    let Some(next) = &check.next else { return };
    let who = if check.who.is_empty() { String::new() } else { format!(", by {}", check.who.join(" or ")) };
    page.command(&format!("{indent}next{who}: "), next);
}

/// Whether the check for a plan fails. Then nothing that depends on the plan can be checked either.
fn lacks_plan(checks: &[CheckView]) -> bool {
    let code = Code::RollbackPlan.as_str();
    checks.iter().any(|check| check.code == code && check.result == Outcome::Fail.as_str())
}

/// Whether a check fails only because the plan is missing.
pub(super) fn is_folded(checks: &[CheckView], check: &CheckView) -> bool {
    let depends = [Code::RollbackCriteria, Code::RollbackTarget, Code::RollbackRehearsed];
    lacks_plan(checks) && depends.iter().any(|code| check.code == code.as_str())
}

/// Returns the answer for a target on which the commit runs already, so that nothing is decided.
pub fn unchanged_text(decision: &Decision) -> String {
    let receipt = decision.unchanged.map(|id| id.short()).unwrap_or_default();
    let (target, commit) = (&decision.target, decision.commit.short());
    format!("{target} is unchanged: {commit} runs there, by receipt {receipt}")
}

fn outcome(page: &mut Page, check: &CheckOutcome, purpose: Purpose) {
    let (mark, style) = match check.result {
        Outcome::Pass => ("✓", Style::Good),
        Outcome::Warn => ("!", Style::Warn),
        Outcome::Fail => ("✗", Style::Bad),
        Outcome::Waived => ("-", Style::Dim),
    };
    let waived = match check.result {
        Outcome::Waived if purpose == Purpose::Restoration => "waived (restoration): ",
        Outcome::Waived => "waived: ",
        Outcome::Pass | Outcome::Warn | Outcome::Fail => "",
    };
    let first = format!("  {} {:<25}", style.paint(mark), check.code);
    page.wrapped(&first, &format!("{waived}{}", escape(&check.found)));
    for detail in &check.details {
        // A detail that begins with `countersign ` is a command. Any other detail with two spaces in a row is a row of
        // columns, and is not wrapped. The rest is prose.
        if detail.starts_with("countersign ") {
            let words: Vec<String> = escape(detail).split(' ').map(str::to_owned).collect();
            page.command("        ", &words);
        } else if detail.contains("  ") {
            page.columns("      ", &escape(detail));
        } else {
            page.wrapped("      ", &escape(detail));
        }
    }
}

fn conclusion(page: &mut Page, decided: &GateAnswered, view: &GateView, refusal: &str) {
    let decision = &decided.decision;
    if let Some(duty) = &view.needs_no_approval {
        page.wrapped("note: ", duty);
    }
    if decision.answer == Answer::Allowed {
        let until = decision.expires_at.map(|time| format!(" until {time}")).unwrap_or_default();
        match (&view.as_of, &view.receipt) {
            (Some(time), _) => page.wrapped(
                "",
                &format!(
                    "{} as of {time}, but with the ledger as it is now. This permits nothing.",
                    Style::Good.paint("ALLOWED")
                ),
            ),
            (None, Some(receipt)) => {
                let short: String = receipt.chars().take(8).collect();
                page.line(format!("{}{until}: receipt {short} is recorded.", Style::Good.paint("ALLOWED")));
            }
            (None, None) => page
                .line(format!("{}, not recorded: --record makes the receipt.", Style::Good.paint("ALLOWED"))),
        }
        return;
    }
    let failed: Vec<&CheckOutcome> =
        decision.checks.iter().filter(|check| check.result == Outcome::Fail).collect();
    let (all, failing) = (length(&decision.checks), length(&failed));
    let verb = if failing == 1 { "fails" } else { "fail" };
    let answer = Style::Bad.paint("REFUSED");
    let as_of = view.as_of.as_ref().map(|time| format!(" as of {time}")).unwrap_or_default();
    page.line(format!("{answer}{as_of}: {failing} of {} {verb}. {refusal}", count(all, "check")).trim_end());
    if let Some(receipt) = &view.receipt {
        let short: String = receipt.chars().take(8).collect();
        page.line(format!("The refusal is recorded: receipt {short}."));
    }
    let codes: Vec<String> = failed.iter().map(|check| check.code.to_string()).collect();
    let mut more = vec!["countersign".to_owned(), "explain".to_owned()];
    more.extend(codes);
    page.command("more: ", &more);
}
