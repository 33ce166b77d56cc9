//! Signs and appends records that are built from options, for `pause`, `resume`, `review` and `triage`.

use super::context::{Context, sound_or_halted};
use super::error::CommandError;
use super::exit::Exit;
use super::recorded;
use super::sharing::ShareArgs;
use super::ui::Output;
use crate::draft::{SecretLike, lint, twin};
use crate::ledger::Loaded;
use crate::record::Body;
use crate::record::field::Elements;
use crate::state::Inquiry;
use crate::value::{RecordId, Time};
use crate::workspace::Workspace;
use crate::write::{Author, Writing};

impl Context {
    /// Leaves out each draft that repeats a record which the same author made in the last ten minutes. An earlier run
    /// of the command may have made that record without showing an answer. Returns the drafts that are left, and the
    /// last record that would have been repeated.
    pub(crate) fn unsaid(
        &self,
        loaded: &Loaded,
        author: &Author,
        bodies: Vec<Body>,
        now: Time,
    ) -> Result<(Vec<Body>, Option<RecordId>), CommandError> {
        let (mut left, mut known) = (Vec::new(), None);
        for body in bodies {
            match twin(loaded, author, &body, now)? {
                None => left.push(body),
                Some(id) => {
                    self.ui.note(&format!(
                        "note: you recorded the same thing within the last ten minutes: {}",
                        id.short()
                    ));
                    known = Some(id);
                }
            }
        }
        Ok((left, known))
    }
}

/// What a command needs to sign records: the repository, the ledger, and whether the answer is JSON.
pub(crate) struct SigningSession {
    pub(crate) workspace: Workspace,
    pub(crate) loaded: Loaded,
    pub(crate) output: Output,
}

impl SigningSession {
    /// Opens the repository, and loads its ledger, which must be sound or halted.
    pub(crate) fn begin(
        context: &mut Context,
        share: ShareArgs,
        output: Output,
    ) -> Result<Self, CommandError> {
        let workspace = context.workspace()?;
        let loaded = sound_or_halted(context.load_to_write(&workspace, share)?)?;
        Ok(Self { workspace, loaded, output })
    }

    /// Refuses a draft that would not count in the ledger, or that would change nothing. This is called before the user
    /// is asked for the values that are missing.
    pub(crate) fn may_say(&self, context: &Context, body: &Body) -> Result<(), CommandError> {
        let author = context.author(&self.workspace, &self.loaded)?;
        context.may_say(&self.loaded, &author, body, context.now()?)
    }

    /// Checks the record against the policy and the members, then signs, appends and shows it. Unless the answer is
    /// JSON, also shows the new standing of `about`, the record that the new one is about.
    pub(crate) fn say(
        self,
        context: &mut Context,
        body: Body,
        about: Option<RecordId>,
    ) -> Result<Exit, CommandError> {
        self.say_all(context, vec![body], about)
    }

    /// Signs and appends several records in one entry, as [`SigningSession::say`] does with one.
    pub(crate) fn say_all(
        self,
        context: &mut Context,
        bodies: Vec<Body>,
        about: Option<RecordId>,
    ) -> Result<Exit, CommandError> {
        let Self { workspace, loaded, output } = self;
        let mut author = context.author(&workspace, &loaded)?;
        let now = context.now()?;
        let named = bodies.iter().fold(Inquiry::at(now), Inquiry::and_named_in);
        let state = loaded.live_if_founded(&named)?;
        let objections: Vec<(String, String)> = bodies
            .iter()
            .flat_map(|body| lint(&loaded, state.as_deref(), &author.name, body, now, SecretLike::Refused))
            .collect();
        CommandError::refuse(&objections)?;
        let (bodies, known) = context.unsaid(&loaded, &author, bodies, now)?;
        if let ([], Some(known)) = (bodies.as_slice(), known) {
            return recorded::show_known(context, &loaded, &known, output, now);
        }
        let drafts = bodies.into_iter().map(|body| (body, Elements::from(Vec::new()))).collect();
        let drafts = Writing::Drafts(drafts);
        let recorded = context.append(&workspace, loaded, &mut author, drafts, now)?;
        let exit = recorded::show(context, &workspace, &recorded, output, now)?;
        if let Some(about) = about.filter(|_| output == Output::Text) {
            recorded::standing(context, &recorded.appended, &about, now);
        }
        Ok(exit)
    }
}
