//! Every single-bit flip in a good record of each kind is refused.

use rayon::prelude::*;

use crate::support::ledger::Actor;
use crate::support::vectors::{codes_of, payloads};

#[test]
fn no_flipped_bit_of_a_record_of_any_kind_is_accepted() {
    for (kind, payload) in payloads() {
        let good = Actor::new("alice").file(&payload);
        assert_eq!(codes_of(&good), [], "{kind}");
        let accepted: Vec<usize> = (0..good.len() * 8)
            .into_par_iter()
            .filter(|bit| {
                let mut bytes = good.clone();
                bytes[bit / 8] ^= 1 << (bit % 8);
                codes_of(&bytes).is_empty()
            })
            .collect();
        assert!(accepted.is_empty(), "{kind}: flips of these bits are accepted: {accepted:?}");
    }
}
