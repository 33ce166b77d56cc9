//! The words that a newcomer meets, each in two sentences.

use super::page::Page;
use super::style::Style;

/// Each word, and what it means.
const CONCEPTS: &[(&str, &str)] = &[
    (
        "ledger",
        "All records of a team, on a branch of their own beside the code. It only grows, and anybody who has the \
         repository can verify all of it offline.",
    ),
    (
        "record",
        "A signed TOML file that is never changed once it is in the ledger. Its id is the digest of what is signed, so \
         an approval is of exactly these bytes.",
    ),
    (
        "entry",
        "A signed commit of the ledger branch that adds records and changes nothing else. It names the state of the \
         ledger before it, so nothing can be taken out or put in between.",
    ),
    (
        "target",
        "What is deployed where: a service in an environment, written payments/production. The policy lists the \
         targets, and the pushes that deploy to them.",
    ),
    (
        "gate",
        "The answer to one question: may this commit be deployed to this target now? It refuses if a check fails, and \
         if it cannot be sure.",
    ),
    (
        "check",
        "One condition of the gate, with a code such as rollback-plan. `countersign explain CODE` says why it is \
         there and what to do.",
    ),
    (
        "receipt",
        "The signed record of what the gate decided, and on what. A pipeline keeps it as the proof that it was allowed \
         to deploy.",
    ),
    (
        "exception",
        "The record that automation could not proceed by itself. One that only says so is an observation; one that \
         lets somebody do more than usual for a while is an override.",
    ),
    (
        "override",
        "An exception that grants access or waives a check until it ends. It needs an approval before it counts, and a \
         closure once it is over.",
    ),
    (
        "occasion",
        "Failures of one cause that lie close together in time: one event, however many jobs it broke. Occasions are \
         counted, not failures.",
    ),
    (
        "pattern",
        "The occasions of one root cause of one workflow on a target. Once there are too many, the gate is closed \
         there until the cause is removed.",
    ),
    (
        "triage",
        "The record that names the root cause of exceptions, or strikes false alarms. Naming a cause where none \
         was named needs no approval; taking an exception out of a pattern does.",
    ),
    (
        "redesign",
        "The record of the change that removes a root cause. It resolves a pattern on a target once it is approved and \
         the commit of the change is deployed there.",
    ),
    (
        "rollback plan",
        "The record of the way back for a target: to what, how, by whom, and which measured criteria call for it. The \
         gate allows no deployment without one that is approved.",
    ),
    (
        "restoration",
        "A deployment of what is confirmed to have run there before. It is never refused because a \
         requirement for deployments forward is not met.",
    ),
    (
        "confirmed",
        "Said of a deployment once an outcome, or Git itself, shows that it ran. That the gate allowed it is not enough.",
    ),
    (
        "standing",
        "How a record stands now: in force, waiting for approval, rejected, closed, or over. `countersign show ID` \
         tells it, and why.",
    ),
    (
        "void",
        "Said of a record whose author was not entitled to write it. It stays visible in the ledger, and has no effect.",
    ),
    (
        "trust",
        "The record of the members: their keys, their roles, and the targets of each role. The first one founds the \
         ledger; the next ones take effect when enough admins approve.",
    ),
    (
        "policy",
        "The record of the rules: the targets, how many approvals each kind of record takes, and when a cause has \
         come back too often. `countersign help policy` lists every rule.",
    ),
    (
        "pin",
        "The ledger id that this clone believes in, and how far it has verified that ledger. It shows whether the \
         ledger was replaced or cut back.",
    ),
    (
        "ledger time",
        "A time by which a record certainly existed: the newest date on which two people agree. Authors' dates are \
         claims; a single person cannot move this one.",
    ),
    (
        "witness",
        "Somebody outside the team who signs how far they have seen the ledger. Two people who trust the same witness \
         see the same ledger.",
    ),
    (
        "outbox",
        "Signed records of this clone that could not be put into the ledger yet. `countersign outbox` lists them and \
         sends them again.",
    ),
    (
        "quarantine",
        "The record by which admins set aside commits that broke the ledger. What they held has no effect, and all \
         that came after counts again.",
    ),
];

/// Returns the page of words.
pub fn concepts_text() -> Page {
    let mut page = Page::default();
    for (index, (word, meaning)) in CONCEPTS.iter().enumerate() {
        if index > 0 {
            page.gap();
        }
        page.line(Style::Strong.paint(word));
        page.wrapped("  ", meaning);
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_has_two_sentences() {
        for (word, meaning) in CONCEPTS {
            let ends = meaning.matches(['.', '?']).count();
            assert!((2..=3).contains(&ends) && meaning.ends_with('.'), "{word}: {ends}");
        }
    }
}
