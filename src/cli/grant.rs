//! `countersign grant`: asks whether an override in force allows an action now.

use super::context::{Context, not_sound};
use super::error::{CommandError, untrusted};
use super::exit::Exit;
use super::view::ViewArgs;
use crate::gate::check::freshness;
use crate::record::kind::receipt::Outcome;
use crate::render::{GrantQuestion, GrantView, grant_text};
use crate::state::Inquiry;
use crate::value::{Ascii, EnvironmentName, MemberName, ServiceName, TargetName};

/// Ask whether an override in force allows an action now
///
/// For programs that hand out access, such as a wrapper of sudo, or the policy hook of a secrets broker. The exit code
/// is 0 for yes, 1 for no, and 3 if the ledger cannot be trusted; hand out access only on 0. Member, action and
/// resource are compared exactly, and the override has to touch the target. The target may be left out if entries of
/// the policy name the services and the environments of the resource.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  countersign grant payments/production --to alice --action write \\
      --resource db:payments.rates
  countersign grant --to alice --action write --resource db:payments.rates \\
      --json && vault read database/creds/rates-writer")]
pub(crate) struct Args {
    /// The member who asks for access
    #[arg(long, value_name = "MEMBER")]
    to: MemberName,
    /// The action, as the grant names it
    #[arg(long)]
    action: Ascii,
    /// The resource, as the grant names it
    #[arg(long)]
    resource: Ascii,
    /// The target that the resource belongs to, as SERVICE/ENVIRONMENT
    #[arg(value_name = "TARGET", conflicts_with_all = ["service", "environment"])]
    target: Option<TargetName>,
    /// The service, in place of TARGET
    #[arg(short, long, value_name = "NAME")]
    service: Option<ServiceName>,
    /// The environment, in place of TARGET
    #[arg(short, long, value_name = "NAME")]
    environment: Option<EnvironmentName>,
    #[command(flatten)]
    view: ViewArgs,
    /// Answer as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn run(args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    let workspace = context.workspace()?;
    context.refresh(&workspace, args.view)?;
    let loaded = context.load(&workspace)?;
    if let Some(error) = not_sound(&loaded) {
        return Err(error);
    }
    let now = context.now()?;
    let state = context.live(&loaded, &Inquiry::at(now))?;
    let Args { to, action, resource, target, service, environment, json, .. } = args;
    let target = target.map(|named| named.target().clone());
    let (service, environment) = match target {
        Some(target) => (Some(target.service), Some(target.environment)),
        None => (service, environment),
    };
    let asked = GrantQuestion { to, action, resource, service, environment };
    if let Some(missing) = asked.missing_target(&state) {
        let resource = crate::render::escape(asked.resource.as_str());
        return Err(CommandError::usage(format!(
            "{missing} missing: no entry of the policy names the target of {resource}"
        ))
        .hint("name the target: SERVICE/ENVIRONMENT, e.g. payments/production")
        .hint("or propose a policy with an entry [[policy.resource]]: name, services and environments"));
    }
    let (view, rules) = GrantView::new(&state, loaded.replay.past(), &asked, now);
    let fresh = freshness(&state, &rules, &loaded.freshness, now);
    if fresh.result == Outcome::Fail {
        return Err(untrusted(crate::finding::Code::LedgerFresh, &fresh.found));
    }
    let allowed = view.allowed;
    if json {
        context.ui.json(&view);
    } else {
        context.ui.show(&grant_text(&view));
    }
    Ok(if allowed { Exit::Good } else { Exit::Refused })
}
