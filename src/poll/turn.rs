//! Whose turn it is: which place a poll begins with.
//!
//! A poll whose time runs out leaves places behind, and those come first in the next one. The others take
//! turns. A process that has polled nothing yet begins anywhere: a place that follows from the time alone
//! would be the same for ever where the schedule's interval divides the number of places.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use super::PlaceToPoll;
use crate::place::Place;

/// What is remembered from one poll to the next.
#[derive(Debug, Default)]
pub struct Turn(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Places that the last poll left behind.
    left: BTreeSet<Place>,
    /// The place that the next poll begins with, counted over all polls.
    begin: Option<usize>,
}

impl Turn {
    /// The places in the order in which they are begun, each with where it stood.
    pub(super) fn order(
        &self,
        places: Vec<PlaceToPoll>,
        now: Timestamp,
    ) -> Vec<(usize, PlaceToPoll)> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let begin = state.begin.unwrap_or_else(|| anywhere(now));
        state.begin = Some(begin.wrapping_add(1));
        let first = begin.checked_rem(places.len()).unwrap_or(0);
        let mut places: Vec<(usize, PlaceToPoll)> = places.into_iter().enumerate().collect();
        places.rotate_left(first);
        // Stable: those that were left keep their order, and so do the others.
        places.sort_by_key(|(_, wanted)| !state.left.contains(&wanted.place));
        places
    }

    /// Notes which places a poll left behind.
    pub(super) fn note(&self, left: BTreeSet<Place>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).left = left;
    }
}

fn anywhere(now: Timestamp) -> usize {
    fastrand::Rng::with_seed(now.as_second().cast_unsigned()).usize(..)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::Kind;

    fn places(count: usize) -> Vec<PlaceToPoll> {
        let place = |n| Place::new("123456789012", format!("eu-south-{n}"));
        let of = |n| PlaceToPoll { place: place(n), kinds: [Kind::Bundle].into() };
        (0..count).map(of).collect()
    }

    fn first(turn: &Turn, count: usize, now: Timestamp) -> usize {
        turn.order(places(count), now)[0].0
    }

    #[test]
    fn each_place_is_the_first_one_in_turn_whatever_the_interval() {
        let start: Timestamp = "2026-11-22T00:00:00Z".parse().unwrap();
        for minutes in [1, 2, 3, 5, 15, 17, 34, 60] {
            for count in [1, 2, 3, 15, 17, 60] {
                let turn = Turn::default();
                let begun: BTreeSet<usize> = (0..count)
                    .map(|n| i64::try_from(n).unwrap() * minutes)
                    .map(|at| first(&turn, count, start + jiff::SignedDuration::from_mins(at)))
                    .collect();
                assert_eq!(begun.len(), count, "{count} places every {minutes} minutes");
                // A new process each time: nearly all have begun after many polls.
                let begun: BTreeSet<usize> = (0..20 * count)
                    .map(|n| i64::try_from(n).unwrap() * minutes)
                    .map(|at| start + jiff::SignedDuration::from_mins(at))
                    .map(|now| first(&Turn::default(), count, now))
                    .collect();
                assert!(begun.len() * 10 >= count * 9, "{} of {count}, {minutes}", begun.len());
            }
        }
    }

    #[test]
    fn what_was_left_comes_first() {
        let turn = Turn::default();
        let now: Timestamp = "2026-11-22T00:00:00Z".parse().unwrap();
        let all = places(5);
        turn.note([all[4].place.clone(), all[2].place.clone()].into());
        let order: Vec<usize> = turn.order(all, now).into_iter().map(|(index, _)| index).collect();
        let mut first: Vec<usize> = order[..2].to_vec();
        first.sort_unstable();
        assert_eq!((first, order.len()), (vec![2, 4], 5));
    }
}
