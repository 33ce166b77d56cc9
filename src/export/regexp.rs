//! Whether a regular expression of a label matcher is one that Prometheus compiles.
//!
//! Prometheus uses the syntax of RE2 (golang.org/s/re2syntax), and the library that parses queries the one of Rust,
//! which has some more. What only Rust has is found here.

use regex_syntax::ast::{
    Ast, Flag, FlagsItemKind, HexLiteralKind, LiteralKind, RepetitionKind, RepetitionRange, Visitor,
    parse::Parser, visit,
};

/// The most times that RE2 repeats something.
const MOST_REPEATED: u32 = 1_000;

/// Returns what RE2 does not have in a regular expression, as a phrase.
pub(super) fn beyond_re2(text: &str) -> Option<&'static str> {
    // What this parser does not read, the library has read in another way: a brace as a character.
    let tree = Parser::new().parse(text).ok()?;
    visit(&tree, Re2).err()
}

struct Re2;

impl Visitor for Re2 {
    type Output = ();
    type Err = &'static str;

    fn finish(self) -> Result<(), &'static str> {
        Ok(())
    }

    fn visit_pre(&mut self, tree: &Ast) -> Result<(), &'static str> {
        match tree {
            Ast::Repetition(repetition) => {
                if matches!(*repetition.ast, Ast::Repetition(_)) {
                    return Err("one repetition directly behind another");
                }
                let most = match &repetition.op.kind {
                    RepetitionKind::Range(
                        RepetitionRange::Exactly(most)
                        | RepetitionRange::Bounded(_, most)
                        | RepetitionRange::AtLeast(most),
                    ) => *most,
                    RepetitionKind::ZeroOrOne | RepetitionKind::ZeroOrMore | RepetitionKind::OneOrMore => 0,
                };
                if most > MOST_REPEATED { Err("more than 1,000 repetitions") } else { Ok(()) }
            }
            Ast::Flags(flags) => flags_of(&flags.flags),
            Ast::Group(group) => group.flags().map_or(Ok(()), flags_of),
            Ast::Literal(literal) => match literal.kind {
                LiteralKind::HexFixed(HexLiteralKind::UnicodeShort | HexLiteralKind::UnicodeLong)
                | LiteralKind::HexBrace(HexLiteralKind::UnicodeShort | HexLiteralKind::UnicodeLong) => {
                    Err("the escapes \\u and \\U")
                }
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }
}

fn flags_of(flags: &regex_syntax::ast::Flags) -> Result<(), &'static str> {
    let is_rusts = |item: &FlagsItemKind| {
        matches!(item, FlagsItemKind::Flag(Flag::IgnoreWhitespace | Flag::Unicode | Flag::CRLF))
    };
    if flags.items.iter().any(|item| is_rusts(&item.kind)) { Err("the flags x, u and R") } else { Ok(()) }
}
