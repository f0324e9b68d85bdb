//! One call of a listing, whatever the kind of task: how it is bounded, counted, and how it fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_sdk_ec2::Client;
use aws_sdk_ec2::client::customize::CustomizableOperation;
use aws_sdk_ec2::config::Builder;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use futures_util::future::BoxFuture;

use super::ask::Ask;
use crate::aws::clients::{ATTEMPTS, retries};
use crate::aws::error::reason_of;
use crate::ports::{Page, Source};

/// How a kind of task is listed.
pub(super) struct Call {
    /// The elements of its answers that need care.
    pub(super) elements: Elements,
    /// Lists one page.
    pub(super) list:
        for<'a> fn(&'a Client, Ask<'a>, Bounded) -> BoxFuture<'a, Result<Page, Failed>>,
}

/// What EC2 answered to a request for a page.
pub(super) fn sent<T, E>(
    answer: Result<T, SdkError<E, HttpResponse>>,
    ask: Ask<'_>,
) -> Result<T, Failed>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    answer.map_err(|error| Failed::of(error, ask))
}

/// Elements of an answer that need care before the SDK reads it, by name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Elements {
    /// Nobody may see them.
    pub(super) secrets: &'static [&'static str],
    /// They hold a time, or the SDK refuses the whole answer.
    pub(super) times: &'static [&'static str],
    /// They hold a whole number, or the SDK refuses the whole answer.
    pub(super) numbers: &'static [&'static str],
}

/// Bounds and counts the calls that one request takes.
#[derive(Debug, Clone)]
pub(super) struct Bounded {
    calls: Calls,
    calls_max: u32,
}

impl Bounded {
    pub(super) fn new(calls_max: u32) -> Self {
        Self { calls: Calls::default(), calls_max }
    }

    /// The calls that were made.
    pub(super) fn made(&self) -> u32 {
        self.calls.made.load(Ordering::Relaxed)
    }

    /// The calls that EC2 put off.
    pub(super) fn throttled(&self) -> u32 {
        self.calls.throttled.load(Ordering::Relaxed)
    }

    /// The operation with fewer tries than all calls have; none where those are few enough.
    pub(super) fn apply<T, E, B>(
        self,
        operation: CustomizableOperation<T, E, B>,
    ) -> CustomizableOperation<T, E, B> {
        let counted = operation.interceptor(self.calls);
        if self.calls_max >= ATTEMPTS {
            return counted;
        }
        let bounds: Builder =
            aws_sdk_ec2::Config::builder().retry_config(retries(self.calls_max.max(1)));
        counted.config_override(bounds)
    }
}

/// Why a page was not read.
pub(super) struct Failed {
    pub(super) reason: String,
    pub(super) token_refused: bool,
    /// A dry run, and what it asked for is permitted.
    pub(super) is_permitted: bool,
    pub(super) source: Option<Source>,
}

impl Failed {
    /// Whatever EC2 finds invalid in a request for a further page is its token: the first page was
    /// asked for alike.
    fn of<E>(error: SdkError<E, HttpResponse>, ask: Ask<'_>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let is_invalid = error.code().is_some_and(|code| code.starts_with("Invalid"));
        Self {
            is_permitted: error.code() == Some("DryRunOperation"),
            reason: reason_of("EC2", &error),
            token_refused: ask.at.token().is_some() && is_invalid,
            source: Some(error.into()),
        }
    }
}

impl From<String> for Failed {
    fn from(reason: String) -> Self {
        Self { reason, token_refused: false, is_permitted: false, source: None }
    }
}

/// What EC2 answers to a call that it throttles (`RequestLimitExceeded`), and where it is not available.
const PUT_OFF: u16 = 503;

/// Counts the calls that one request takes.
#[derive(Debug, Clone, Default)]
struct Calls {
    made: Arc<AtomicU32>,
    throttled: Arc<AtomicU32>,
}

impl Intercept for Calls {
    fn name(&self) -> &'static str {
        "Calls"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.made.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if context.response().status().as_u16() == PUT_OFF {
            self.throttled.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }
}
