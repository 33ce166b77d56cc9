//! Writes gauges in the text format of OpenMetrics 1.0.
//!
//! The output is also valid in the older text format of Prometheus, which the text-file collector of
//! node_exporter reads. Therefore the output has no timestamps and none of the types that only OpenMetrics has. It has
//! no counters either. In OpenMetrics, the samples of a counter have another name than its family, and a reader of the
//! older format would find no help text under that name.

use std::collections::BTreeMap;

/// The kind of a metric family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    /// A number that goes up and down.
    Gauge,
    /// A gauge of seconds; the name ends in `_seconds`.
    Seconds,
}

/// The labels of a sample, in output order.
pub(super) type Labels = Vec<(&'static str, String)>;

/// A metric family: its metadata, and its samples by their labels.
pub(super) struct Family {
    pub(super) name: &'static str,
    pub(super) measure: Measure,
    pub(super) help: &'static str,
    samples: BTreeMap<Labels, i64>,
}

impl Family {
    pub(super) fn new(name: &'static str, measure: Measure, help: &'static str) -> Self {
        Self { name, measure, help, samples: BTreeMap::new() }
    }

    /// Sets a sample.
    pub(super) fn set(&mut self, labels: Labels, value: i64) {
        self.samples.insert(labels, value);
    }

    /// Adds a value to a sample. A new sample starts at 0.
    pub(super) fn add(&mut self, labels: Labels, value: i64) {
        let sample = self.samples.entry(labels).or_default();
        *sample = sample.saturating_add(value);
    }

    fn write(&self, out: &mut String) {
        let (name, help) = (self.name, escaped(self.help));
        out.push_str(&format!("# TYPE {name} gauge\n"));
        if self.measure == Measure::Seconds {
            out.push_str(&format!("# UNIT {name} seconds\n"));
        }
        out.push_str(&format!("# HELP {name} {help}\n"));
        for (labels, value) in &self.samples {
            let pairs: Vec<String> =
                labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
            let labels = if pairs.is_empty() { String::new() } else { format!("{{{}}}", pairs.join(",")) };
            out.push_str(&format!("{name}{labels} {value}\n"));
        }
    }
}

/// Renders families as a complete exposition, with its `# EOF` line.
pub(super) fn exposition(families: &[Family]) -> String {
    let mut out = String::new();
    families.iter().for_each(|family| family.write(&mut out));
    out.push_str("# EOF\n");
    out
}

/// Escapes the backslashes, double quotes and line feeds of a label value or a help text, and nothing else.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            _ => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_written_as_the_format_says() {
        let mut held = Family::new("held_seconds", Measure::Seconds, "How \\ long\n\"it\" held.");
        held.set(vec![("b", "2".to_owned())], -5);
        held.set(vec![("b", "\"}\\\n".to_owned())], 7);
        let mut asked = Family::new("asked", Measure::Gauge, "H.");
        asked.add(Vec::new(), 1);
        asked.add(Vec::new(), 2);
        let none = Family::new("none", Measure::Gauge, "N.");
        let expected = "# TYPE held_seconds gauge\n# UNIT held_seconds seconds\n\
            # HELP held_seconds How \\\\ long\\n\\\"it\\\" held.\n\
            held_seconds{b=\"\\\"}\\\\\\n\"} 7\nheld_seconds{b=\"2\"} -5\n\
            # TYPE asked gauge\n# HELP asked H.\nasked 3\n\
            # TYPE none gauge\n# HELP none N.\n# EOF\n";
        assert_eq!(exposition(&[held, asked, none]), expected);
    }
}
