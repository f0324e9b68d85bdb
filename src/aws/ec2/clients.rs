//! The clients that were made, of which only so many are kept.

use std::collections::{HashMap, VecDeque};

use aws_sdk_ec2::Client;

use crate::targets::Role;

/// Clients that are kept: as many as places are polled without workers, at some 20 KB each. With fewer, no poll
/// of all of them would find one again: the oldest goes first, and they come in the same order each time.
pub(crate) const CLIENTS_MAX: usize = 1024;

/// What one client serves.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    /// The account and the role in it; none where the credentials are the own ones. An account that
    /// gets another role gets another client.
    pub(super) role: Option<(String, Role)>,
    pub(super) region: String,
}

/// The clients that are kept.
#[derive(Debug, Default)]
pub(super) struct Clients {
    made: HashMap<Key, Client>,
    oldest_first: VecDeque<Key>,
}

impl Clients {
    /// The client that is kept, or one that is made, for which the oldest may have to go. Whoever uses
    /// that one goes on with it.
    pub(super) fn get_or_make(&mut self, key: Key, make: impl FnOnce() -> Client) -> Client {
        if let Some(client) = self.made.get(&key) {
            return client.clone();
        }
        if self.made.len() >= CLIENTS_MAX
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.made.remove(&oldest);
        }
        let client = make();
        self.made.insert(key.clone(), client.clone());
        self.oldest_first.push_back(key);
        client
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::config::BehaviorVersion;
    use aws_types::SdkConfig;
    use aws_types::region::Region;

    use super::*;
    use crate::aws::clients::{http_client, with_bounds};

    fn client() -> Client {
        let builder = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"));
        Client::new(&with_bounds(builder, http_client()).build())
    }

    fn key(number: usize, role: &str) -> Key {
        let role = Role { name: role.to_owned(), external_id: None };
        Key { role: Some((format!("{number:012}"), role)), region: "us-east-1".to_owned() }
    }

    #[test]
    fn thousands_of_places_keep_no_more_clients_than_the_newest() {
        let (mut clients, client) = (Clients::default(), client());
        for number in 0..3 * CLIENTS_MAX {
            clients.get_or_make(key(number, "a"), || client.clone());
            assert_eq!(clients.made.len(), clients.oldest_first.len());
            assert!(clients.made.len() <= CLIENTS_MAX);
        }
        let newest = key(3 * CLIENTS_MAX - 1, "a");
        clients.get_or_make(newest, || panic!("it is kept"));
        assert!(!clients.made.contains_key(&key(0, "a")));
    }

    #[test]
    fn an_account_with_another_role_gets_another_client() {
        let (mut clients, client) = (Clients::default(), client());
        for role in ["a", "b", "a"] {
            clients.get_or_make(key(1, role), || client.clone());
        }
        assert_eq!(clients.made.len(), 2);
    }
}
