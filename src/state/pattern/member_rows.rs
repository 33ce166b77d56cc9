//! Encodes the members of a group as rows of equal length, for a stored state. The groups of a ledger can have
//! thousands of members (exceptions), and rows are decoded many times faster than single values.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserializer, Serializer};

use super::group::GroupMember;
use crate::state::item::When;
use crate::value::{RecordId, Time};

/// The length of a row in bytes: the id and five numbers.
const ROW: usize = ID + 5 * NUMBER;
const ID: usize = 32;
const NUMBER: usize = 8;

pub(super) fn serialize<S: Serializer>(members: &[GroupMember], serializer: S) -> Result<S::Ok, S::Error> {
    let mut rows = Vec::with_capacity(members.len() * ROW);
    for member in members {
        let GroupMember { place, id, when, scope } = member;
        rows.extend_from_slice(id.as_bytes());
        rows.extend_from_slice(&when.at.unix().to_be_bytes());
        rows.extend_from_slice(&when.occurred.unix().to_be_bytes());
        rows.extend_from_slice(&when.position.to_be_bytes());
        for index in [*place, *scope] {
            let index = u64::try_from(index).map_err(serde::ser::Error::custom)?;
            rows.extend_from_slice(&index.to_be_bytes());
        }
    }
    serializer.serialize_bytes(&rows)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<GroupMember>, D::Error> {
    deserializer.deserialize_bytes(MemberRows)
}

struct MemberRows;

impl Visitor<'_> for MemberRows {
    type Value = Vec<GroupMember>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rows of members")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<GroupMember>, E> {
        let rows: Option<Vec<GroupMember>> = bytes.chunks(ROW).map(member).collect();
        rows.ok_or_else(|| E::invalid_length(bytes.len(), &self))
    }
}

fn member(row: &[u8]) -> Option<GroupMember> {
    let (id, numbers) = row.split_first_chunk::<ID>()?;
    let mut numbers =
        numbers.chunks_exact(NUMBER).map_while(|bytes| Some(u64::from_be_bytes(bytes.try_into().ok()?)));
    let time = |number: u64| Time::from_unix(number.cast_signed());
    let (at, occurred, position) = (time(numbers.next()?)?, time(numbers.next()?)?, numbers.next()?);
    let (place, scope) = (numbers.next()?.try_into().ok()?, numbers.next()?.try_into().ok()?);
    Some(GroupMember { place, id: RecordId::from_bytes(*id), when: When { at, occurred, position }, scope })
}
