//! [`WholeState`]: the whole state of an in-memory ledger, in the form that tests query.

use std::ops::Deref;

use countersign::state::State;

/// A whole state. It derefs to [`State`], and also has the lists that only a whole state has.
#[derive(Debug, Clone)]
pub struct WholeState(countersign::state::WholeState);

impl From<countersign::state::WholeState> for WholeState {
    fn from(whole: countersign::state::WholeState) -> Self {
        Self(whole)
    }
}

impl Deref for WholeState {
    type Target = State;

    fn deref(&self) -> &State {
        self.0.state()
    }
}

/// Lists that only a whole state has.
macro_rules! lists {
    ($($name:ident: $item:ident),* $(,)?) => {
        impl WholeState {
            /// Returns the wrapped `countersign::state::WholeState`.
            pub fn folded(&self) -> &countersign::state::WholeState {
                &self.0
            }

            $(
                pub fn $name(&self) -> &[countersign::state::$item] {
                    self.0.$name()
                }
            )*
        }
    };
}

lists! {
    exceptions: ExceptionItem,
    plans: PlanItem,
    redesigns: RedesignItem,
    triages: TriageItem,
    releases: ReleaseItem,
    pauses: PauseItem,
    deployments: Deployment,
    outcomes: OutcomeItem,
}
