//! The rules of a policy, in one table: the name, help, type and default of each rule, the longest time that the
//! format allows, and the direction in which the rule becomes stricter.
//!
//! Everything that has to know the rules is generated from this table: the fields of the record and their help
//! in the template (`record/kind/policy.rs`), and the defaults, bounds, merging, comparing and showing of rules
//! (`policy/rules.rs`). A new rule takes one row here, and one in `ledger-schema/record.md`.

/// Calls a macro with the table. Each row has, in this order: the help; the field; the type; the default, as a value
/// and as text; the longest time that the format allows, as text, empty if there is no bound; the stricter
/// direction; and the label of the rule in `policy show` and `policy diff`.
///
/// Types: `Count` is an integer from 0, and `CountIfAsked` an optional one; `Time` is a duration, and `TimeIfAsked`
/// an optional one; `Mode` is enforce or warn; `RecordedBy` is pusher or pipeline; `Flag` is true or false.
///
/// Directions: with `Higher` a higher value is stricter, with `Lower` a lower one. `enforce` is higher than `warn`,
/// `pusher` than `pipeline`, and `true` than `false`.
macro_rules! policy_rules {
    ($make:ident) => {
        $make! {
            /// How many approvals each kind of record takes.
            approvals: ApprovalTable as ApprovalRules {
                /// Approvals of an override.
                overrides: Count = 1, "1", "", Higher, "approvals of overrides";
                /// Approvals of a rollback plan.
                rollback_plans: Count = 1, "1", "", Higher, "approvals of rollback plans";
                /// Approvals of a redesign.
                redesigns: Count = 1, "1", "", Higher, "approvals of redesigns";
                /// Approvals of a release; with 1 or more, a deployment needs a release.
                releases: Count = 0, "0", "", Higher, "approvals of releases";
                /// Reviews of an override that is to be reviewed.
                reviews: Count = 1, "1", "", Higher, "reviews";
                /// Approvals of a triage that takes an exception out of a pattern.
                triage: Count = 1, "1", "", Higher, "approvals of triages";
            }
            /// Bounds of exceptions.
            exceptions: ExceptionTable as ExceptionRules {
                /// Longest lifetime of an override.
                max_lifetime: Time = Duration::of_days(7), "7d", "90d", Lower, "longest exception";
                /// How often in a row the same grant may be renewed.
                max_renewals: Count = 1, "1", "", Lower, "renewals of an override";
                /// How long after the end of an override the fate of its credentials may be unknown.
                credential_grace: Time = Duration::of_hours(24), "24h", "30d", Lower, "grace for credentials";
                /// How soon after its end every override has to be reviewed; not asked for by default.
                review_within: TimeIfAsked = None, "", "90d", Lower, "review of an override within";
            }
            /// The credentials that set off overrides.
            credentials: CredentialTable as CredentialRules {
                /// How long the credential of a trigger may still be valid; no limit by default.
                max_lifetime: TimeIfAsked = None, "", "", Lower, "longest credential of a trigger";
            }
            /// When an exception repeats.
            recurrence: RecurrenceTable as RecurrenceRules {
                /// enforce or warn.
                mode: Mode = Mode::Enforce, "enforce", "", Higher, "repeating exceptions";
                /// From this many occasions on, the gate warns.
                warn_at: Count = 2, "2", "", Lower, "occasions before it warns";
                /// This many occasions of one cause within `window` are a repeating exception.
                threshold: Count = 3, "3", "", Lower, "occasions before it repeats";
                /// The length of the window in which occasions count.
                window: Time = Duration::of_days(90), "90d", "", Higher, "window in which occasions count";
                /// What happens within this time of the first exception of an occasion belongs to that occasion.
                same_occasion: Time = Duration::of_hours(12), "12h", "7d", Lower, "one occasion within";
                /// How long an approved redesign that is not in effect yet keeps the gate open.
                understood_for: Time = Duration::of_days(14), "14d", "180d", Lower, "understood for";
                /// After a redesign took effect, this many occasions mean that it failed.
                after_redesign: Count = 1, "1", "", Lower, "occasions before a redesign has failed";
                /// This many occasions, whatever their causes, close a target; by default no number does.
                max_occasions: CountIfAsked = None, "", "", Lower, "occasions of all causes that close it";
            }
            /// What a rollback plan needs.
            rollback: RollbackTable as RollbackRules {
                /// How many measurable criteria a plan needs.
                min_criteria: Count = 1, "1", "", Higher, "criteria of a plan";
                /// Longest lifetime of a plan.
                max_lifetime: Time = Duration::of_days(30), "30d", "366d", Lower, "longest plan";
                /// How old a successful rehearsal may be; by default no rehearsal is needed.
                rehearsed_within: TimeIfAsked = None, "", "", Lower, "rehearsed within";
                /// true or false: whether each criterion must have a source that programs can read.
                machine_readable: Flag = Demand::No, "false", "", Higher, "machine-readable criteria only";
            }
            /// How long a decision may be used.
            receipts: ReceiptTable as ReceiptRules {
                /// How long an allowed receipt may be used, from the evaluation on.
                lifetime: Time = Duration::of_minutes(15), "15m", "7d", Lower, "a receipt is good for";
                /// Who records the receipt of a push: pusher or pipeline.
                recorded_by: RecordedBy = RecordedBy::Pusher, "pusher", "", Higher, "a push is recorded by the";
            }
            /// Who vouches for the head of the ledger.
            freshness: FreshnessTable as FreshnessRules {
                /// The greatest age of what vouches for the head.
                max_age: Time = Duration::of_hours(24), "24h", "", Lower, "age of what vouches for the head";
                /// How many witnesses must vouch for the head.
                witnesses: Count = 0, "0", "", Higher, "witnesses";
            }
        }
    };
}

/// Expands to the help of a rule in a template. If the rule has a default or a bound, the help ends with them.
macro_rules! rule_help {
    ($($help:literal)+, "", "") => { concat!($($help),+) };
    ($($help:literal)+, "", $longest:literal) => { concat!($($help,)+ " At most ", $longest, ".") };
    ($($help:literal)+, $default:literal, "") => { concat!($($help,)+ " Default ", $default, ".") };
    ($($help:literal)+, $default:literal, $longest:literal) => {
        concat!($($help,)+ " Default ", $default, ", at most ", $longest, ".")
    };
}

pub(crate) use {policy_rules, rule_help};
