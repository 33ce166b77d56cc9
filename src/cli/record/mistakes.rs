//! Reports the mistakes of a draft that was made from options, in terms of those options.

use crate::cli::error::CommandError;
use crate::record::Kind;

/// The fields that an option can set, each with that option. A field is given as its path, without the kind and without
/// the indices of list elements.
const OPTIONS: &[(&str, &str)] = &[
    ("artifact", "--artifact"),
    ("change", "--commit"),
    ("commit", "--commit"),
    ("due", "--expires-in"),
    ("ended_at", "--ended-at"),
    ("entries", "--entry"),
    ("environment", "--environment"),
    ("environments", "--environment"),
    ("exception", "--exception"),
    ("exceptions", "--exception"),
    ("expires_at", "--expires-in"),
    ("failure", "--failure"),
    ("measured", "--measured"),
    ("occurred_at", "--occurred-at"),
    ("of", "--of"),
    ("origin", "--origin"),
    ("reason", "--reason"),
    ("result", "--result"),
    ("root_cause", "--root-cause"),
    ("root_causes", "--root-cause"),
    ("service", "--service"),
    ("services", "--service"),
    ("started_at", "--started-at"),
    ("summary", "--summary"),
    ("symptom", "--symptom"),
    ("trigger.credential", "--credential"),
    ("trigger.identity", "--identity"),
    ("trigger.task", "--task"),
    ("workflow", "--workflow"),
];

/// Returns the option that sets the field at a path; `None` if no option does.
fn option_of(field: &str) -> Option<&'static str> {
    let (_, below) = field.split_once('.')?;
    let name = |text: &str| text.split('[').next().unwrap_or_default().to_owned();
    let path: Vec<String> = below.split('.').map(name).collect();
    let path = path.join(".");
    let states = |(known, _): &&(&str, &str)| {
        path == **known || path.strip_prefix(known).is_some_and(|rest| rest.starts_with('.'))
    };
    OPTIONS.iter().find(states).map(|(_, option)| *option)
}

/// Returns the name of a field for messages: the option that sets it, otherwise its path.
pub(super) fn name_of(field: &str) -> String {
    option_of(field).map_or_else(|| format!("`{field}`"), ToOwned::to_owned)
}

/// Returns the error for a draft made from options. Each element of `mistakes` is a field and a message.
pub(super) fn mistaken(kind: Kind, mistakes: &[(String, String)]) -> CommandError {
    let line = |(field, message): &(String, String)| {
        format!("{} {}", name_of(field), crate::render::escape(message))
    };
    let mut lines: Vec<String> = mistakes.iter().map(line).collect();
    lines.dedup();
    let has_other = mistakes.iter().any(|(field, _)| option_of(field).is_none());
    let count = lines.len();
    let head = format!("the options have {count} mistake{}", if count == 1 { "" } else { "s" });
    let error = CommandError::usage(format!("{head}\n  {}", lines.join("\n  ")));
    if has_other {
        error.hint(format!("for a field without an option, write a draft: countersign record {kind} -f FILE"))
    } else {
        error
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::field::{FieldForm, FieldInfo};

    fn paths(fields: &[FieldInfo], above: &str) -> Vec<String> {
        let paths_of = |field: &FieldInfo| {
            let path = format!("{above}{}", field.name);
            let below = match field.shape.form {
                FieldForm::Section(inner) | FieldForm::Elements(inner) => paths(inner, &format!("{path}.")),
                FieldForm::Scalar(_) | FieldForm::List(_) => Vec::new(),
            };
            std::iter::once(path).chain(below).collect::<Vec<_>>()
        };
        fields.iter().flat_map(paths_of).collect()
    }

    #[test]
    fn each_listed_field_is_one_of_a_kind_of_record() {
        let all: Vec<String> = Kind::ALL.iter().flat_map(|kind| paths(kind.fields(), "")).collect();
        for (field, _) in OPTIONS {
            assert!(all.iter().any(|path| path == field), "no kind has the field {field}");
        }
    }

    #[test]
    fn a_field_is_named_by_its_option() {
        assert_eq!(option_of("exception.trigger.task"), Some("--task"));
        assert_eq!(option_of("outcome.measured[1].value"), Some("--measured"));
        assert_eq!(option_of("redesign.commit[0].id"), Some("--commit"));
        assert_eq!(option_of("rollback-plan.criterion"), None);
        assert_eq!(option_of("exception"), None);
    }
}
