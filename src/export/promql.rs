//! Whether a text can stand in a place for a PromQL expression, and mean there what it means alone.
//!
//! A query is put between parentheses, with a comparison behind them. What opened or closed more than it should, or
//! began a comment, would take that comparison away: no such text passes. Prose does not either, since its author
//! meant people, and the server that is asked would only say so at night.
//!
//! LIMIT: this reads tokens and brackets, not the grammar; the rest is for Prometheus to say when it loads the file.

/// Why a text is no query.
pub(super) type QueryProblem = &'static str;

/// Says why a text cannot be a query, if it cannot.
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
    /// What closes each bracket that is open.
    open: Vec<char>,
    /// The word before, if nothing but white space came since.
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
            _ => return Err("holds a character that no query has outside of strings"),
        }
        Ok(())
    }

    /// Passes over so many bytes, all of them ASCII.
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

    /// A name, keyword, number or duration.
    fn word(&mut self, first: char) -> Result<(), QueryProblem> {
        // In a subquery the colon stands between two durations; elsewhere it is a part of names.
        let colon = !self.is_in(']');
        if first == ':' && !colon {
            self.operator(1);
            return Ok(());
        }
        let number = first.is_ascii_digit() || first == '.';
        let belongs = |it: char| {
            it.is_ascii_alphanumeric()
                || it == '_'
                || (it == ':' && colon && !number)
                || (it == '.' && number)
        };
        let end = self.rest.find(|it| !belongs(it)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        if first == '.' && !word.chars().nth(1).is_some_and(|it| it.is_ascii_digit()) {
            return Err("holds a dot within a name: names of metrics have none");
        }
        let beside = self.word.is_some_and(|before| !is_keyword(before) && !is_keyword(word));
        if beside {
            return Err("is prose, not a query: it holds words side by side");
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
            _ => return Err("holds a character that no query has outside of strings"),
        };
        self.operator(bytes);
        Ok(())
    }
}

fn is_keyword(word: &str) -> bool {
    KEYWORDS.iter().any(|keyword| word.eq_ignore_ascii_case(keyword))
}

/// Words that may stand beside another one.
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
    fn what_people_ask_prometheus_is_a_query() {
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
    fn what_would_break_out_of_its_parentheses_is_none() {
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
    fn prose_is_none() {
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
