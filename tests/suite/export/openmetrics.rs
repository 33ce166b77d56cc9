//! The tests' own reader of OpenMetrics text is strict: it panics at anything that is not in the format.

use crate::support::openmetrics::read;

#[test]
fn text_that_is_not_in_the_format_is_refused() {
    let good = "# TYPE a_seconds gauge\n# UNIT a_seconds seconds\n# HELP a_seconds H.\na_seconds{x=\"\\\"\\\\\\n}\"} 1\n# EOF\n";
    assert_eq!(read(good).into_keys().next().unwrap().1["x"], "\"\\\n}");
    for (from, to) in [
        ("# EOF\n", ""),
        ("# EOF\n", "# EOF"),
        ("# EOF\n", "# EOF\nmore\n"),
        ("# EOF\n", "\n# EOF\n"),
        ("# UNIT a_seconds seconds", "# UNIT a_seconds minutes"),
        ("gauge", "info"),
        ("gauge", "counter"),
        ("} 1\n", "} 1 1700000000\n"),
        ("} 1\n", "} 1\na_seconds{x=\"\\\"\\\\\\n}\"} 2\n"),
        ("} 1\n", "} 1\n# HELP a_seconds H.\n"),
        ("x=\"\\\"", "x=\"\""),
        ("\\n}", "\\t}"),
        ("{x=", "{x y="),
        ("# HELP a_seconds H.", "# HELP a_seconds \"H."),
    ] {
        assert!(good.contains(from));
        let bad = good.replacen(from, to, 1);
        assert!(std::panic::catch_unwind(|| read(&bad)).is_err(), "{bad}");
    }
}
