//! Checks that Prometheus can compile a regular expression of a label matcher.
//!
//! Prometheus uses the syntax of RE2 (golang.org/s/re2syntax). The library that parses queries accepts the syntax of
//! Rust's regular expressions, which has more elements. This module finds the elements that only Rust has.

use regex_syntax::ast::{
    AssertionKind, Ast, ClassSetBinaryOp, ClassSetItem, ClassUnicodeKind, Flag, FlagsItemKind, GroupKind,
    HexLiteralKind, Literal, LiteralKind, RepetitionKind, RepetitionRange, Visitor, parse::Parser, visit,
};

/// The largest number of repetitions that RE2 accepts.
const MOST_REPEATED: u32 = 1_000;

/// Returns a phrase for the first element of a regular expression that Rust has and RE2 does not; `None` if there is no
/// such element.
pub(super) fn beyond_re2(text: &str) -> Option<&'static str> {
    // If this parser fails, the library has accepted the expression all the same, by taking a brace as a plain
    // character.
    let tree = Parser::new().parse(text).ok()?;
    visit(&tree, Re2 { repeated: Vec::new() }).err()
}

/// The visitor of an expression. For each repetition that the visitor is inside of, `repeated` has the number that the
/// repetition states, multiplied by the numbers of the repetitions around it.
struct Re2 {
    repeated: Vec<u32>,
}

type Found = Result<(), &'static str>;

impl Visitor for Re2 {
    type Output = ();
    type Err = &'static str;

    fn finish(self) -> Found {
        Ok(())
    }

    fn visit_pre(&mut self, tree: &Ast) -> Found {
        match tree {
            Ast::Repetition(repetition) => {
                let times =
                    self.repeated.last().unwrap_or(&1).saturating_mul(most_of(&repetition.op.kind).max(1));
                self.repeated.push(times);
                if matches!(*repetition.ast, Ast::Repetition(_)) {
                    Err("one repetition directly behind another")
                } else if times > MOST_REPEATED {
                    Err("more than 1,000 repetitions")
                } else {
                    Ok(())
                }
            }
            Ast::Flags(flags) => flags_of(&flags.flags),
            Ast::Group(group) => {
                let name = match &group.kind {
                    GroupKind::CaptureName { name, .. } => name.name.as_str(),
                    GroupKind::CaptureIndex(_) | GroupKind::NonCapturing(_) => "",
                };
                if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
                    return Err("a name of a group with other characters than letters, digits and _");
                }
                group.flags().map_or(Ok(()), flags_of)
            }
            Ast::Literal(literal) => literal_of(literal),
            Ast::ClassUnicode(class) => class_of(&class.kind),
            Ast::Assertion(assertion) => match assertion.kind {
                AssertionKind::StartLine
                | AssertionKind::EndLine
                | AssertionKind::StartText
                | AssertionKind::EndText
                | AssertionKind::WordBoundary
                | AssertionKind::NotWordBoundary => Ok(()),
                _ => Err("boundaries of words other than \\b and \\B"),
            },
            _ => Ok(()),
        }
    }

    fn visit_post(&mut self, tree: &Ast) -> Found {
        if matches!(tree, Ast::Repetition(_)) {
            self.repeated.pop();
        }
        Ok(())
    }

    fn visit_class_set_item_pre(&mut self, item: &ClassSetItem) -> Found {
        match item {
            ClassSetItem::Bracketed(_) => Err("a class of characters within another"),
            ClassSetItem::Unicode(class) => class_of(&class.kind),
            ClassSetItem::Literal(literal) => literal_of(literal),
            ClassSetItem::Range(range) => literal_of(&range.start).and_then(|()| literal_of(&range.end)),
            _ => Ok(()),
        }
    }

    fn visit_class_set_binary_op_pre(&mut self, _: &ClassSetBinaryOp) -> Found {
        Err("an operation on classes of characters")
    }
}

/// The number that a repetition states, or the larger one if it states two; 0 if it states none.
fn most_of(kind: &RepetitionKind) -> u32 {
    match kind {
        RepetitionKind::Range(
            RepetitionRange::Exactly(most)
            | RepetitionRange::Bounded(_, most)
            | RepetitionRange::AtLeast(most),
        ) => *most,
        RepetitionKind::ZeroOrOne | RepetitionKind::ZeroOrMore | RepetitionKind::OneOrMore => 0,
    }
}

fn literal_of(literal: &Literal) -> Found {
    match literal.kind {
        LiteralKind::HexFixed(HexLiteralKind::UnicodeShort | HexLiteralKind::UnicodeLong)
        | LiteralKind::HexBrace(HexLiteralKind::UnicodeShort | HexLiteralKind::UnicodeLong) => {
            Err("the escapes \\u and \\U")
        }
        _ => Ok(()),
    }
}

/// Checks a Unicode class. RE2 knows the short names of categories and the names of all scripts. Of the scripts, this
/// function accepts only the usual ones.
fn class_of(kind: &ClassUnicodeKind) -> Found {
    const SCRIPTS: &[&str] =
        &["Arabic", "Cyrillic", "Greek", "Han", "Hangul", "Hebrew", "Hiragana", "Katakana", "Latin"];
    let is_known = match kind {
        ClassUnicodeKind::OneLetter(letter) => "CLMNPSZ".contains(*letter),
        ClassUnicodeKind::Named(name) => {
            SCRIPTS.contains(&name.as_str()) || CATEGORIES.contains(&name.as_str())
        }
        ClassUnicodeKind::NamedValue { .. } => false,
    };
    if is_known { Ok(()) } else { Err("a class of Unicode other than a short category or a usual script") }
}

const CATEGORIES: &[&str] = &[
    "C", "Cc", "Cf", "Co", "Cs", "L", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn", "N", "Nd", "Nl",
    "No", "P", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc", "Sk", "Sm", "So", "Z", "Zl", "Zp", "Zs",
];

fn flags_of(flags: &regex_syntax::ast::Flags) -> Result<(), &'static str> {
    let is_rusts = |item: &FlagsItemKind| {
        matches!(item, FlagsItemKind::Flag(Flag::IgnoreWhitespace | Flag::Unicode | Flag::CRLF))
    };
    if flags.items.iter().any(|item| is_rusts(&item.kind)) { Err("the flags x, u and R") } else { Ok(()) }
}
