//! [`Bars`]: the outcomes that bar a deployment, and the answers to them (ledger-schema/deployment.md, Expansion and
//! restoration).

use crate::record::kind::outcome::DeploymentResult;
use crate::value::{MemberName, RecordId};

/// The outcomes of a deployment that say `failed` or `never-started`, the answers to them, and the withdrawals of these
/// answers, in the order of the ledger.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub(in crate::state) struct Bars(Vec<BarEvent>);

#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
enum BarEvent {
    Outcome(DeploymentResult),
    /// An answer by a member to an outcome.
    Answer(AnswerTo),
    /// An answer that was withdrawn later.
    WithdrawnAnswer,
    Withdrawal,
}

/// Who answers, and which outcome.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(in crate::state) struct AnswerTo {
    pub(in crate::state) outcome: RecordId,
    pub(in crate::state) author: MemberName,
}

impl Bars {
    /// Adds an outcome, if its result bars the deployment.
    pub(in crate::state) fn add_outcome(&mut self, result: DeploymentResult) {
        if result.bars() {
            self.0.push(BarEvent::Outcome(result));
        }
    }

    pub(in crate::state) fn add_answer(&mut self, answer: AnswerTo) {
        self.0.push(BarEvent::Answer(answer));
    }

    /// Withdraws the answers of a member to an outcome. Does nothing if there are none that were not withdrawn before.
    pub(in crate::state) fn withdraw(&mut self, answer: &AnswerTo) {
        let is_it = |event: &&mut BarEvent| matches!(event, BarEvent::Answer(given) if given == answer);
        let given: Vec<&mut BarEvent> = self.0.iter_mut().filter(is_it).collect();
        if given.is_empty() {
            return;
        }
        given.into_iter().for_each(|event| *event = BarEvent::WithdrawnAnswer);
        self.0.push(BarEvent::Withdrawal);
    }

    /// Whether the deployment is barred: what came last is an outcome or a withdrawal.
    pub(in crate::state) fn is_barred(&self) -> bool {
        self.0.last().is_some_and(|last| match last {
            BarEvent::Outcome(_) | BarEvent::Withdrawal => true,
            BarEvent::Answer(_) | BarEvent::WithdrawnAnswer => false,
        })
    }

    /// Whether the deployment is called never started: it is barred, and no answer that still holds came after an
    /// outcome which says so.
    pub(in crate::state) fn is_never_started(&self) -> bool {
        let since_answer = self.0.iter().rev().take_while(|event| !matches!(event, BarEvent::Answer(_)));
        let mut says_so =
            since_answer.filter(|event| matches!(event, BarEvent::Outcome(DeploymentResult::NeverStarted)));
        self.is_barred() && says_so.next().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(outcome: &str, author: &str) -> AnswerTo {
        let outcome = outcome.repeat(64).parse().unwrap();
        AnswerTo { outcome, author: author.parse().unwrap() }
    }

    fn never_started() -> Bars {
        let mut bars = Bars::default();
        bars.add_outcome(DeploymentResult::NeverStarted);
        bars
    }

    /// The first outcome is answered, then another one bars the deployment. Once the answer is withdrawn, no answer
    /// follows the first outcome any more.
    #[test]
    fn an_outcome_counts_again_once_its_answer_is_withdrawn() {
        let mut bars = never_started();
        bars.add_answer(answer("a", "bob"));
        bars.add_outcome(DeploymentResult::Failed);
        assert!(bars.is_barred() && !bars.is_never_started());
        bars.withdraw(&answer("a", "bob"));
        assert!(bars.is_barred() && bars.is_never_started());
    }

    #[test]
    fn another_answer_still_holds() {
        let mut bars = never_started();
        bars.add_answer(answer("a", "bob"));
        bars.add_answer(answer("a", "carol"));
        bars.withdraw(&answer("a", "bob"));
        assert!(bars.is_barred() && !bars.is_never_started(), "the last word is a withdrawal");
        bars.withdraw(&answer("a", "carol"));
        assert!(bars.is_never_started());
    }

    #[test]
    fn only_the_own_answer_to_the_same_outcome_is_withdrawn() {
        for other in [answer("a", "carol"), answer("b", "bob")] {
            let mut bars = never_started();
            bars.add_answer(answer("a", "bob"));
            bars.withdraw(&other);
            assert!(!bars.is_barred());
        }
    }

    #[test]
    fn an_outcome_that_does_not_bar_changes_nothing() {
        let mut bars = never_started();
        bars.add_answer(answer("a", "bob"));
        bars.add_outcome(DeploymentResult::Succeeded);
        assert!(!bars.is_barred());
    }
}
