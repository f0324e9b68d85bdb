//! The settings of a poller of many accounts.

use jiff::SignedDuration;

use super::Config;
use crate::aws::ec2::CLIENTS_MAX;
use crate::functions::environment::Environment;
use crate::rules;
use crate::targets::{Defaults, Role, Wish, foreign_region, of_accounts};

/// The role that `member-role.yaml` makes where nobody says otherwise.
const ROLE_NAME: &str = "amiwatch-member";

/// The most places that may be polled without workers. With 128 MB and 50 ms a call an invocation gets to some 850
/// of them in its time, and the next one begins with the others.
const FAN_OUT_ABOVE_MAX: i64 = 1_000;

// Otherwise a poll of so many would find none of its clients again.
const _: () = assert!(FAN_OUT_ABOVE_MAX <= CLIENTS_MAX.cast_signed() as i64);

/// The longest time from one poll to the next, as the template has it.
const SCHEDULE_MINUTES_MAX: i64 = 60;

/// Which accounts are polled, by which roles, and by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fleet {
    /// `AMIWATCH_ACCOUNTS`: the accounts; empty for the function's own, or where a document says which.
    pub accounts: Vec<String>,
    /// `AMIWATCH_ROLE_NAME` and `AMIWATCH_EXTERNAL_ID`: the role in each account that is not the own one.
    pub role: Role,
    /// `AMIWATCH_TARGETS_PARAMETER`: the Parameter Store parameter with the targets document, or with a
    /// `/` at its end the path of several.
    pub targets_parameter: Option<String>,
    /// `AMIWATCH_QUEUE_URL` and `AMIWATCH_FAN_OUT_ABOVE`; none where the function polls all itself.
    pub fan_out: Option<FanOut>,
    /// `AMIWATCH_SCHEDULE_MINUTES`: the time from one poll to the next, for which a message to a worker
    /// is fresh.
    pub tick: SignedDuration,
}

/// How polls are spread over workers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FanOut {
    /// The queue that the workers read.
    pub queue_url: String,
    /// Above so many places the function polls none itself.
    pub above: usize,
}

impl Fleet {
    pub(super) fn read(environment: &mut Environment<'_>) -> Self {
        let accounts = environment.distinct("AMIWATCH_ACCOUNTS", rules::account);
        let role = Role {
            name: environment
                .checked("AMIWATCH_ROLE_NAME", rules::role_name)
                .unwrap_or_else(|| ROLE_NAME.to_owned()),
            external_id: environment.checked("AMIWATCH_EXTERNAL_ID", rules::external_id),
        };
        let targets_parameter = environment.checked("AMIWATCH_TARGETS_PARAMETER", rules::parameter);
        if targets_parameter.is_some() && !accounts.is_empty() {
            environment.fault(
                "AMIWATCH_TARGETS_PARAMETER",
                "is set, and so is AMIWATCH_ACCOUNTS; set one of them: the document names the accounts",
            );
        }
        let minutes = environment.number("AMIWATCH_SCHEDULE_MINUTES", 1, 1, SCHEDULE_MINUTES_MAX);
        Self {
            accounts,
            role,
            targets_parameter,
            fan_out: fan_out(environment),
            tick: SignedDuration::from_mins(minutes),
        }
    }
}

fn fan_out(environment: &mut Environment<'_>) -> Option<FanOut> {
    let queue_url = environment.checked("AMIWATCH_QUEUE_URL", rules::queue_url);
    let above = environment.number("AMIWATCH_FAN_OUT_ABOVE", 0, 0, FAN_OUT_ABOVE_MAX);
    let above = usize::try_from(above).unwrap_or_default();
    match (queue_url, above) {
        (None, 0) => None,
        (Some(queue_url), 1..) => Some(FanOut { queue_url, above }),
        (None, _) => {
            environment.fault(
                "AMIWATCH_FAN_OUT_ABOVE",
                "is set without AMIWATCH_QUEUE_URL; set that to the queue of the workers, or leave it out",
            );
            None
        }
        (Some(_), 0) => {
            environment.fault(
                "AMIWATCH_QUEUE_URL",
                format_args!(
                    "is set without AMIWATCH_FAN_OUT_ABOVE; set that to a number of places from 1 to \
                     {FAN_OUT_ABOVE_MAX}, above which the workers poll, or leave it out"
                ),
            );
            None
        }
    }
}

impl Config {
    /// What counts where a targets document says nothing.
    #[must_use]
    pub fn defaults(&self, own_account: Option<&str>) -> Defaults {
        Defaults {
            regions: self.regions.clone(),
            kinds: self.kinds.clone(),
            role: Some(self.fleet.role.clone()),
            home_region: self.home_region.clone(),
            own_account: own_account.map(str::to_owned),
        }
    }

    /// What the settings ask for by themselves: of the named accounts, or of the own one.
    ///
    /// # Errors
    /// Every fault.
    pub fn wishes(&self, own_account: &str) -> Result<Vec<Wish>, Vec<String>> {
        let own = [own_account.to_owned()];
        let named = &self.fleet.accounts[..];
        let accounts = if named.is_empty() { &own[..] } else { named };
        of_accounts(accounts, &self.defaults(Some(own_account)))
    }

    /// A role's credentials are valid in one partition. The function's own Regions are not looked at, as
    /// a local runtime may serve any.
    pub(super) fn check_partition(&self, environment: &mut Environment<'_>) {
        if self.fleet.accounts.is_empty() && self.fleet.targets_parameter.is_none() {
            return;
        }
        let mut regions = self.regions.listed().iter();
        if let Some(fault) = regions.find_map(|it| foreign_region(it, &self.home_region)) {
            environment.fault("AMIWATCH_REGIONS", fault);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{LEAST, read, with};
    use super::*;
    use crate::functions::environment::ConfigError;
    use crate::targets::Regions;

    const QUEUE: &str = "https://sqs.us-east-1.amazonaws.com/123456789012/targets";

    fn with_all(more: &[(&'static str, &'static str)]) -> Result<Config, ConfigError> {
        read(&[&LEAST[..], more].concat())
    }

    #[test]
    fn without_settings_the_function_polls_its_own_account_by_itself() {
        let config = read(&LEAST).unwrap();
        let role = Role { name: "amiwatch-member".into(), external_id: None };
        assert_eq!(
            config.fleet,
            Fleet {
                accounts: Vec::new(),
                role,
                targets_parameter: None,
                fan_out: None,
                tick: SignedDuration::from_mins(1),
            }
        );
        let wish = Wish {
            account: "123456789012".into(),
            regions: config.regions.clone(),
            kinds: config.kinds.clone(),
            role: None,
        };
        assert_eq!(config.wishes("123456789012"), Ok(vec![wish]));
    }

    #[test]
    fn every_setting_of_a_fleet_is_read() {
        let config = with_all(&[
            ("AMIWATCH_REGIONS", "all"),
            ("AMIWATCH_ACCOUNTS", "111122223333, 444455556666,111122223333"),
            ("AMIWATCH_ROLE_NAME", "watcher"),
            ("AMIWATCH_EXTERNAL_ID", "hub"),
            ("AMIWATCH_QUEUE_URL", QUEUE),
            ("AMIWATCH_FAN_OUT_ABOVE", "20"),
            ("AMIWATCH_SCHEDULE_MINUTES", "5"),
        ])
        .unwrap();
        assert_eq!(config.regions, Regions::All);
        let role = Role { name: "watcher".into(), external_id: Some("hub".into()) };
        assert_eq!(
            config.fleet,
            Fleet {
                accounts: vec!["111122223333".into(), "444455556666".into()],
                role: role.clone(),
                targets_parameter: None,
                fan_out: Some(FanOut { queue_url: QUEUE.into(), above: 20 }),
                tick: SignedDuration::from_mins(5),
            }
        );
        let wishes = config.wishes("111122223333").unwrap();
        let roles: Vec<Option<Role>> = wishes.into_iter().map(|wish| wish.role).collect();
        assert_eq!(roles, [None, Some(role)]);

        let config = with("AMIWATCH_TARGETS_PARAMETER", "/amiwatch/targets/").unwrap();
        assert_eq!(config.fleet.targets_parameter.as_deref(), Some("/amiwatch/targets/"));
    }

    #[test]
    fn every_fault_of_a_fleet_is_named_at_once() {
        let error = with_all(&[
            ("AMIWATCH_REGIONS", "all,us-east-1"),
            ("AMIWATCH_ACCOUNTS", "111122223333,12"),
            ("AMIWATCH_ROLE_NAME", "path/watcher"),
            ("AMIWATCH_EXTERNAL_ID", "?"),
            ("AMIWATCH_TARGETS_PARAMETER", "/amiwatch/targets"),
            ("AMIWATCH_QUEUE_URL", "targets"),
            ("AMIWATCH_FAN_OUT_ABOVE", "1001"),
            ("AMIWATCH_SCHEDULE_MINUTES", "0"),
        ])
        .unwrap_err();
        for words in [
            "AMIWATCH_REGIONS is \"all,us-east-1\"; write all alone",
            "AMIWATCH_ACCOUNTS is wrong: \"12\"",
            "AMIWATCH_ROLE_NAME is wrong: \"path/watcher\"",
            "AMIWATCH_EXTERNAL_ID is wrong: the external id",
            "AMIWATCH_TARGETS_PARAMETER is set, and so is AMIWATCH_ACCOUNTS",
            "AMIWATCH_QUEUE_URL is wrong: \"targets\"",
            "AMIWATCH_FAN_OUT_ABOVE is \"1001\"; write a whole number from 0 to 1000",
            "AMIWATCH_SCHEDULE_MINUTES is \"0\"; write a whole number from 1 to 60",
        ] {
            assert!(error.to_string().contains(words), "{words}: {error}");
        }
        assert_eq!(error.faults.len(), 8, "{error}");
    }

    #[test]
    fn a_queue_and_the_number_above_which_it_is_used_go_together() {
        for (name, value, other) in [
            ("AMIWATCH_QUEUE_URL", QUEUE, "AMIWATCH_FAN_OUT_ABOVE"),
            ("AMIWATCH_FAN_OUT_ABOVE", "1", "AMIWATCH_QUEUE_URL"),
        ] {
            let error = with(name, value).unwrap_err();
            assert_eq!(error.faults.len(), 1, "{error}");
            assert!(
                error.faults[0].starts_with(name) && error.faults[0].contains(other),
                "{error}"
            );
        }
    }

    #[test]
    fn regions_of_another_partition_are_refused_where_roles_are_assumed() {
        let regions = ("AMIWATCH_REGIONS", "us-east-1,us-gov-west-1");
        assert!(with_all(&[regions]).is_ok());
        let error = with_all(&[regions, ("AMIWATCH_ACCOUNTS", "111122223333")]).unwrap_err();
        assert!(error.to_string().contains("AMIWATCH_REGIONS names us-gov-west-1"), "{error}");
    }
}
