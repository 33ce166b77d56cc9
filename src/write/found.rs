//! Founding a ledger: the first trust and the first policy, in two entries that are published together.

use std::sync::Arc;

use super::entry::{On, write_entry};
use super::error::AppendError;
use super::sign::{Author, sign};
use crate::environ;
use crate::git::{NewEntry, RefMove};
use crate::merkle::Tree;
use crate::record::field::{Elements, Int, List, NonEmpty, Section, SomeElements};
use crate::record::kind::policy::Policy;
use crate::record::kind::trust::{Member, MemberType, Role, RoleGrant, Threshold, Trust};
use crate::record::{Body, Checkpoint, Header, Record};
use crate::value::{Digest, RecordId, Time, limit};
use crate::workspace::Workspace;

/// Why no ledger was founded.
#[derive(Debug, thiserror::Error)]
pub enum FoundError {
    /// A ledger exists already.
    #[error("there is a ledger already, at {0}")]
    Exists(String),
    /// The first trust would be void.
    #[error("the first trust would be void: {0}")]
    Roster(String),
    /// Random bytes could not be read.
    #[error("cannot read random bytes")]
    Random(#[source] std::io::Error),
    /// The entries could not be written.
    #[error(transparent)]
    Append(#[from] AppendError),
}

/// The contents of a new ledger.
pub struct Founding {
    /// The first policy.
    pub policy: Arc<Policy>,
    /// The roles of the founder.
    pub roles: Vec<Role>,
}

/// A new ledger.
pub struct Founded {
    /// Its id.
    pub ledger: RecordId,
    /// The number of records that it begins with.
    pub records: usize,
}

impl From<crate::git::GitError> for FoundError {
    fn from(error: crate::git::GitError) -> Self {
        Self::Append(error.into())
    }
}

/// Founds a ledger with one human member, who has the given roles, and with every threshold at one.
pub fn found(
    workspace: &Workspace,
    author: &mut Author,
    founding: Founding,
    now: Time,
) -> Result<Founded, FoundError> {
    for name in [workspace.ledger_ref(), workspace.tracking_ref()] {
        if workspace.repository.ref_head(&name)?.is_some() {
            return Err(FoundError::Exists(name));
        }
    }
    let trust = first_trust(author, &founding.roles)?;
    let objections = crate::trust::Register::default().objections(&trust, 0, &|_| false);
    if !objections.is_empty() {
        return Err(FoundError::Roster(objections.join("; ")));
    }
    let name = author.name.clone();
    let header = |body: &Body, ledger: Option<RecordId>, checkpoint| Header {
        schema: limit::FORMAT,
        kind: body.kind().name(),
        ledger,
        author: name.clone(),
        created_at: now,
        checkpoint,
    };
    let none = || Elements::from(Vec::new());
    let body = Body::Trust(Arc::new(trust));
    let trust = Record { header: header(&body, None, None), body, evidence: none() };
    let ledger = trust.id();
    let trust = sign(&trust, &mut author.signer)?;
    let mut leaves = Tree::default();
    let mut entry = NewEntry::default();
    let first = write_entry(workspace, &mut entry, &mut leaves, On::default(), author, &[trust], now)?;
    let checkpoint = Checkpoint { size: leaves.size(), root: leaves.root() };
    let body = Body::Policy(founding.policy);
    let header = header(&body, Some(ledger), Some(checkpoint));
    let policy = sign(&Record { header, body, evidence: none() }, &mut author.signer)?;
    let tree = workspace.repository.tree_of(&first)?;
    let on = On { parent: Some(&first), tree: Some(&tree) };
    let second = write_entry(workspace, &mut entry, &mut leaves, on, author, &[policy], now)?;
    match workspace.repository.move_ref(&entry, &workspace.ledger_ref(), None, &second)? {
        RefMove::Landed => Ok(Founded { ledger, records: 2 }),
        RefMove::Overtaken => Err(FoundError::Exists(workspace.ledger_ref())),
    }
}

fn first_trust(author: &Author, roles: &[Role]) -> Result<Trust, FoundError> {
    let one = Int::<1>::new(1);
    let grants = roles.iter().map(|role| RoleGrant {
        role: *role,
        services: List::from(Vec::new()),
        environments: List::from(Vec::new()),
    });
    let keys = NonEmpty::new(vec![author.signer.line().clone()]);
    let member = |(keys, role)| Member {
        name: author.name.clone(),
        r#type: MemberType::Human,
        owner: None,
        teams: List::from(Vec::new()),
        keys,
        role,
    };
    let member = keys.zip(SomeElements::new(grants.collect())).map(member);
    let members = member.and_then(|member| SomeElements::new(vec![member]));
    let nonce = Some(nonce()?);
    let parts = one.zip(Int::<1>::new(limit::FORMAT)).zip(members);
    let ((one, format), member) =
        parts.ok_or_else(|| FoundError::Roster("the founder has no role".to_owned()))?;
    let threshold = Section(Threshold { trust: one, policy: one, quarantine: one });
    let distrust = Elements::from(Vec::new());
    Ok(Trust { version: one, supersedes: None, nonce, format, reason: None, threshold, member, distrust })
}

/// Returns 32 random bytes. Because of them, two ledgers have different ids even if a script founds both in the same
/// second.
fn nonce() -> Result<Digest, FoundError> {
    environ::random_bytes().map(Digest::from_bytes).map_err(FoundError::Random)
}
