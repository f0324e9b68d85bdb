//! The credentials of other accounts, by a role that is assumed in each.
//!
//! An account has one provider, and all clients of all accounts share one cache of what the providers
//! gave: however many Regions and kinds are listed at once, a role is assumed once an hour.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use aws_sdk_sts::Client;
use aws_sdk_sts::config::{IdentityCache, SharedIdentityCache};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use jiff::{SignedDuration, Timestamp};

use super::clients::{ATTEMPT, retries};
use super::error::reason_of;
use super::role_error::RoleError;
use crate::clock::SystemClock;
use crate::place::Partition;
use crate::ports::Clock;
use crate::targets::{Role, Wish};

/// What the session is called in the other account's `CloudTrail`.
const SESSION: &str = "amiwatch";

/// The longest session that a role gives to another role, in seconds.
const SESSION_SECONDS: i32 = 3_600;

/// Credentials are renewed when this is left of them, or a little less, down to half of it, so that
/// not all are renewed at once.
const RENEWED_BEFORE: Duration = Duration::from_mins(5);

/// How long STS may take, its second attempt included. The call that needs the credentials waits for
/// them within its own attempt, and is to name the role, not to time out.
const ASSUMED_WITHIN: Duration = Duration::from_millis(2_700);

const _: () = assert!(ASSUMED_WITHIN.as_millis() < ATTEMPT.as_millis());

/// Guards against an answer that never comes; STS's own bounds are shorter.
const LOADED_WITHIN: Duration = ATTEMPT;

/// For how long a refusal is remembered. All that is listed of an account at once would otherwise ask
/// again, one after another.
const REFUSED_FOR: SignedDuration = SignedDuration::from_secs(20);

/// Accounts whose credentials are kept at the same time. The SDK's own bound is 64, above which it drops
/// any of them.
const ACCOUNTS_MAX: usize = 20_000;

/// The roles of other accounts, and the credentials that they give.
#[derive(Debug, Clone)]
pub struct Roles(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    sts: Client,
    partition: Partition,
    cache: SharedIdentityCache,
    members: Mutex<HashMap<String, Member>>,
}

/// An account's role, and what gives its credentials.
#[derive(Debug, Clone)]
struct Member {
    role: Role,
    provider: SharedCredentialsProvider,
}

impl Roles {
    /// Assumes roles with the credentials, and in the Region and partition, of this configuration. None
    /// is known yet.
    #[must_use]
    pub fn new(config: &SdkConfig, sts_endpoint: Option<String>) -> Self {
        let region = config.region().map_or("", AsRef::as_ref);
        let known = config.timeout_config();
        let timeouts = known.map_or_else(TimeoutConfig::builder, TimeoutConfig::to_builder);
        let timeouts = timeouts
            .operation_attempt_timeout(ASSUMED_WITHIN)
            .operation_timeout(ASSUMED_WITHIN)
            .build();
        let mut builder = aws_sdk_sts::config::Builder::from(config)
            .timeout_config(timeouts)
            .retry_config(retries(2));
        if let Some(url) = sts_endpoint {
            builder = builder.endpoint_url(url);
        }
        let cache = IdentityCache::lazy()
            .buffer_time(RENEWED_BEFORE)
            .load_timeout(LOADED_WITHIN)
            .max_partitions(ACCOUNTS_MAX)
            .build();
        Self(Arc::new(Inner {
            sts: Client::from_conf(builder.build()),
            partition: Partition::of_region(region),
            cache,
            members: Mutex::default(),
        }))
    }

    /// Knows the roles of these wishes and no others. Where one is as it was, its credentials stay.
    pub fn set(&self, wishes: &[Wish]) {
        let mut members = self.0.members.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = HashMap::new();
        for Wish { account, role, .. } in wishes {
            let Some(role) = role else { continue };
            let known = members.remove(account).filter(|known| known.role == *role);
            let member = known.or_else(|| next.remove(account));
            let member = member.unwrap_or_else(|| self.member(account, role));
            next.insert(account.clone(), member);
        }
        *members = next;
    }

    /// The role of an account; none where its credentials are the own ones.
    #[must_use]
    pub(super) fn role(&self, account: &str) -> Option<Role> {
        self.known(account).map(|member| member.role)
    }

    /// A configuration with the credentials of an account; as it is where these are the own ones.
    #[must_use]
    pub(super) fn apply(&self, config: &SdkConfig, account: &str) -> SdkConfig {
        let Some(Member { provider, .. }) = self.known(account) else { return config.clone() };
        let mut builder = config.clone().into_builder().credentials_provider(provider);
        builder.set_identity_cache(Some(self.0.cache.clone()));
        builder.build()
    }

    fn known(&self, account: &str) -> Option<Member> {
        let members = self.0.members.lock().unwrap_or_else(PoisonError::into_inner);
        members.get(account).cloned()
    }

    fn member(&self, account: &str, role: &Role) -> Member {
        let provider = AssumedRole {
            sts: self.0.sts.clone(),
            arn: role.arn(self.0.partition, account),
            external_id: role.external_id.clone(),
            refused: Mutex::default(),
        };
        Member { role: role.clone(), provider: SharedCredentialsProvider::new(provider) }
    }
}

/// Gives the credentials of one role.
#[derive(Debug)]
struct AssumedRole {
    sts: Client,
    arn: String,
    external_id: Option<String>,
    /// Until when the role is not asked for again, and why.
    refused: Mutex<Option<(Timestamp, RoleError)>>,
}

impl ProvideCredentials for AssumedRole {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

impl AssumedRole {
    async fn credentials(&self) -> provider::Result {
        let now = SystemClock.now();
        if let Some(error) = self.refusal(now) {
            return Err(CredentialsError::provider_error(error));
        }
        self.assume().await.map_err(|reason| {
            let error = RoleError { arn: self.arn.clone(), reason };
            let until = now.saturating_add(REFUSED_FOR).unwrap_or(now);
            let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
            *refused = Some((until, error.clone()));
            CredentialsError::provider_error(error)
        })
    }

    /// The refusal that is remembered. One from after `now` is from before the clock was set back.
    fn refusal(&self, now: Timestamp) -> Option<RoleError> {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let (until, error) = refused.as_ref()?;
        let left = until.duration_since(now);
        (left.is_positive() && left <= REFUSED_FOR).then(|| error.clone())
    }

    async fn assume(&self) -> Result<Credentials, String> {
        let answer = self
            .sts
            .assume_role()
            .role_arn(&self.arn)
            .role_session_name(SESSION)
            .duration_seconds(SESSION_SECONDS)
            .set_external_id(self.external_id.clone())
            .send()
            .await;
        let answer = answer.map_err(|error| {
            let is_denied = error.code() == Some("AccessDenied");
            let way_out = if is_denied {
                "; look whether the account has the role, whether the role trusts the one who asks and \
                 wants this external id, and whether that one may call sts:AssumeRole"
            } else {
                ""
            };
            format!("{}{way_out}", reason_of("STS", &error))
        })?;
        let Some(given) = answer.credentials else {
            return Err("STS answered without credentials".to_owned());
        };
        // Without an end they would be kept for the SDK's quarter of an hour.
        let expires = SystemTime::try_from(given.expiration).ok();
        Ok(Credentials::new(
            given.access_key_id,
            given.secret_access_key,
            Some(given.session_token),
            expires,
            SESSION,
        ))
    }
}

#[cfg(test)]
mod tests;
