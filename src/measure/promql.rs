//! Checks that a query can be embedded in parentheses without changing its meaning.
//!
//! The exports put a query in parentheses, and the expression goes on after the closing one. A query with
//! unbalanced brackets, an open string or a comment could cancel what follows, so it is refused. Prose is
//! refused too. If a source contains no query, the metric is used as the query, and a metric may have been written
//! for people. Without this check, the mistake would be noticed only when the criterion is needed.
//!
//! LIMIT: only tokens and brackets are checked here, not the grammar. Before an export, `export::promql` parses the
//! query.

/// The reason why a text is not a query, as a phrase.
pub(super) type QueryProblem = &'static str;

/// Checks a query; the error is the first problem found.
pub(super) fn check(query: &str) -> Result<(), QueryProblem> {
    let mut scan = Scan { rest: query, open: Vec::new(), word: None };
    while !scan.rest.is_empty() {
        scan.token()?;
    }
    match scan.open.last() {
        Some(_) => Err("leaves a bracket open"),
        None if query.trim().is_empty() => Err("is empty"),
        None => Ok(()),
    }
}

struct Scan<'a> {
    rest: &'a str,
    /// The closing bracket for each open one, innermost last.
    open: Vec<char>,
    /// The word before `rest`, if nothing but spaces is between them.
    word: Option<&'a str>,
}

impl Scan<'_> {
    fn token(&mut self) -> Result<(), QueryProblem> {
        let Some(first) = self.rest.chars().next() else { return Ok(()) };
        match first {
            ' ' => self.take(1),
            '"' | '\'' | '`' => return self.string(first),
            '(' | '[' | '{' => return self.opening(first),
            ')' | ']' | '}' => {
                if self.open.pop() != Some(first) {
                    return Err("closes a bracket that is not open");
                }
                self.operator(1);
            }
            '#' => return Err("holds a comment"),
            _ if first.is_ascii_alphanumeric() || matches!(first, '_' | '.' | ':') => {
                return self.word(first);
            }
            '=' | '!' | '<' | '>' => return self.comparison(),
            '/' if self.rest.starts_with("//") => return Err("holds an address"),
            '+' | '-' | '*' | '/' | '%' | '^' | '@' => self.operator(1),
            ',' if !self.open.is_empty() => self.operator(1),
            ',' => return Err("holds a comma outside of brackets"),
            _ => return Err("holds a character that PromQL allows only in strings"),
        }
        Ok(())
    }

    /// Skips `bytes` bytes, which must end where a character ends.
    fn take(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    fn operator(&mut self, bytes: usize) {
        self.word = None;
        self.take(bytes);
    }

    fn is_in(&self, closing: char) -> bool {
        self.open.last() == Some(&closing)
    }

    fn opening(&mut self, first: char) -> Result<(), QueryProblem> {
        if self.is_in('}') {
            return Err("opens a bracket within braces");
        }
        self.open.push(match first {
            '(' => ')',
            '[' => ']',
            _ => '}',
        });
        self.operator(1);
        Ok(())
    }

    fn string(&mut self, quote: char) -> Result<(), QueryProblem> {
        let mut escaped = false;
        let end = self.rest.char_indices().skip(1).find(|(_, character)| {
            let ends = *character == quote && !escaped;
            escaped = *character == '\\' && !escaped && quote != '`';
            ends
        });
        let (end, _) = end.ok_or("leaves a string open")?;
        self.operator(end + 1);
        Ok(())
    }

    /// Reads a name, keyword, number or duration.
    fn word(&mut self, first: char) -> Result<(), QueryProblem> {
        // In a subquery a colon separates two durations; elsewhere it is part of a name.
        let colon = !self.is_in(']');
        if first == ':' && !colon {
            self.operator(1);
            return Ok(());
        }
        let number = first.is_ascii_digit() || first == '.';
        let belongs = |character: char| {
            character.is_ascii_alphanumeric()
                || character == '_'
                || (character == ':' && colon && !number)
                || (character == '.' && number)
        };
        let end = self.rest.find(|character| !belongs(character)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        if first == '.' && !word.chars().nth(1).is_some_and(|second| second.is_ascii_digit()) {
            return Err("holds a dot within a name, but names of metrics have none");
        }
        let beside = self.word.is_some_and(|before| !is_keyword(before) && !is_keyword(word));
        if beside {
            return Err("is prose, not a query (it has words side by side)");
        }
        self.word = Some(word);
        self.rest = rest;
        Ok(())
    }

    fn comparison(&mut self) -> Result<(), QueryProblem> {
        let two = self.rest.get(..2).unwrap_or(self.rest);
        let bytes = match two {
            "=~" | "!~" if self.is_in('}') => 2,
            "=~" | "!~" => return Err("matches labels outside of braces"),
            "==" | "!=" | "<=" | ">=" => 2,
            _ if two.starts_with(['<', '>']) => 1,
            _ if two.starts_with('=') && self.is_in('}') => 1,
            _ if two.starts_with('=') => return Err("matches labels outside of braces"),
            _ => return Err("holds a character that PromQL allows only in strings"),
        };
        self.operator(bytes);
        Ok(())
    }
}

fn is_keyword(word: &str) -> bool {
    KEYWORDS.iter().any(|keyword| word.eq_ignore_ascii_case(keyword))
}

/// The keywords of PromQL. Of two words side by side, one must be a keyword.
const KEYWORDS: &[&str] = &[
    "and",
    "or",
    "unless",
    "atan2",
    "by",
    "without",
    "on",
    "ignoring",
    "group_left",
    "group_right",
    "bool",
    "offset",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_queries_pass() {
        for query in [
            "errors",
            "job:errors:rate5m",
            "sum(rate(http_requests_total{job=\"payments\",code=~\"5..\"}[5m])) / sum(rate(http_requests_total[5m]))",
            "sum by (le) (rate(x_bucket[5m]))",
            "histogram_quantile(0.99, sum by (le) (rate(x_bucket{path!=\"/a{b\"}[5m])))",
            "max_over_time(rate(x[1m])[10m:30s] offset 1h)",
            "up{job='a',path=\"C:\\\\dir\\\" # (\",raw=`\\`} == bool 0",
            "a and on (x) b unless c",
            "x @ 1609746000",
            "-x + 1e-3 * .5 % 2 ^ 3",
            "x{quantile=\"0.9\"} > 1 or vector(0)",
            "{__name__=\"a.b\"}",
            "absent(up{job=\"ä\"})",
        ] {
            assert_eq!(check(query), Ok(()), "{query}");
        }
    }

    #[test]
    fn a_text_that_would_break_out_of_its_parentheses_is_no_query() {
        for (query, problem) in [
            ("up) or vector(0", "closes a bracket that is not open"),
            ("up) > 1 #", "closes a bracket that is not open"),
            ("(up", "leaves a bracket open"),
            ("up{a=\"b\"", "leaves a bracket open"),
            ("rate(x[5m)]", "closes a bracket that is not open"),
            ("up # ", "holds a comment"),
            ("up{a=\"b}", "leaves a string open"),
            ("up{a=\"b\\\"}", "leaves a string open"),
            ("up{a=`b\\`} or `", "leaves a string open"),
            ("up{{args.x}}", "opens a bracket within braces"),
            ("", "is empty"),
            ("  ", "is empty"),
        ] {
            assert_eq!(check(query), Err(problem), "{query}");
        }
    }

    #[test]
    fn prose_is_no_query() {
        for query in [
            "failed payments per minute",
            "payments.http.5xx.ratio",
            "payments.5xx",
            " job=payments, dashboard payments/overview",
            "errors, mostly",
            "job=ledger-ui",
            "the dashboard; see the wiki",
            "errors?",
            "errors!",
            "http://prometheus/graph",
            "a=~\"b\"",
            "x 5",
            "größe",
            "a\tb",
        ] {
            assert!(check(query).is_err(), "{query}");
        }
    }
}
