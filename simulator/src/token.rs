//! Page tokens: opaque text that holds only in the listing that gave it.

use std::hash::{DefaultHasher, Hash, Hasher};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use jiff::Timestamp;

use crate::error::ApiError;
use crate::filter::Filter;
use crate::place::Place;

/// Where a listing goes on, and in which direction it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    /// The start of the last task that was listed.
    pub(crate) start: Timestamp,
    /// That task's number, for tasks of the same start.
    pub(crate) id: u64,
    /// True in a listing that a fault turned round.
    pub(crate) reversed: bool,
}

/// What a token is bound to.
pub(crate) fn binding(listing: &str, place: &Place, filters: &[Filter]) -> u64 {
    let mut hasher = DefaultHasher::new();
    (listing, place).hash(&mut hasher);
    for filter in filters {
        (&filter.name, &filter.values).hash(&mut hasher);
    }
    hasher.finish()
}

/// The token's text.
pub(crate) fn write(position: Position, binding: u64) -> String {
    let mut bytes = Vec::with_capacity(33);
    bytes.extend(binding.to_be_bytes());
    bytes.extend(position.start.as_millisecond().to_be_bytes());
    bytes.extend(position.id.to_be_bytes());
    bytes.push(u8::from(position.reversed));
    bytes.extend(check(&bytes).to_be_bytes());
    URL_SAFE.encode(bytes)
}

/// Reads a token back: `InvalidNextToken` for what was never one, `InvalidPaginationToken` for
/// one of another listing, account, Region or set of filters.
pub(crate) fn read(text: &str, binding: u64) -> Result<Position, ApiError> {
    let (bound, position) = decode(text)
        .ok_or_else(|| ApiError::new("InvalidNextToken", "The token provided is not valid."))?;
    if bound == binding {
        return Ok(position);
    }
    let message = "The pagination token was not given for this listing, account, Region and set of \
                   filters.";
    Err(ApiError::new("InvalidPaginationToken", message))
}

fn decode(text: &str) -> Option<(u64, Position)> {
    let bytes = URL_SAFE.decode(text).ok()?;
    let (body, sum) = bytes.split_last_chunk::<8>()?;
    if u64::from_be_bytes(*sum) != check(body) {
        return None;
    }
    let (bound, rest) = body.split_first_chunk::<8>()?;
    let (start, rest) = rest.split_first_chunk::<8>()?;
    let (id, rest) = rest.split_first_chunk::<8>()?;
    let position = Position {
        start: Timestamp::from_millisecond(i64::from_be_bytes(*start)).ok()?,
        id: u64::from_be_bytes(*id),
        reversed: rest == [1],
    };
    Some((u64::from_be_bytes(*bound), position))
}

fn check(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_holds_only_in_its_own_listing() {
        let here = Place::new("123456789012", "us-east-1");
        let filter = Filter { name: "bucket".into(), values: vec!["b".into()] };
        let bound = binding("A", &here, std::slice::from_ref(&filter));
        let start = "2026-11-22T00:10:00.123Z".parse().unwrap();
        let position = Position { start, id: 7, reversed: false };
        let text = write(position, bound);
        assert_eq!(read(&text, bound), Ok(position));

        let code = |text: &str, bound| read(text, bound).unwrap_err().code;
        assert_eq!(code(&text, binding("A", &here, &[])), "InvalidPaginationToken");
        let others = binding("B", &here, std::slice::from_ref(&filter));
        assert_eq!(code(&text, others), "InvalidPaginationToken");
        let there = Place::new("123456789012", "us-west-2");
        assert_eq!(code(&text, binding("A", &there, &[filter])), "InvalidPaginationToken");
        for bad in ["", "x", "AAAA", &text[1..], &text.replace(&text[..4], "AAAB")] {
            assert_eq!(code(bad, bound), "InvalidNextToken", "{bad}");
        }
    }
}
