//! A past as bytes, and back: what a verifier remembers of a prefix, so that verifying again costs what is new.
//!
//! The bytes say what was judged, and are believed: who keeps them keeps them from others. Bodies are not
//! among them; they are read again by their ids.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::past::{Past, RosterSince};
use super::proposal::ProposalVote;
use super::table::{Bodies, RecordTable};
use crate::merkle::Tree;
use crate::packed::{Packed, PackedBytes, Rows, join};
use crate::policy;
use crate::record::Body;
use crate::trust::Roster;
use crate::value::{Digest, RecordId, Time};

/// The bytes of a word: what it is on, whose it is, by which kind of key, and where.
const WORD: usize = 8 + 4 + 1 + 8;

/// What is not in rows. Records are named by their positions.
#[derive(Debug, Serialize, Deserialize)]
struct PastSummary {
    tree: String,
    peaks: Vec<String>,
    names: Vec<String>,
    points: Vec<String>,
    rosters: Vec<(u64, u64)>,
    policies: Vec<(u64, u64)>,
    distrust: Vec<(String, u64)>,
    newest: Vec<(String, i64)>,
    forever: Vec<u64>,
    quarantined: Vec<(u64, u64)>,
    quarantines: Vec<u64>,
    proposals: Vec<ProposalSummary>,
    found: Vec<(u64, String)>,
    foreign: Vec<(u64, String)>,
}

/// An open proposal: where it stands, whom it distrusts, and where each word on it stands.
#[derive(Debug, Serialize, Deserialize)]
struct ProposalSummary {
    position: u64,
    distrusted: Vec<String>,
    words: Vec<u64>,
}

impl Past {
    /// This past as bytes; none before the ledger is founded, and while it is halted.
    pub fn snapshot(&self) -> Option<Vec<u8>> {
        if !self.founded || !self.unaccounted.is_empty() || self.has_lost() {
            return None;
        }
        let summary = serde_json::to_vec(&self.summary()?).ok()?;
        let mut words = Vec::with_capacity(self.words.len() * WORD);
        for ((of, person, by_proposed_key), position) in &self.words {
            words.extend(of.to_le_bytes());
            words.extend(person.to_le_bytes());
            words.push(u8::from(*by_proposed_key));
            words.extend(position.to_le_bytes());
        }
        Some(join(&[summary, words, self.table.entries.pack()?, self.table.records.pack()?]))
    }

    fn summary(&self) -> Option<PastSummary> {
        let position = |id: &RecordId| self.table.position(id);
        let rosters = self.rosters.iter().map(|known| Some((known.since, position(&known.roster.id())?)));
        let policies = self.policies.iter().filter_map(|(since, policy)| Some((*since, policy.id()?)));
        let proposals = self.proposals.iter().map(|proposal| ProposalSummary {
            position: proposal.position,
            distrusted: proposal.distrusted().map(hex).collect(),
            words: proposal.all_words().map(|word| word.position).collect(),
        });
        Some(PastSummary {
            tree: self.tree.as_ref()?.to_string(),
            peaks: self.leaves.peaks().iter().map(hex).collect(),
            names: self.table.names.values().iter().map(ToString::to_string).collect(),
            points: self.table.points.values().iter().map(hex).collect(),
            rosters: rosters.collect::<Option<_>>()?,
            policies: policies.map(|(since, id)| Some((since, position(&id)?))).collect::<Option<_>>()?,
            distrust: self.distrust.iter().map(|(point, from)| (hex(point), *from)).collect(),
            newest: self.newest.iter().map(|(person, at)| (person.to_string(), at.unix())).collect(),
            forever: self.forever.iter().map(position).collect::<Option<_>>()?,
            quarantined: self.quarantined.clone(),
            quarantines: self.quarantines.iter().map(position).collect::<Option<_>>()?,
            proposals: proposals.collect(),
            found: self.table.found.iter().map(|(at, found)| (*at, found.clone())).collect(),
            foreign: self.table.foreign.iter().map(|(at, kind)| (*at, kind.to_string())).collect(),
        })
    }

    /// A past from the bytes of a [`Past::snapshot`]; none where they are no such bytes, or what they rest on
    /// cannot be read again.
    pub fn restore(packed: &Packed, source: Arc<dyn Bodies>) -> Option<Self> {
        let [summary, said, entries, records] = <[Packed; 4]>::try_from(packed.parts()?).ok()?;
        let summary: PastSummary = serde_json::from_slice(&summary.all()?).ok()?;
        let mut words = HashMap::with_capacity(said.len() / WORD);
        let said = said.all()?;
        let mut said = PackedBytes(&said);
        while !said.0.is_empty() {
            let of = u64::from_le_bytes(said.take()?);
            let key = (of, said.number()?, said.byte()? == 1);
            words.insert(key, u64::from_le_bytes(said.take()?));
        }
        let mut table = RecordTable { source: Some(source), ..RecordTable::default() };
        (table.entries, table.records) = (Rows::unpacked(&entries)?, Rows::unpacked(&records)?);
        let mut past = Self::new(None);
        for name in &summary.names {
            table.names.number(&name.parse().ok()?);
        }
        for point in &summary.points {
            table.points.number(&unhex(point)?);
        }
        table.found = summary.found.iter().cloned().collect();
        for (position, kind) in &summary.foreign {
            table.foreign.insert(*position, kind.parse().ok()?);
        }
        let peaks = summary.peaks.iter().map(|peak| unhex(peak)).collect::<Option<_>>()?;
        past.leaves = Tree::from_peaks(table.len(), peaks)?;
        (past.table, past.words) = (table, words);
        past.take_up(&summary)?;
        let whole = past.table.boundary(past.size()) == Some(past.leaves.root());
        Some(past).filter(|past| whole && !past.has_lost())
    }

    fn take_up(&mut self, summary: &PastSummary) -> Option<()> {
        self.anchor = Some(self.table.id_at(0)?);
        self.tree = Some(summary.tree.parse().ok()?);
        self.founded = true;
        for (since, position) in &summary.rosters {
            let Body::Trust(trust) = &*self.table.body(*position)? else { return None };
            self.register.enrol(trust);
            let roster = Arc::new(Roster::new(self.table.id_at(*position)?, Arc::clone(trust)));
            self.rosters.push(RosterSince { since: *since, roster });
        }
        for (since, position) in &summary.policies {
            let Body::Policy(policy) = &*self.table.body(*position)? else { return None };
            let id = self.table.id_at(*position)?;
            self.policies.push((*since, policy::InForce::new(id, Arc::clone(policy))));
        }
        for (point, from) in &summary.distrust {
            self.distrust.insert(unhex(point)?, *from);
        }
        for (person, at) in &summary.newest {
            self.newest.insert(person.parse().ok()?, Time::from_unix(*at)?);
        }
        let ids = |positions: &[u64]| -> Option<Vec<RecordId>> {
            positions.iter().map(|position| self.table.id_at(*position)).collect()
        };
        let (forever, quarantines) = (ids(&summary.forever)?, ids(&summary.quarantines)?);
        self.forever.extend(forever);
        self.quarantines = quarantines;
        self.quarantined.clone_from(&summary.quarantined);
        for proposal in &summary.proposals {
            let verified = self.table.verified(proposal.position)?;
            let distrusted = proposal.distrusted.iter().map(|point| unhex(point)).collect::<Option<_>>()?;
            self.proposals.open(&verified, distrusted);
            for position in &proposal.words {
                self.proposals.take_up(verified.id(), self.word(*position)?);
            }
        }
        Some(())
    }

    /// The word at a position.
    fn word(&self, position: u64) -> Option<ProposalVote> {
        let verified = self.table.verified(position)?;
        match &**verified.body() {
            Body::Approval(approval) => Some(ProposalVote::new(&verified, approval)),
            _ => None,
        }
    }
}

fn hex(bytes: &[u8; 32]) -> String {
    Digest::from_bytes(*bytes).to_string()
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    text.parse::<Digest>().ok().map(|digest| *digest.as_bytes())
}
