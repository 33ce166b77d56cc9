//! SHA-1 collisions: the hash detects the known attack, and the SHA-256 root detects any other collision.

use countersign::entry::{ObjectFormat, message, signed_commit, unsigned_commit};
use countersign::finding::Code;
use countersign::record::{Checkpoint, SignedRecord};
use countersign::replay::Pushed;
use countersign::sshsig::COMMIT_NAMESPACE;
use gix::hash::{Kind, hasher};

use crate::support::forge::bytes_of;
use crate::support::ledger::{Actor, Ledger, NOW, body, broken, exception, member, trust};
use crate::support::sandbox::Sandbox;

/// The common beginning of the two SHAttered documents (Stevens, Bursztein, Karpman, Albertini and Markov,
/// 2017).
const BEGIN: &str = "\
    255044462d312e330a25e2e3cfd30a0a0a312030206f626a0a3c3c2f57696474682032203020522f48656967687420\
    33203020522f547970652034203020522f537562747970652035203020522f46696c7465722036203020522f436f6c\
    6f7253706163652037203020522f4c656e6774682038203020522f42697473506572436f6d706f6e656e7420383e3e\
    0a73747265616d0affd8fffe00245348412d3120697320646561642121212121852fec092339759c39b1a1c63c4c97\
    e1fffe01";
/// The next two blocks of each document: a near-collision, and the block that turns it into a collision.
const BLOCKS: [&str; 2] = [
    "7f46dc93a6b67e013b029aaa1db2560b45ca67d688c7f84b8c4c791fe02b3df614f86db1690901c56b45c1530afedf\
     b76038e972722fe7ad728f0e4904e046c230570fe9d41398abe12ef5bc942be33542a4802d98b5d70f2a332ec37fac\
     3514e74ddc0f2cc1a874cd0c78305a21566461309789606bd0bf3f98cda8044629a1",
    "7346dc9166b67e118f029ab621b2560ff9ca67cca8c7f85ba84c79030c2b3de218f86db3a90901d5df45c14f26fedf\
     b3dc38e96ac22fe7bd728f0e45bce046d23c570feb141398bb552ef5a0a82be331fea48037b8b5d71f0e332edf93ac\
     3500eb4ddc0decc1a864790c782c76215660dd309791d06bd0af3f98cda4bc4629b1",
];

fn colliding() -> [Vec<u8>; 2] {
    BLOCKS.map(|blocks| bytes_of(&format!("{BEGIN}{blocks}")))
}

#[test]
fn the_hash_that_objects_are_read_with_notices_the_known_collision() {
    let [one, other] = colliding();
    assert_eq!((one.len(), one == other), (320, false));
    // Plain SHA-1 gives both the same hash.
    let sandbox = Sandbox::new();
    let plain = |bytes: &[u8]| {
        let path = sandbox.root.path().join("message");
        std::fs::write(&path, bytes).unwrap();
        let path = path.display().to_string();
        sandbox.at(sandbox.root.path(), "sha1sum", &[&path]).ok().stdout[..40].to_owned()
    };
    assert_eq!(plain(&one), "f92d74e3874587aaf443d1db961d4e26dde13e9c");
    assert_eq!(plain(&other), plain(&one));
    let checked_hash = |bytes: &[u8]| {
        let mut hasher = hasher(Kind::Sha1);
        hasher.update(bytes);
        hasher.try_finalize().map(|id| id.to_string())
    };
    for message in [&one, &other] {
        assert!(checked_hash(message).is_err());
        // The collision is also noticed if more data follows, as in the documents.
        assert!(checked_hash(&[message, &b"more"[..]].concat()).is_err());
        // The good sibling differs in one bit and is hashed like any other message.
        let mut near = message.clone();
        near[319] ^= 1;
        assert_eq!(checked_hash(&near).unwrap(), plain(&near));
    }
    // As the contents of blobs the two messages do not collide, because the header of the object comes first.
    let names = [&one, &other]
        .map(|data| gix::objs::compute_hash(Kind::Sha1, gix::objs::Kind::Blob, data).unwrap().to_string());
    assert_ne!(names[0], names[1]);
}

#[test]
fn two_files_with_one_object_name_have_two_roots() {
    // Alice has two keys, and signs one payload with each: one id, one path, two files. A host that could
    // make their blobs collide could serve different files to different people under the same commit.
    let other = Actor::with_key("alice", 2);
    let keys = format!("keys = [\"{}\", ", other.line());
    let alice = member(&Actor::new("alice"), "human", &["admin", "reporter"]).replacen("keys = [", &keys, 1);
    for swapped in [false, true] {
        let mut ledger = Ledger::empty();
        ledger.append("alice", "trust", &trust(1, None, [1, 1, 1], std::slice::from_ref(&alice)), NOW);
        let payload = ledger.record("alice", body("exception", &observed()), NOW).payload();
        let files = [Actor::new("alice").file(&payload), other.file(&payload)];
        let record = SignedRecord::parse(&files[0]).unwrap();
        let path = record.path().to_string();
        let mut leaves = ledger.leaves.clone();
        leaves.append(&files[0]);
        let after = Checkpoint { size: leaves.size(), root: leaves.root() };
        let tree = ledger.objects.tree(&[(path.clone(), files[0].clone())]);
        let unsigned =
            unsigned_commit(&tree, ledger.parent.as_ref(), "A <a> 1 +0000", &message(&[record], &after));
        let signature = Actor::new("alice").sign(COMMIT_NAMESPACE, unsigned.as_bytes());
        let commit = signed_commit(&unsigned, &signature, ObjectFormat::Sha256);
        let served = files[usize::from(swapped)].clone();
        let pushed = ledger.push_commit(commit, vec![(path, served)]);
        if swapped {
            assert_eq!(broken(&pushed), [Code::Trailer]);
        } else {
            assert!(matches!(pushed, Pushed::Counted { ref void } if void.is_empty()), "{pushed:?}");
        }
    }
}

fn observed() -> String {
    exception("c", "t", "", "").replace("identity = \"ops\"", "identity = \"cron\"")
}
