//! Drafts that a ledger would accept, and that would change nothing.

use crate::record::Body;
use crate::record::kind::approval::{Approval, VoteVerdict};
use crate::state::{Item, Life, Says, State};
use crate::trust::Roster;
use crate::value::{MemberName, Time};

/// Returns why a draft would change nothing if the author recorded it now; `None` if there is no such reason. Only
/// resumes are checked, and votes on exceptions, plans, redesigns, triages and releases.
pub fn pointless(state: &State, author: &MemberName, body: &Body, now: Time) -> Option<String> {
    match body {
        Body::Approval(vote) => vote_for_nothing(state, author, vote, now),
        Body::Resume(resume) => {
            let pause = state.pause(&resume.of)?;
            let is_over = !pause.holds(now) && pause.says.begins_at.is_none_or(|from| from <= now);
            is_over.then(|| format!("the pause {} is over already", resume.of.short()))
        }
        Body::Trust(_)
        | Body::Policy(_)
        | Body::Exception(_)
        | Body::Triage(_)
        | Body::RollbackPlan(_)
        | Body::Redesign(_)
        | Body::Release(_)
        | Body::Closure(_)
        | Body::Review(_)
        | Body::Pause(_)
        | Body::Receipt(_)
        | Body::Outcome(_)
        | Body::Audit(_)
        | Body::Quarantine(_) => None,
    }
}

fn vote_for_nothing(state: &State, author: &MemberName, vote: &Approval, now: Time) -> Option<String> {
    let of = &vote.of;
    let exception = state.exception(of).map(|item| of_item(state, author, item, vote.verdict, now));
    let plan = || state.plan(of).map(|item| of_item(state, author, item, vote.verdict, now));
    let redesign = || state.redesign(of).map(|item| of_item(state, author, item, vote.verdict, now));
    let triage = || state.triage(of).map(|item| of_item(state, author, item, vote.verdict, now));
    let release = || state.release(of).map(|item| of_item(state, author, item, vote.verdict, now));
    exception.or_else(plan).or_else(redesign).or_else(triage).or_else(release).flatten()
}

/// Returns why a vote would change nothing; `None` if it would change something. It changes nothing if the item is
/// over, if the person's last vote on the item was the same, or if the person has no vote on the item to withdraw.
fn of_item<T: Says>(
    state: &State,
    author: &MemberName,
    item: &Item<T>,
    verdict: VoteVerdict,
    now: Time,
) -> Option<String> {
    let id = item.id.short();
    if item.life(&state.policy, now) == Life::Over {
        return Some(format!("{id} is over, and no vote changes that"));
    }
    let person = person(&state.roster, author);
    let last = item.approvals.votes().find(|(name, _)| *name == person).map(|(_, vote)| vote.verdict);
    match (verdict, last) {
        (VoteVerdict::Withdraw, None | Some(VoteVerdict::Withdraw)) => {
            Some(format!("{person} has no vote on {id} to withdraw"))
        }
        (VoteVerdict::Approve, Some(VoteVerdict::Approve)) => Some(format!("{person} approved {id} already")),
        (VoteVerdict::Reject, Some(VoteVerdict::Reject)) => Some(format!("{person} rejected {id} already")),
        (VoteVerdict::Approve | VoteVerdict::Reject | VoteVerdict::Withdraw, _) => None,
    }
}

fn person<'a>(roster: &'a Roster, author: &'a MemberName) -> &'a MemberName {
    roster.person(author).unwrap_or(author)
}
