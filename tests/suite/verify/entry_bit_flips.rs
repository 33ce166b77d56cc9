//! Every single-bit flip in an entry's commit is refused, as is every single-bit flip in one of its trees,
//! even if a member signs the resulting commit.

use std::io::Write as _;
use std::sync::Arc;

use countersign::entry::{ObjectFormat, signed_commit};
use countersign::git::{ChainCommit, GitError, Repository};
use countersign::key::{PublicKeySource, Signer, SigningWays};
use countersign::replay::Replay;
use countersign::sshsig::{COMMIT_NAMESPACE, Verifier};
use countersign::value::CommitId;
use countersign::verify::{EntryVerdict, Past, examine};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use gix::objs::Kind;

use crate::support::forge::{Forge, Forgery};

/// A good entry, and the past before it.
struct Entry {
    forge: Forge,
    repository: Repository,
    past: Past,
    parent: Arc<[u8]>,
    id: CommitId,
    commit: Vec<u8>,
}

impl Entry {
    fn new() -> Self {
        let forge = Forge::new();
        let id: CommitId = forge.make(&Forgery::good()).parse().unwrap();
        let repository = Repository::open(&forge.sandbox.repository.join(".git")).unwrap();
        let mut replay = Replay::new(None);
        let chain = repository.chain(&forge.parent.parse().unwrap(), &|_| false, |_, _| {}).unwrap().commits;
        let mut before: Option<Arc<[u8]>> = None;
        for ChainCommit { id, kept, .. } in chain {
            let commit = kept.unwrap();
            let raw = repository.reader().entry(&id, &commit, before.as_ref()).unwrap();
            replay.push(&examine(&raw, ObjectFormat::Sha1, &mut Verifier::default())).unwrap();
            before = Some(commit);
        }
        let commit = forge.object("commit", id.as_str());
        Self { repository, past: replay.past().clone(), parent: before.unwrap(), id, commit, forge }
    }

    /// Whether an entry with this commit counts. Its objects may be missing.
    fn counts(&self, commit: &[u8]) -> bool {
        let raw = match self.repository.reader().entry(&self.id, &commit.into(), Some(&self.parent)) {
            Ok(raw) => raw,
            Err(error) => {
                assert!(matches!(error, GitError::Missing { .. } | GitError::Type { .. }), "{error}");
                return false;
            }
        };
        let examined = examine(&raw, ObjectFormat::Sha1, &mut Verifier::default());
        matches!(self.past.clone().advance(&examined), Ok(EntryVerdict::Counted(_)))
    }

    /// Writes a loose tree object, and returns its id.
    fn write_tree(&self, tree: &[u8]) -> gix::ObjectId {
        let id = gix::objs::compute_hash(gix::hash::Kind::Sha1, Kind::Tree, tree).unwrap();
        let hex = id.to_string();
        let folder = self.forge.sandbox.repository.join(".git/objects").join(&hex[..2]);
        std::fs::create_dir_all(&folder).unwrap();
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&[format!("tree {}\0", tree.len()).as_bytes(), tree].concat()).unwrap();
        std::fs::write(folder.join(&hex[2..]), encoder.finish().unwrap()).unwrap();
        id
    }
}

/// Returns each single-bit flip, with the number of the bit.
fn flipped(bytes: &[u8]) -> impl Iterator<Item = (usize, Vec<u8>)> {
    (0..bytes.len() * 8).map(|bit| {
        let mut bytes = bytes.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        (bit, bytes)
    })
}

#[test]
fn no_flipped_bit_of_a_commit_is_accepted() {
    let entry = Entry::new();
    assert!(entry.counts(&entry.commit));
    let accepted: Vec<usize> =
        flipped(&entry.commit).filter(|(_, commit)| entry.counts(commit)).map(|(bit, _)| bit).collect();
    assert!(accepted.is_empty(), "flips of these bits are accepted: {accepted:?}");
}

#[test]
fn no_flipped_bit_of_a_tree_is_accepted_under_a_good_signature() {
    let entry = Entry::new();
    // The trees from the root to the day of the record.
    let mut trees = Vec::new();
    let folder =
        entry.forge.sandbox.git(&["ls-tree", "-r", "--name-only", "ledger", "exception/"]).ok().stdout;
    for (depth, _) in folder.match_indices('/').map(|(at, _)| at).chain([0]).enumerate() {
        let path: Vec<&str> = folder.split('/').take(depth).collect();
        trees.push(entry.forge.object("tree", &format!("ledger:{}", path.join("/"))));
    }
    let text = String::from_utf8(entry.commit.clone()).unwrap();
    let (headers, rest) = text.split_once("\ngpgsig ").unwrap();
    let unsigned = format!("{headers}\n\n{}", rest.split_once("\n\n").unwrap().1);
    let mut signer =
        Signer::find(&PublicKeySource::Path(entry.forge.sandbox.home.join("alice")), SigningWays::default())
            .unwrap();
    let mut commit_on = |level: usize, tree: &[u8]| {
        let mut id = entry.write_tree(tree);
        for above in trees[..level].iter().rev().zip(trees[..=level].iter().rev()) {
            let (above, below) = above;
            let old = gix::objs::compute_hash(gix::hash::Kind::Sha1, Kind::Tree, below).unwrap();
            let at = above.windows(20).position(|window| window == old.as_bytes()).unwrap();
            id = entry.write_tree(&[&above[..at], id.as_bytes(), &above[at + 20..]].concat());
        }
        let unsigned = format!("tree {id}\n{}", unsigned.split_once('\n').unwrap().1);
        let signature = signer.sign(COMMIT_NAMESPACE, unsigned.as_bytes()).unwrap();
        signed_commit(&unsigned, &signature, ObjectFormat::Sha1).into_bytes()
    };
    assert_eq!(trees.len(), 5);
    for (level, tree) in trees.iter().enumerate() {
        assert!(entry.counts(&commit_on(level, tree)), "level {level}: the unchanged tree");
        let accepted: Vec<usize> = flipped(tree)
            .filter(|(_, tree)| entry.counts(&commit_on(level, tree)))
            .map(|(bit, _)| bit)
            .collect();
        assert!(accepted.is_empty(), "level {level}: flips of these bits are accepted: {accepted:?}");
    }
}
