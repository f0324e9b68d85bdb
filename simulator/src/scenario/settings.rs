//! The settings, as a scenario writes them.

use serde::Deserialize;

use super::text::Span;
use crate::settings::Settings;
use crate::throttle::Throttle;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct SettingsSpec {
    wildcards: Option<bool>,
    trailing_token: Option<bool>,
    page_size: Option<usize>,
    retention: Option<Span>,
    store_duration: Option<Span>,
    store_queued: Option<Span>,
    bundle_duration: Option<Span>,
    bundle_linger: Option<Span>,
    transfer_duration: Option<Span>,
    transfer_linger: Option<Span>,
    cancel_duration: Option<Span>,
    check_request_time: Option<bool>,
    seed: Option<u64>,
}

impl SettingsSpec {
    /// These, with the defaults for what the scenario does not say.
    pub(super) fn resolve(&self, throttle: Throttle) -> Settings {
        let default = Settings::default();
        let span = |own: Option<Span>, other| own.map_or(other, |span| span.0);
        Settings {
            wildcards: self.wildcards.unwrap_or(default.wildcards),
            trailing_token: self.trailing_token.unwrap_or(default.trailing_token),
            page_size: self.page_size.unwrap_or(default.page_size),
            retention: span(self.retention, default.retention),
            store_duration: span(self.store_duration, default.store_duration),
            store_queued: span(self.store_queued, default.store_queued),
            bundle_duration: span(self.bundle_duration, default.bundle_duration),
            bundle_linger: span(self.bundle_linger, default.bundle_linger),
            transfer_duration: span(self.transfer_duration, default.transfer_duration),
            transfer_linger: span(self.transfer_linger, default.transfer_linger),
            cancel_duration: span(self.cancel_duration, default.cancel_duration),
            check_request_time: self.check_request_time.unwrap_or(default.check_request_time),
            seed: self.seed.unwrap_or(default.seed),
            throttle,
        }
    }
}
