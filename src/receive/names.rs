//! Refuses refs by their names. Some names could be taken for that of the ledger's branch, or stand in the way of the
//! branch. Others are under `refs/replace/` or `refs/remotes/`, where nobody may push.

use crate::value::is_forbidden;

/// Returns why a ref is refused for its name alone, as a sentence; `None` if the name is no reason to refuse it.
/// `ledger` is the full name of the ledger's branch.
pub fn refused_name(name: &str, ledger: &str) -> Option<String> {
    if name == ledger {
        return None;
    }
    if name.starts_with("refs/replace/") {
        let why = "a replace ref could make Git show a different ledger from the one that was signed";
        return Some(why.to_owned());
    }
    if name.starts_with("refs/remotes/") {
        return Some("refs/remotes/ is written only by a clone's own fetches".to_owned());
    }
    let short = last_part(ledger);
    let shadows = [format!("refs/tags/{short}"), format!("refs/heads/heads/{short}")];
    if shadows.iter().any(|shadow| shadow == name) || name.starts_with("refs/heads/refs/") {
        return Some(format!("Git would not know whether `{short}` means this ref or {ledger}"));
    }
    let below = name.strip_prefix(ledger).is_some_and(|rest| rest.starts_with('/'));
    let above = ledger.strip_prefix(name).is_some_and(|rest| rest.starts_with('/'));
    if below || above {
        return Some(format!(
            "Git cannot store this ref together with {ledger}: one name is a folder of the other"
        ));
    }
    let is_branch_or_tag = name.starts_with("refs/heads/") || name.starts_with("refs/tags/");
    if is_branch_or_tag && last_part(name) != last_part(ledger) && folded(name) == folded(ledger) {
        return Some(format!("people would take it for {ledger}"));
    }
    None
}

fn last_part(name: &str) -> &str {
    name.splitn(3, '/').nth(2).unwrap_or(name)
}

/// Returns the name of a branch or tag as people may read it: in lower case, and without invisible characters,
/// punctuation and a final `.lock`. Letters of other scripts become Latin letters that look or sound like them, and
/// Latin letters and digits that look alike become one letter.
fn folded(name: &str) -> String {
    let visible: String = last_part(name).chars().filter(|character| !is_forbidden(*character)).collect();
    let plain = deunicode::deunicode(&visible).to_ascii_lowercase();
    let plain = plain.strip_suffix(".lock").unwrap_or(&plain);
    plain.chars().filter(char::is_ascii_alphanumeric).map(like).collect()
}

/// Returns the letter that stands for all characters that look like this one.
fn like(character: char) -> char {
    match character {
        '1' | 'i' | '|' => 'l',
        '0' => 'o',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEDGER: &str = "refs/heads/ledger";

    #[test]
    fn what_people_take_for_the_ledger_is_refused_and_its_neighbours_are_not() {
        let look_alikes = [
            "refs/heads/Ledger",
            "refs/heads/LEDGER",
            "refs/heads/ledger\u{200b}",
            "refs/heads/l\u{435}dger",
            "refs/heads/1edger",
            "refs/heads/led-ger",
            "refs/tags/Ledger",
            "refs/heads/ledger.lock",
        ];
        let others = [
            "refs/heads/ledger/x",
            "refs/replace/1234",
            "refs/remotes/origin/ledger",
            "refs/tags/ledger",
            "refs/heads/heads/ledger",
            "refs/heads/refs/heads/ledger",
        ];
        for name in look_alikes.into_iter().chain(others) {
            assert!(refused_name(name, LEDGER).is_some(), "{name}");
        }
        let others = [
            LEDGER,
            "refs/heads/production",
            "refs/heads/ledger-witness/eve",
            "refs/heads/ledgers",
            "refs/tags/v1.0",
            "refs/notes/commits",
        ];
        for name in others {
            assert!(refused_name(name, LEDGER).is_none(), "{name}");
        }
        assert!(refused_name("refs/heads/audit", "refs/heads/audit/ledger").is_some());
    }
}
