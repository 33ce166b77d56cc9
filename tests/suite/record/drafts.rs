//! Drafts: any TOML 1.0 is accepted, and all mistakes are reported in one run, each with its line, column,
//! field and what was expected.

use countersign::record::Kind;
use countersign::record::draft::Draft;
use countersign::record::template::{KnownFields, template};

/// Returns the line, column, field and message of each mistake in a draft.
fn mistakes(kind: Kind, text: &str) -> Vec<(usize, usize, String, String)> {
    match Draft::read(text.as_bytes(), kind) {
        Ok(draft) => panic!("{draft:?}"),
        Err(error) => error
            .0
            .into_iter()
            .map(|mistake| (mistake.line, mistake.column, mistake.field, mistake.message))
            .collect(),
    }
}

const GOOD: &str = "# What happened last night
kind = 'exception'

[exception]
summary = 'Rates of yesterday'   # in any order
workflow = \"vendor-import\"
services = [
  \"payments\",   # a comma at the end
]
environments = [\"production\"]
trigger.identity = \"ops\"
trigger.task = \"run \\u0031\"
expires_at = 2026-11-25T10:14:03+01:00
detail = '''
two lines
of it'''
";

#[test]
fn a_draft_is_any_toml_1_0_with_comments_in_any_order() {
    let fixed = GOOD.replace("2026-11-25T10:14:03+01:00", "2026-11-25T09:14:03Z");
    let draft = Draft::read(fixed.as_bytes(), Kind::Exception).unwrap();
    let crlf = Draft::read(fixed.replace('\n', "\r\n").as_bytes(), Kind::Exception).unwrap();
    assert_eq!(draft, crlf, "CRLF must be read as LF");
    let text = countersign::record::draft_of(&draft.body);
    assert!(
        text.contains("summary = \"Rates of yesterday\"\ndetail = \"\"\"\ntwo lines\nof it\"\"\"\n"),
        "{text}"
    );
}

#[test]
fn all_mistakes_are_reported_at_once_with_their_places() {
    let text = "[exception]
workflow = \"Vendor Import\"
services = []
environments = [\"production\", \"production\"]
failure = \"bad-data\"
summary = \"\"
occurrences = 1
allow_all = true
expires_at = 2026-11-25

[exception.trigger]
identity = 7

[[exception.grant]]
to = \"alice\"
";
    let found = mistakes(Kind::Exception, text);
    let places: Vec<(usize, usize, &str)> =
        found.iter().map(|(line, column, field, _)| (*line, *column, field.as_str())).collect();
    assert_eq!(
        places,
        [
            (2, 12, "exception.workflow"),
            (3, 12, "exception.services"),
            (4, 31, "exception.environments"),
            (5, 11, "exception.failure"),
            (6, 11, "exception.summary"),
            (7, 15, "exception.occurrences"),
            (8, 1, "exception.allow_all"),
            (9, 14, "exception.expires_at"),
            (11, 1, "exception.trigger.task"),
            (12, 12, "exception.trigger.identity"),
            (14, 1, "exception.grant[0].action"),
            (14, 1, "exception.grant[0].expires_at"),
            (14, 1, "exception.grant[0].resource"),
        ],
        "{found:#?}"
    );
    assert!(
        found[3].3.contains("expected one of: bad-source-data missing-approval-context timeout"),
        "{}",
        found[3].3
    );
}

#[test]
fn syntax_errors_are_all_reported_with_their_lines() {
    let found = mistakes(Kind::Approval, "[approval]\nof = nothing\nverdict = \nx = 'y\n");
    let lines: Vec<usize> = found.iter().map(|(line, ..)| *line).collect();
    assert!(lines.contains(&2) && lines.contains(&3), "{found:?}");
}

#[test]
fn what_a_record_may_not_hold_is_an_error_in_a_draft_and_never_changed() {
    for (bad, what) in [
        ("[approval]\n\u{feff}of = \"\"\n", "byte-order mark"),
        ("[approval]\nof = \"\u{202e}\"\n", "U+202E"),
        ("[approval]\nof = \"a\rb\"\n", "U+000D"),
    ] {
        let found = mistakes(Kind::Approval, bad);
        assert!(found[0].3.contains(what), "{found:?}");
    }
    let escaped =
        mistakes(Kind::Approval, "[approval]\nof = \"x\"\nverdict = \"reject\"\nreason = \"a\\u202eb\"\n");
    assert!(
        escaped.iter().any(|(_, _, field, message)| field == "approval.reason" && message.contains("U+202E")),
        "{escaped:?}"
    );
    let line = mistakes(Kind::Closure, "[closure]\nof = \"x\"\nreason = '''\na\n[signature]\nb'''\n");
    assert!(
        line.iter()
            .any(|(_, _, field, message)| field == "closure.reason" && message.contains("[signature]")),
        "{line:?}"
    );
    assert!(Draft::read(&[b'a', 0xff], Kind::Approval).is_err());
    assert!(Draft::read(&vec![b'#'; 65_537], Kind::Approval).is_err());
}

#[test]
fn what_only_a_later_toml_has_is_refused() {
    for bad in ["reason = \"a\\x41\"", "reason = \"a\\e\"", "reason = { a = 1,\n }", "reason = { a = 1, }"] {
        let found = mistakes(Kind::Approval, &format!("[approval]\n{bad}\n"));
        assert!(found.iter().any(|(line, ..)| *line == 2), "{bad}: {found:?}");
    }
}

#[test]
fn the_header_is_not_for_drafts_to_say() {
    let id = "1".repeat(64);
    let found = mistakes(
        Kind::Approval,
        &format!(
            "author = \"alice\"\nkind = \"closure\"\n[approval]\nof = \"{id}\"\nverdict = \"approve\"\n"
        ),
    );
    assert_eq!(found.iter().map(|mistake| mistake.0).collect::<Vec<_>>(), [1, 2], "{found:?}");
}

#[test]
fn nothing_empty_can_become_all() {
    let text = crate::support::ledger::trust(
        1,
        None,
        [1, 1, 1],
        &[crate::support::ledger::member(&crate::support::ledger::Actor::new("alice"), "human", &["admin"])],
    );
    let found = mistakes(Kind::Trust, &(text + "services = []\n"));
    assert!(found[0].2 == "trust.member[0].role[0].services" && found[0].3.contains("empty"), "{found:?}");
}

#[test]
fn a_template_is_toml_whose_only_mistakes_are_what_a_person_has_to_say() {
    for kind in Kind::ALL {
        let text = template(*kind, &KnownFields::new());
        let Err(error) = Draft::read(text.as_bytes(), *kind) else {
            assert_eq!(
                *kind,
                Kind::Policy,
                "only a policy's template may be complete: a policy is proposed, not recorded from a template"
            );
            continue;
        };
        for mistake in error.0 {
            let empty = mistake.message.contains("\"\"")
                || mistake.message.contains("is empty")
                || mistake.message.contains("is missing");
            assert!(empty, "{kind}: {mistake:?}");
        }
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_bytes_make_the_readers_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400)) {
        for kind in Kind::ALL {
            let _ = Draft::read(&bytes, *kind);
        }
        let _ = countersign::record::SignedRecord::parse(&bytes);
    }

    #[test]
    fn prose_comes_back_from_a_record_as_it_was_written(text in "[ -~\\n\\tä€👩]{1,80}") {
        let quoted = serde_json::to_string(&text).unwrap();
        let id = "1".repeat(64);
        let draft = format!("[closure]\nof = \"{id}\"\nreason = {quoted}\n");
        if let Ok(draft) = Draft::read(draft.as_bytes(), Kind::Closure) {
            let spelled = countersign::record::draft_of(&draft.body);
            let again = Draft::read(spelled.as_bytes(), Kind::Closure).unwrap();
            proptest::prop_assert_eq!(draft.body, again.body);
        }
    }
}
