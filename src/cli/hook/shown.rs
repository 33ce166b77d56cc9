//! What a hook shows of the decisions on a push.

use crate::cli::context::Context;
use crate::cli::gate::duties;
use crate::push::{PushDecision, TargetDecision};
use crate::record::kind::receipt::{Answer, Outcome, Purpose};
use crate::render::{GateView, Shown, Tasks, escape, gate_text, unchanged_text};

pub(super) fn show_deleted(context: &Context, names: &[String]) {
    for name in names {
        let name = escape(name);
        context.ui.note(&format!(
            "countersign: this push deletes {name}. A deletion deploys nothing, so the gate is not asked about it."
        ));
    }
}

pub(super) fn show_refused(context: &Context, decision: &PushDecision, ending: &str) {
    let refused = |one: &&TargetDecision| one.decided.decision.answer == Answer::Refused;
    let mut tasks = None;
    for one in decision.pushing.decisions.iter().filter(refused) {
        let state = &decision.state;
        let at = one.decided.decision.at;
        let tasks = tasks.get_or_insert_with(|| Tasks::new(state, at).asked_by(decision.pusher.clone()));
        let view = GateView::new(&one.decided, None, &duties(state, &one.decided.decision), tasks);
        let page = gate_text(&one.decided, &view, Shown::Brief, ending);
        context.ui.note_page("countersign: ", &page);
    }
}

/// Shows the allowed decisions. `trail` returns what becomes of the receipt of a decision. It is given the index of the
/// decision in `PushDecision::decided`.
pub(super) fn show_allowed(
    context: &Context,
    decision: &PushDecision,
    trail: impl Fn(usize, &TargetDecision) -> String,
) {
    let unchanged = decision.pushing.decisions.iter().map(|one| &one.decided);
    for one in unchanged.filter(|one| one.decision.unchanged.is_some()) {
        context.ui.note(&format!("countersign: {}", unchanged_text(&one.decision)));
    }
    for (index, one) in decision.decided().enumerate() {
        let allowed = &one.decided.decision;
        let what = trail(index, one);
        let back = if allowed.purpose == Purpose::Restoration { " (restoration)" } else { "" };
        context.ui.note(&format!(
            "countersign: {}, commit {}: allowed{back}, {what}",
            allowed.target,
            allowed.commit.short()
        ));
        for check in allowed.checks.iter().filter(|check| check.result == Outcome::Warn) {
            context.ui.note(&format!("  ! {}: {}", check.code, escape(&check.found)));
        }
        if let Some(duty) = duties(&decision.state, allowed).approvals() {
            context.ui.note(&format!("  note: {duty}"));
        }
    }
}
