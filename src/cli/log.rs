//! `countersign log`: lists the records of the ledger.

use super::bar::Bar;
use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use super::kinds::kinds;
use super::since::Since;
use super::view::ViewArgs;
use crate::ledger::{Loaded, Select, WantedVerdict};
use crate::likeness::closest;
use crate::record::kind::policy::TargetRules;
use crate::render::{LogRow, LogView, log_text};
use crate::value::{EnvironmentName, MemberName, RootCause, ServiceName, count};

/// List the records of the ledger, newest first
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  countersign log
  countersign log --kind exception,triage -n 50
  countersign log --author alice --since 24h
  countersign log --service payments --cause feed-late
  countersign log --void --json -n 0")]
pub(crate) struct Args {
    /// List only records of this kind; for several kinds, separate them by commas or give the option again
    #[arg(long, value_name = "KIND", value_delimiter = ',', value_parser = kinds(), hide_possible_values = true)]
    pub(crate) kind: Vec<crate::record::Kind>,
    /// List only records by this member
    #[arg(long, value_name = "MEMBER", value_delimiter = ',')]
    author: Vec<MemberName>,
    /// List only records about this service
    #[arg(short, long, value_delimiter = ',')]
    service: Vec<ServiceName>,
    /// List only records about this environment
    #[arg(short, long, value_delimiter = ',')]
    environment: Vec<EnvironmentName>,
    /// List only records about this root cause
    #[arg(long, value_name = "ROOT-CAUSE", value_delimiter = ',')]
    cause: Vec<RootCause>,
    /// List only records dated at this time or later: a time, a day, or how long ago, e.g. 24h
    #[arg(long, value_name = "TIME")]
    since: Option<Since>,
    /// List only records that do not count, because their author was not entitled to write them
    #[arg(long)]
    void: bool,
    /// List at most this many; 0 = all
    #[arg(short, default_value_t = 25)]
    number: usize,
    #[command(flatten)]
    view: ViewArgs,
    /// Answer as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn run(args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    let workspace = context.workspace()?;
    context.refresh(&workspace, args.view)?;
    let (loaded, exit) = context.load_readable(&workspace)?;
    let now = context.now()?;
    let select = Select {
        kinds: args.kind,
        authors: args.author,
        services: args.service,
        environments: args.environment,
        root_causes: args.cause,
        since: args.since.map(|since| since.before(now)),
        verdict: args.void.then_some(WantedVerdict::Void),
    };
    let past = loaded.replay.past();
    let most = if args.number == 0 { usize::MAX } else { args.number };
    let (mut records, mut more) = (Vec::new(), 0);
    let (bar, all) = (Bar::new("reading"), usize::try_from(past.size()).unwrap_or(usize::MAX));
    for (done, record) in past.records().rev().enumerate() {
        if records.len() == most && select == Select::default() {
            more = u64::try_from(all - done).unwrap_or(u64::MAX);
            break;
        }
        bar.step(done, all);
        let (id, accepted) = record?;
        if !select.fits(&id, &accepted, &loaded)? {
            continue;
        }
        if records.len() < most {
            records.push(LogRow::new(&id, &accepted, &loaded)?);
        } else {
            more += 1;
        }
    }
    drop(bar);
    if records.is_empty() {
        tell_unknown(context, &select, &loaded);
    }
    let view = LogView { ledger: past.ledger_id().map(|id| id.to_string()), records, more };
    if args.json {
        context.ui.json(&view);
    } else {
        context.page_through(&workspace);
        context.ui.show(&log_text(&view));
        if view.more > 0 {
            context.ui.footer(&format!("… {} before these (-n 0 shows all)", count(view.more, "record")));
        }
    }
    Ok(exit)
}

/// Prints a note for each service, environment or member that the options name and that does not exist now. The note
/// suggests the name that was probably meant, if one is similar.
fn tell_unknown(context: &Context, select: &Select, loaded: &Loaded) {
    let past = loaded.replay.past();
    let targets: Vec<_> = past.policy().targets().iter().map(TargetRules::target).collect();
    let members = past.roster().into_iter().flat_map(|roster| roster.members());
    let known: [(&str, Vec<String>, Vec<String>); 3] = [
        (
            "service",
            select.services.iter().map(ToString::to_string).collect(),
            targets.iter().map(|target| target.service.to_string()).collect(),
        ),
        (
            "environment",
            select.environments.iter().map(ToString::to_string).collect(),
            targets.iter().map(|target| target.environment.to_string()).collect(),
        ),
        (
            "member",
            select.authors.iter().map(ToString::to_string).collect(),
            members.map(|member| member.name.to_string()).collect(),
        ),
    ];
    for (what, asked, known) in &known {
        for name in asked.iter().filter(|name| !known.contains(name)) {
            let meant = closest(name, known.iter().map(String::as_str));
            let meant = meant.first().map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
            context.ui.note(&format!("note: there is no {what} `{name}` now{meant}"));
        }
    }
}
