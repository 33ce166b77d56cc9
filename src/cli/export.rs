//! `countersign export`: writes plans and metrics in the formats of other programs.

use std::path::{Path, PathBuf};

use super::context::{Context, not_sound};
use super::error::CommandError;
use super::exit::Exit;
use super::target::TargetArgs;
use crate::ask;
use crate::export::{self, Address, Analysis, ExportError, Observed, Subject};
use crate::ledger::find;
use crate::store;
use crate::value::{Duration, IdPrefix};

/// Export plans and metrics of the ledger in the formats of other programs
///
/// Exports the criteria of a rollback plan for programs that watch a deployment, and the state of the ledger
/// for programs that monitor it. If a format cannot express every criterion of a plan, the export fails: it never
/// leaves a criterion out, or weakens one.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  countersign export argo --service payments --environment production \\
      | kubectl apply -f -
  countersign export prometheus --service payments --environment production \\
      --out /etc/prometheus/rules/payments.json
  countersign export metrics --out /var/lib/node_exporter/countersign.prom")]
pub(crate) struct Args {
    #[command(subcommand)]
    format: ExportFormat,
}

#[derive(Debug, clap::Subcommand)]
enum ExportFormat {
    Argo(ArgoArgs),
    Prometheus(PrometheusArgs),
    Metrics(MetricsArgs),
}

/// Export a rollback plan as an AnalysisTemplate of Argo Rollouts
///
/// Each criterion becomes a metric, which fails once the comparison has held for the whole window. The first
/// measurement is taken about one window after the analysis began, so that values from before the deployment do not
/// count. A measurement without a number is inconclusive, and
/// pauses the rollout. The output is JSON, which is also YAML.
#[derive(Debug, clap::Args)]
#[command(after_help = ARGO_HELP)]
struct ArgoArgs {
    #[command(flatten)]
    plan: PlanArgs,
    /// The Prometheus server for criteria whose source names none [default: the server that
    /// Argo's controller has in ARGO_ROLLOUTS_PROMETHEUS_ADDRESS]
    #[arg(long, value_name = "URL")]
    address: Option<Address>,
    /// End the analysis after this time. An analysis in a step of the rollout needs this [default: the analysis ends
    /// with the rollout, so Argo accepts it only in the background, and not in a step]
    #[arg(long, value_name = "DURATION")]
    watch: Option<Duration>,
}

/// Export a rollback plan as alerting rules of Prometheus
///
/// Each criterion becomes an alert CountersignRollback, which fires once the comparison has held for the whole
/// window. Each alert has the labels service, environment, ledger, rollback_plan and criterion, beside those of its
/// series. The output is
/// JSON, which is also YAML.
#[derive(Debug, clap::Args)]
#[command(after_help = PROMETHEUS_HELP)]
struct PrometheusArgs {
    #[command(flatten)]
    plan: PlanArgs,
}

/// Export the state of the ledger as OpenMetrics text
///
/// For the text-file collector of node_exporter, the name of the file has to end in .prom. If the ledger cannot
/// be trusted, the output has only `countersign_ledger_sound 0` and the time of the evaluation, and the exit code
/// is 3.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  countersign export metrics\n  countersign export metrics --out \
    /var/lib/node_exporter/countersign.prom")]
struct MetricsArgs {
    /// Write to this file instead of standard output, whole or not at all
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
struct PlanArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Export this plan, even if it is not in force: at least 4 digits of its id [default: the plan in force]
    #[arg(long, value_name = "ID")]
    plan: Option<IdPrefix>,
    /// The commit to be deployed: a plan that is bound to it takes precedence
    #[arg(long, default_value = "HEAD", conflicts_with = "plan")]
    commit: String,
    /// Write to this file instead of standard output, whole or not at all
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// The help text on how sources are read, which both formats share.
macro_rules! sources {
    ($examples:literal) => {
        concat!(
            $examples,
            "\n\n\
How a criterion's `source` and `metric` are read:
  prometheus                             the metric is the query
  prometheus:QUERY                       QUERY is the query
  prometheus+http://HOST/                the metric is the query, sent to HOST
  prometheus+http://HOST/?query=QUERY    QUERY, percent-decoded, is the query,
                                         sent to HOST
The same holds for https. Anything else is an error. So is a query that a
Prometheus server in its usual configuration cannot read (prose, an
experimental function), or whose result is not an instant vector (a range
vector such as x[5m], a number without series)."
        )
    };
}

const ARGO_HELP: &str = sources!(
    "\
Examples:
  countersign export argo --service payments --environment production \\
      --address http://prometheus.monitoring:9090 | kubectl apply -f -
  countersign export argo --service payments --environment production \\
      --watch 30m --out analysis.json"
);

const PROMETHEUS_HELP: &str = sources!(
    "\
Examples:
  countersign export prometheus --service payments --environment production \\
      --out /etc/prometheus/rules/payments.json
  countersign export prometheus --service payments --environment production \\
      --plan 20af

Rules are evaluated by the server that loads them: load these into the server
at HOST, which has to be the same for all criteria."
);

pub(crate) fn run(args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    match args.format {
        ExportFormat::Argo(args) => {
            let analysis = Analysis { address: args.address.clone(), watched: args.watch };
            plan(&args.plan, context, |subject| export::argo(subject, &analysis))
        }
        ExportFormat::Prometheus(args) => plan(&args.plan, context, export::prometheus),
        ExportFormat::Metrics(args) => metrics(&args, context),
    }
}

fn plan(
    args: &PlanArgs,
    context: &mut Context,
    export: impl FnOnce(&Subject<'_>) -> Result<String, ExportError>,
) -> Result<Exit, CommandError> {
    let workspace = context.workspace()?;
    let loaded = context.load_sound(&workspace)?;
    let now = context.now()?;
    let state = context.state(&loaded)?;
    let target = args.target.resolve(loaded.replay.past().policy())?;
    let wanted = match &args.plan {
        Some(prefix) => ask::WantedPlan::Named(find(&loaded, prefix)?),
        None => ask::WantedPlan::InForceFor(workspace.repository.resolve(&args.commit)?),
    };
    let found = ask::plan_to_export(state.state(), &target, &wanted, now)?;
    let text = export(&Subject::new(state.state(), &target, found.plan))?;
    if let Some(why) = found.not_in_force {
        let short = found.plan.id.short();
        context.ui.note(&format!("warning: plan {short} is {why}: the gate does not use it"));
    }
    deliver(context, args.out.as_deref(), &text)?;
    Ok(Exit::Good)
}

fn metrics(args: &MetricsArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let workspace = context.workspace()?;
    let loaded = context.load(&workspace)?;
    let now = context.now()?;
    let state = match not_sound(&loaded) {
        None => loaded.state().map_err(CommandError::from),
        Some(error) => Err(error),
    };
    // A corrupt cache does not make the ledger untrusted: return, so that the command starts over without the cache.
    let state = match state {
        Err(error) if error.is_of_cache => return Err(error),
        state => state,
    };
    let observed = match &state {
        Ok(state) => Observed::Sound(state),
        Err(_) => Observed::Untrusted { asked: loaded.anchored.id() },
    };
    deliver(context, args.out.as_deref(), &export::metrics(observed, now))?;
    state.map(|_| Exit::Good)
}

/// Writes the text to the file `out`, or to standard output if no file is given.
fn deliver(context: &mut Context, out: Option<&Path>, text: &str) -> Result<(), CommandError> {
    if let Some(path) = out {
        return Ok(store::publish(path, text.as_bytes())?);
    }
    context.ui.data(text);
    Ok(())
}
