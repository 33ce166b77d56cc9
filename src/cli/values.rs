//! The values that a shell offers for an argument. They depend on the type of the argument: kinds, codes, ids of
//! records, members, services, environments, targets, root causes or workflows.

use std::any::TypeId;
use std::ffi::OsStr;

use clap::builder::ValueParser;
use clap::{Arg, Command};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};

use super::explain::CodeWord;
use crate::finding::Code;
use crate::ledger::{Given, Loaded, load};
use crate::record::Kind;
use crate::render::escape;
use crate::state::Inquiry;
use crate::value::{EnvironmentName, IdPrefix, MemberName, RootCause, ServiceName, TargetName, WorkflowName};
use crate::workspace::Workspace;

/// The maximum number of ids that are offered: those of the newest records.
const MAX_IDS: usize = 200;

/// Adds completion to each argument of a command and of its subcommands, if the type of the argument is in [`table`].
pub(super) fn completing(command: Command) -> Command {
    command.mut_args(with_values).mut_subcommands(completing)
}

/// A function that returns the values of a type. They come from the ledger, or are part of this program.
type Candidates = fn() -> Vec<CompletionCandidate>;

/// Returns each type of argument that has values to complete, with the function that returns them.
fn table() -> [(TypeId, Candidates); 9] {
    [
        (TypeId::of::<Kind>(), kinds),
        (TypeId::of::<CodeWord>(), codes),
        (TypeId::of::<IdPrefix>(), ids),
        (TypeId::of::<MemberName>(), members),
        (TypeId::of::<ServiceName>(), services),
        (TypeId::of::<EnvironmentName>(), environments),
        (TypeId::of::<TargetName>(), targets),
        (TypeId::of::<RootCause>(), root_causes),
        (TypeId::of::<WorkflowName>(), workflows),
    ]
}

fn with_values(arg: Arg) -> Arg {
    let of = |parser: &ValueParser| {
        table().into_iter().find(|(id, _)| parser.type_id() == *id).map(|(_, candidates)| candidates)
    };
    let Some(candidates) = of(arg.get_value_parser()) else { return arg };
    let complete = move |typed: &OsStr| {
        let typed = typed.to_string_lossy().into_owned();
        let begins = |one: &CompletionCandidate| one.get_value().to_string_lossy().starts_with(&typed);
        candidates().into_iter().filter(begins).collect::<Vec<_>>()
    };
    arg.add(ArgValueCompleter::new(complete))
}

fn named(values: impl IntoIterator<Item = String>) -> Vec<CompletionCandidate> {
    let mut values: Vec<String> = values.into_iter().collect();
    values.sort_unstable();
    values.dedup();
    values.into_iter().map(CompletionCandidate::new).collect()
}

fn kinds() -> Vec<CompletionCandidate> {
    named(Kind::ALL.iter().map(ToString::to_string))
}

fn codes() -> Vec<CompletionCandidate> {
    let one = |code: &Code| CompletionCandidate::new(code.as_str());
    Code::ALL.iter().map(one).collect()
}

/// Loads the ledger of the current directory, if it can be read. Asks no question and prints nothing, because the user
/// is typing.
fn ledger() -> Option<Loaded> {
    let workspace = Workspace::discover(&crate::environ::current_directory().ok()?).ok()?;
    load(&workspace, &Given::default(), &mut |_, _| {}).ok()
}

fn ids() -> Vec<CompletionCandidate> {
    let Some(loaded) = ledger() else { return Vec::new() };
    let past = loaded.replay.past();
    let one = |(id, accepted): (crate::value::RecordId, crate::verify::Accepted)| {
        let body = past.body(&id).ok().flatten()?;
        let help = format!("{} by {}: {}", body.kind(), accepted.author, body.subject());
        Some(CompletionCandidate::new(id.short()).help(Some(escape(&help).into())))
    };
    past.records().rev().take(MAX_IDS).filter_map(Result::ok).filter_map(one).collect()
}

fn members() -> Vec<CompletionCandidate> {
    let Some(loaded) = ledger() else { return Vec::new() };
    let roster = loaded.replay.past().roster();
    let members = roster.into_iter().flat_map(|roster| roster.members());
    named(members.map(|member| member.name.to_string()))
}

fn of_targets(one: fn(&crate::value::Target) -> String) -> Vec<CompletionCandidate> {
    let Some(loaded) = ledger() else { return Vec::new() };
    let targets = loaded.replay.past().policy().targets();
    named(targets.iter().map(|rules| one(&rules.target())))
}

fn services() -> Vec<CompletionCandidate> {
    of_targets(|target| target.service.to_string())
}

fn environments() -> Vec<CompletionCandidate> {
    of_targets(|target| target.environment.to_string())
}

fn targets() -> Vec<CompletionCandidate> {
    of_targets(|target| TargetName::from(target.clone()).to_string())
}

fn root_causes() -> Vec<CompletionCandidate> {
    let Some(state) = ledger().and_then(|loaded| loaded.live(&Inquiry::default()).ok()) else {
        return Vec::new();
    };
    named(
        state
            .held_exceptions()
            .iter()
            .filter_map(|item| item.says.exception.root_cause.as_ref())
            .map(ToString::to_string),
    )
}

fn workflows() -> Vec<CompletionCandidate> {
    let Some(state) = ledger().and_then(|loaded| loaded.live(&Inquiry::default()).ok()) else {
        return Vec::new();
    };
    named(state.held_exceptions().iter().map(|item| item.says.exception.workflow.to_string()))
}
