//! Maps: user-written rules from the failure names of other programs to the names of this ledger.

use toml::Spanned;
use toml::de::DeTable;

use super::format::Malformed;
use crate::record::field::{Mistake, Path, Reader, SomeElements, table};
use crate::record::kind::exception::{Failure, Origin};
use crate::value::{Ascii, PathPattern, RootCause, WorkflowName, first_forbidden};

table! {
    /// A map. The first rule that matches a failure gives the names that this ledger has for it.
    pub struct Map {
        /// The rules.
        pub map: SomeElements<MapRule>,
    }
}

table! {
    /// The names for failures whose symptom matches a pattern.
    pub struct MapRule {
        /// The symptoms; * stops at a slash, ** does not.
        pub symptom: PathPattern,
        /// The automation that failed.
        pub workflow: Option<WorkflowName>,
        /// What kind of failure it was.
        pub failure: Option<Failure>,
        /// Where the failure came from.
        pub origin: Option<Origin>,
        /// Why it happened.
        pub root_cause: Option<RootCause>,
    }
}

impl Map {
    /// Parses a map (TOML). The error lists every mistake.
    pub fn read(text: &str) -> Result<Self, Vec<Malformed>> {
        if let Some((at, character)) = first_forbidden(&text.replace("\r\n", " \n")) {
            let message =
                format!("holds a character that no record may hold: U+{:04X}", u32::from(character));
            return Err(vec![Malformed::at(text, at, message)]);
        }
        let (document, errors) = DeTable::parse_recoverable(text);
        if !errors.is_empty() {
            let at = |error: &toml::de::Error| error.span().map_or(0, |span| span.start);
            let one = |error| Malformed::at(text, at(error), error.message().trim());
            return Err(errors.iter().map(one).collect());
        }
        let mut mistakes = Vec::new();
        let map = Reader::table::<Self>(document.get_ref(), document.span(), Path::ROOT, &mut mistakes);
        let mut found: Vec<Malformed> = mistakes
            .into_iter()
            .map(|Mistake { field, span, message }| {
                let field = if field.is_empty() { "the map".to_owned() } else { format!("`{field}`") };
                Malformed::at(text, span.map_or(0, |span| span.start), format!("{field} {message}"))
            })
            .collect();
        if let Some(map) = &map {
            found.extend(map.useless_rules(text, &document));
        }
        match map {
            Some(map) if found.is_empty() => Ok(map),
            _ => {
                found.sort_by_key(|mistake| (mistake.line, mistake.column));
                Err(found)
            }
        }
    }

    /// Reports rules that map to nothing, and rules that no failure can reach, because an earlier rule has the same
    /// pattern.
    fn useless_rules(&self, text: &str, document: &Spanned<DeTable<'_>>) -> Vec<Malformed> {
        let tables = document.get_ref().get("map").and_then(|value| value.get_ref().as_array());
        let start =
            |index: usize| tables.and_then(|all| all.get(index)).map_or(0, |table| table.span().start);
        let mut found = Vec::new();
        for (index, rule) in self.map.iter().enumerate() {
            let says = rule.workflow.is_some()
                || rule.failure.is_some()
                || rule.origin.is_some()
                || rule.root_cause.is_some();
            if !says {
                let message = format!("`map[{index}]` names a symptom but maps it to nothing");
                found.push(Malformed::at(text, start(index), message));
            }
            if self.map.iter().take(index).any(|before| before.symptom == rule.symptom) {
                let message = format!(
                    "`map[{index}].symptom` is the same as in an earlier rule, which takes precedence"
                );
                found.push(Malformed::at(text, start(index), message));
            }
        }
        found
    }

    /// The first rule that matches `symptom`.
    pub fn rule(&self, symptom: &Ascii) -> Option<&MapRule> {
        self.map.iter().find(|rule| rule.symptom.matches(symptom.as_str().as_bytes()))
    }
}
