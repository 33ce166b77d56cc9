//! Parses the `source` and `metric` of a criterion as the address of a Prometheus server and a query.
//!
//! ```text
//! prometheus                                  the metric is the query; no address
//! prometheus:QUERY                            QUERY; no address
//! prometheus+http://HOST/PATH                 the metric is the query; http://HOST/PATH (or https)
//! prometheus+http://HOST/PATH?query=QUERY     QUERY, percent-decoded; http://HOST/PATH (or https)
//! ```
//!
//! Every other source is refused. If a measurement is taken elsewhere, no query must be made of it, because the
//! query would never return a value.

use std::fmt;
use std::str::FromStr;

use super::promql;
use crate::record::kind::rollback_plan::Criterion;
use crate::value::{FormError, first_forbidden, percent_decoded};

/// The address of a Prometheus server: `http` or `https`, a host, and optionally a port and a path; no
/// credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(String);

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Address {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        address(text).map_err(|problem| FormError::expected(format!("the address {problem}")))
    }
}

/// A query, and the server that evaluates it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeasuredQuery {
    /// The server, if the source names one.
    pub address: Option<Address>,
    /// The query. Putting it in parentheses does not change its meaning.
    pub query: String,
}

/// Why no query can be made from a criterion: the field that is wrong, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// The field.
    pub field: &'static str,
    /// What is wrong with it, as a phrase.
    pub problem: String,
}

impl MeasuredQuery {
    /// Returns the query and server of a criterion. If the source contains no query, the metric is the query.
    pub fn of(criterion: &Criterion) -> Result<Self, Obstacle> {
        let source = criterion.source.as_str();
        let at = |field| move |problem: &str| Obstacle { field, problem: problem.to_owned() };
        let (address, query) = split(source).map_err(at("source"))?;
        let (field, query) = match query {
            Some(query) => ("source", query),
            None => ("metric", criterion.metric.as_str().to_owned()),
        };
        promql::check(&query).map_err(|problem| match field {
            "source" => Obstacle { field, problem: format!("holds a query that {problem}") },
            _ => Obstacle { field, problem: format!("is used as the query, and {problem}") },
        })?;
        Ok(Self { address, query })
    }
}

/// Splits a source into its address and its query.
fn split(source: &str) -> Result<(Option<Address>, Option<String>), &'static str> {
    if source == "prometheus" {
        return Ok((None, None));
    }
    if let Some(url) = source.strip_prefix("prometheus+") {
        let (base, parameters) =
            url.split_once('?').map_or((url, None), |(base, parameters)| (base, Some(parameters)));
        return Ok((Some(address(base)?), parameters.map(query).transpose()?));
    }
    match source.strip_prefix("prometheus:") {
        Some(query) if !query.starts_with("//") => Ok((None, Some(query.trim().to_owned()))),
        _ => Err(EXPECTED),
    }
}

/// Decodes the value of `query`, which must be the only parameter.
fn query(parameters: &str) -> Result<String, &'static str> {
    let value = parameters.strip_prefix("query=").ok_or("has a parameter that is not `query`")?;
    if value.contains('&') {
        return Err("has a parameter that is not `query`; a `&` in the query is written %26");
    }
    // A `+` means a space in the query string of a URL, and it is an operator in PromQL. The author must say
    // which of them is meant.
    if value.contains('+') {
        return Err("has a `+` in its query: write %2B for a plus, %20 for a space");
    }
    if value.contains('#') {
        return Err("has a `#` in its query: write %23");
    }
    let decoded =
        percent_decoded(value).ok_or("has a `%` without two hex digits, or bytes that are not UTF-8")?;
    if first_forbidden(&decoded).is_some() || decoded.contains(['\n', '\t']) {
        return Err("has an invisible or control character in its query");
    }
    Ok(decoded)
}

fn address(text: &str) -> Result<Address, &'static str> {
    let (scheme, rest) = text.split_once("://").ok_or(EXPECTED)?;
    if !matches!(scheme, "http" | "https") {
        return Err(EXPECTED);
    }
    let (host, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    if host.contains('@') {
        return Err("holds a user or a password; credentials do not belong in a record");
    }
    if !is_host(host) {
        return Err("names no host: expected NAME, NAME:PORT, or [IPv6]:PORT");
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'_' | b'~' | b'-');
    if !path.bytes().all(plain) {
        return Err("has a path with characters other than a-z A-Z 0-9 / . _ ~ -");
    }
    // An address copied from the HTTP API may end in the endpoint, which clients add themselves.
    let path = path.trim_end_matches('/');
    let path = path.strip_suffix("/api/v1/query").unwrap_or(path);
    Ok(Address(format!("{scheme}://{host}{path}")))
}

fn is_host(text: &str) -> bool {
    let (name, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((v6, "")) => return v6.parse::<std::net::Ipv6Addr>().is_ok(),
        Some((v6, port)) if v6.parse::<std::net::Ipv6Addr>().is_ok() => ("v6", port.strip_prefix(':')),
        Some(_) => return false,
        None => text.split_once(':').map_or((text, Some("80")), |(name, port)| (name, Some(port))),
    };
    let labels = name.split('.').all(|label| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        !label.is_empty() && label.bytes().all(plain)
    });
    let digits = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    labels && port.is_some_and(|port| digits(port) && port.parse::<u16>().is_ok_and(|port| port > 0))
}

const EXPECTED: &str = "names no Prometheus server: expected prometheus, prometheus:QUERY, or \
    prometheus+http://HOST/?query=QUERY";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::kind::rollback_plan::Comparison;
    use crate::value::Duration;

    fn measured(metric: &str, source: &str) -> Result<(Option<String>, String), Obstacle> {
        let criterion = Criterion {
            metric: metric.parse().unwrap(),
            comparison: Comparison::Greater,
            threshold: "1".parse().unwrap(),
            window: Duration::of_minutes(5),
            source: source.parse().unwrap(),
        };
        let measured = MeasuredQuery::of(&criterion)?;
        Ok((measured.address.map(|address| address.to_string()), measured.query))
    }

    #[test]
    fn a_source_has_query_and_address_or_the_metric_is_the_query() {
        for (source, address, query) in [
            ("prometheus", None, "errors"),
            ("prometheus:sum(x)", None, "sum(x)"),
            ("prometheus: sum(x)", None, "sum(x)"),
            ("prometheus+http://prom", Some("http://prom"), "errors"),
            ("prometheus+https://prom.example.org:9090/", Some("https://prom.example.org:9090"), "errors"),
            ("prometheus+http://[2001:db8::1]:9090/a/b", Some("http://[2001:db8::1]:9090/a/b"), "errors"),
            ("prometheus+http://[::1]", Some("http://[::1]"), "errors"),
            ("prometheus+http://p/?query=sum(x)", Some("http://p"), "sum(x)"),
            (
                "prometheus+http://p/q/api/v1/query?query=a%2Bb%7Bc%3D%22%26%C3%A4%22%7D",
                Some("http://p/q"),
                "a+b{c=\"&ä\"}",
            ),
            ("prometheus+http://p?query=x{a=\"b\"} > 1", Some("http://p"), "x{a=\"b\"} > 1"),
        ] {
            let expected = (address.map(ToOwned::to_owned), query.to_owned());
            assert_eq!(measured("errors", source), Ok(expected), "{source}");
        }
    }

    #[test]
    fn a_source_or_metric_that_cannot_be_mapped_is_reported_by_its_field() {
        for source in [
            "datadog:avg:errors",
            "Prometheus",
            "prometheus ",
            "prometheus://host",
            "prometheus+ftp://host",
            "prometheus+host",
            "prometheus+http://",
            "prometheus+http:///x",
            "prometheus+http://user:word@host",
            "prometheus+http://host:0",
            "prometheus+http://host:65536",
            "prometheus+http://host:",
            "prometheus+http://ho st",
            "prometheus+http://[::1]x",
            "prometheus+http://[::g]:1",
            "prometheus+http://host/a%20b",
            "prometheus+http://host/#a",
            "prometheus+http://host/?query=a+b",
            "prometheus+http://host/?query=a%2",
            "prometheus+http://host/?query=a%+2b",
            "prometheus+http://host/?query=%ff",
            "prometheus+http://host/?query=a%0Ab",
            "prometheus+http://host/?query=a%E2%80%AEb",
            "prometheus+http://host/?query=a#b",
            "prometheus+http://host/?query=a&time=0",
            "prometheus+http://host/?time=0&query=a",
            "prometheus+http://host/?query=",
            "prometheus:",
            "prometheus:http://x",
            "prometheus: job=payments, dashboard payments/overview",
            "grafana",
        ] {
            let Ok(source) = source.parse::<crate::value::Ascii>() else { continue };
            let found = measured("errors", source.as_str());
            assert_eq!(found.map_err(|obstacle| obstacle.field), Err("source"), "{source}");
        }
        assert_eq!(
            measured("failed payments per minute", "prometheus").map_err(|obstacle| obstacle.field),
            Err("metric")
        );
        assert_eq!(
            measured("a.b", "prometheus+http://host").map_err(|obstacle| obstacle.field),
            Err("metric")
        );
        // If the source has a query, the metric is free text.
        assert!(measured("failed payments per minute", "prometheus:x").is_ok());
    }

    #[test]
    fn an_address_is_not_a_query() {
        for good in ["http://p:9090", "https://p.example.org/prom/"] {
            assert!(good.parse::<Address>().is_ok(), "{good}");
        }
        for bad in ["p:9090", "http://p/?query=x", "http://u:p@h", "file:///etc", ""] {
            assert!(bad.parse::<Address>().is_err(), "{bad}");
        }
    }
}
