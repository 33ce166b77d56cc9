//! Checks that Prometheus can evaluate a query, and that the result is an instant vector.
//!
//! The exports aggregate a query over its series, or over a window. Prometheus can aggregate only an instant vector
//! (Querying basics, "Expression language data types"). If one query were anything else, Prometheus would load none of
//! the rules in the exported file.

use promql_parser::label::{MatchOp, Matchers};
use promql_parser::parser::token::{T_LIMIT_RATIO, T_LIMITK};
use promql_parser::parser::value::ValueType;
use promql_parser::parser::{Call, Expr, parse};
use promql_parser::util::{ExprVisitor, walk_expr};

use super::regexp::beyond_re2;
use crate::measure::{MeasuredQuery, Obstacle};
use crate::record::kind::rollback_plan::{Criterion, RollbackPlan};

/// Describes the criteria of a plan that cannot be exported although a program can read their queries: Prometheus could
/// not evaluate these queries, and Argo Rollouts leaves the evaluation to Prometheus.
pub fn not_exportable(plan: &RollbackPlan) -> impl Iterator<Item = String> + '_ {
    plan.criterion.iter().filter_map(|says| {
        let measured = MeasuredQuery::of(says).ok()?;
        let Obstacle { field, problem } = instant_vector(says, &measured).err()?;
        Some(format!("criterion {} cannot be exported: its {field} {problem}", says.metric))
    })
}

/// Checks that the query of a criterion is an instant vector. `measured` is the query that was read from `says`.
pub(super) fn instant_vector(says: &Criterion, measured: &MeasuredQuery) -> Result<(), Obstacle> {
    check(&measured.query).map_err(|problem| {
        let is_metric = measured.query == says.metric.as_str();
        let (field, verb) = if is_metric { ("metric", "is used as") } else { ("source", "holds") };
        Obstacle { field, problem: format!("{verb} a query that {problem}") }
    })
}

/// Checks a query; the error is a phrase that follows the words "a query that".
fn check(query: &str) -> Result<(), String> {
    if query.len() > MOST_BYTES {
        return Err(format!("is longer than {MOST_BYTES} bytes"));
    }
    if nesting(query) > MOST_NESTED {
        return Err(format!("nests more than {MOST_NESTED} brackets"));
    }
    let parsed = parse(&without_raw_strings(query)).map_err(|error| {
        let error: Vec<&str> = error.split_whitespace().collect();
        format!("Prometheus does not read: {}", error.join(" "))
    })?;
    walk_expr(&mut Refused, &parsed)?;
    match parsed.value_type() {
        ValueType::Vector => Ok(()),
        ValueType::Matrix => {
            Err("is a range vector: a function such as `rate` makes numbers of it".to_owned())
        }
        ValueType::Scalar => Err("is a number without series: `vector(...)` around it makes one".to_owned()),
        ValueType::String => Err("is a string".to_owned()),
    }
}

/// The most bytes that a query may have. Its tree is walked recursively, so it must be small enough for the stack.
const MOST_BYTES: usize = 2_048;
/// The most brackets that may be nested in each other.
const MOST_NESTED: usize = 64;

/// Returns the greatest number of brackets that are open at once. Brackets within strings count too.
fn nesting(query: &str) -> usize {
    let (mut open, mut most) = (0_usize, 0);
    for byte in query.bytes() {
        match byte {
            b'(' | b'[' | b'{' => open += 1,
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        most = most.max(open);
    }
    most
}

/// Rewrites strings in backticks as strings in double quotes, with escapes. The parser takes a backslash in backticks
/// for an escape, but Prometheus takes it for a plain character (Querying basics, "String literals").
fn without_raw_strings(query: &str) -> String {
    let mut out = String::new();
    let mut rest = query;
    while let Some(at) = rest.find(['"', '\'', '`']) {
        let (before, from) = rest.split_at(at);
        let (quote, inside) = from.split_at(1);
        let mut escaped = false;
        let end = inside.char_indices().find(|(_, character)| {
            let ends = character.to_string() == quote && !escaped;
            escaped = *character == '\\' && !escaped && quote != "`";
            ends
        });
        let Some((end, _)) = end else { break };
        let (text, after) =
            (inside.get(..end).unwrap_or_default(), inside.get(end + 1..).unwrap_or_default());
        out.push_str(before);
        match quote {
            "`" => out.push_str(&format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))),
            _ => out.push_str(&format!("{quote}{text}{quote}")),
        }
        rest = after;
    }
    out + rest
}

/// A visitor of an expression. It finds the first part that a server in its usual configuration refuses.
struct Refused;

impl ExprVisitor for Refused {
    type Error = String;

    fn pre_visit(&mut self, expression: &Expr) -> Result<bool, String> {
        let experimental =
            |name: &str| Err(format!("calls `{name}`, which servers have only as an experimental feature"));
        match expression {
            Expr::Call(call) if call.func.experimental => experimental(call.func.name),
            Expr::Call(call) => arguments(call).map(|()| true),
            Expr::Aggregate(aggregate) if aggregate.op.id() == T_LIMITK => experimental("limitk"),
            Expr::Aggregate(aggregate) if aggregate.op.id() == T_LIMIT_RATIO => experimental("limit_ratio"),
            Expr::Binary(binary) => {
                let fills = binary.modifier.as_ref().is_some_and(|modifier| {
                    modifier.fill_values.lhs.is_some() || modifier.fill_values.rhs.is_some()
                });
                if fills { experimental("fill") } else { Ok(true) }
            }
            Expr::VectorSelector(selector) => expressions(&selector.matchers).map(|()| true),
            Expr::MatrixSelector(selector) => expressions(&selector.vs.matchers).map(|()| true),
            _ => Ok(true),
        }
    }
}

/// Checks the regular expressions of label matchers.
fn expressions(matchers: &Matchers) -> Result<(), String> {
    if !matchers.or_matchers.is_empty() {
        return Err("Prometheus does not read: `or` between label matchers".to_owned());
    }
    for matcher in &matchers.matchers {
        let is_expression = matches!(matcher.op, MatchOp::Re(_) | MatchOp::NotRe(_));
        if let Some(what) = Some(&matcher.value).filter(|_| is_expression).and_then(|text| beyond_re2(text)) {
            return Err(format!(
                "Prometheus does not read: the regular expression `{}` has {what}",
                matcher.value
            ));
        }
    }
    Ok(())
}

/// Checks the types of the arguments of a call. The parser checks them too, but not in every call: it checks nothing if
/// a function such as `exp` or `ln` is called with a special number such as infinity.
fn arguments(call: &Call) -> Result<(), String> {
    let expected = |at: usize| call.func.arg_types.get(at).or(call.func.arg_types.last());
    let wrong = call
        .args
        .args
        .iter()
        .enumerate()
        .find(|(at, argument)| expected(*at).is_some_and(|expected| *expected != argument.value_type()));
    let Some((at, argument)) = wrong else { return Ok(()) };
    let (name, expected) = (call.func.name, expected(at).map(ToString::to_string).unwrap_or_default());
    Err(format!(
        "Prometheus does not read: expected type {expected} in call to `{name}`, got {}",
        argument.value_type()
    ))
}
