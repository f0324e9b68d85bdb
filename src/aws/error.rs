//! An SDK error as one readable sentence: AWS's code and message where there are any, with what to
//! do about it where the code alone does not say; else what came in their place.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::foreign;
use super::role_error::RoleError;
use crate::render::text::truncate;

/// AWS says what is wrong in a sentence or two.
const LONGEST_MESSAGE: usize = 1_000;

/// What a service answers in a Region that is not enabled in the account. Bad credentials get the
/// same answer.
const NOT_ENABLED: [&str; 4] =
    ["AuthFailure", "OptInRequired", "UnrecognizedClientException", "InvalidClientTokenId"];

/// What a service answers to credentials that were good once.
const RUN_OUT: [&str; 4] =
    ["ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"];

/// What AWS said, or what kept it from saying anything.
pub(crate) fn reason<E>(error: &SdkError<E, HttpResponse>) -> String
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    reason_of("AWS", error)
}

/// As [`reason`], of one service.
pub(crate) fn reason_of<E>(service: &str, error: &SdkError<E, HttpResponse>) -> String
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let said =
        |text: Option<&str>| text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    if let Some(code) = said(error.code()) {
        return match said(error.message()) {
            // Some services repeat what was signed, session token and all.
            Some(_) if code.contains("Signature") => {
                format!("{code}: the signature is refused; look at the credentials and the clock")
            }
            Some(message) => {
                let (message, way_out) = (truncate(&message, LONGEST_MESSAGE), way_out(&code));
                // A sentence that goes on has no full stop in it.
                let message =
                    if way_out.is_empty() { &message } else { message.trim_end_matches('.') };
                format!("{code}: {message}{way_out}")
            }
            None => format!("{code}{}", way_out(&code)),
        };
    }
    let Some(response) = error.raw_response() else {
        // Without the role's credentials, the service was not asked: its name would lead astray.
        return RoleError::within(error)
            .map_or_else(|| unsent(service, &chain(error)), ToString::to_string);
    };
    let status = response.status().as_u16();
    // Without its bytes, the body broke off or was read by somebody else.
    let what = response.body().bytes().map(foreign::described);
    match what {
        None => format!("HTTP {status}: {}", chain(error)),
        // It may be the service's all the same.
        Some(what) if what == "XML" || (what == "JSON" && service != "EC2") => {
            format!("HTTP {status} with {what} that cannot be read: {}", chain(error))
        }
        Some(what) => format!(
            "HTTP {status} with {what}, which is no answer of {service}; {}",
            foreign::WAY_OUT
        ),
    }
}

/// Why a request got no answer, with the way out.
fn unsent(service: &str, chain: &str) -> String {
    let says = |words: &[&str]| words.iter().any(|words| chain.contains(words));
    if says(&["no credentials found in chain", "credential provider was not enabled"]) {
        return "no credentials: log in (`aws sso login`), name a --profile, or set AWS_ACCESS_KEY_ID and \
                AWS_SECRET_ACCESS_KEY"
            .to_owned();
    }
    if says(&["dns error", "failed to lookup address"]) {
        return format!(
            "the host of {service} is not found ({chain}); check the Region, and the network, its proxy \
             (HTTPS_PROXY) and endpoint (AWS_ENDPOINT_URL)"
        );
    }
    if says(&["endpoint must contain scheme"]) {
        return format!(
            "the endpoint of {service} has no scheme: write http:// or https:// before it"
        );
    }
    with_login(chain.to_owned())
}

/// What to do about an error, where its code stands for more than it says.
fn way_out(code: &str) -> &'static str {
    if NOT_ENABLED.contains(&code) {
        "; perhaps this Region is not enabled in this account: enable it (`aws account enable-region \
         --region-name REGION`) or leave it out. If it is enabled, the credentials are wrong: check \
         them with `aws sts get-caller-identity`"
    } else if RUN_OUT.contains(&code) {
        "; the credentials have run out, or the clock is wrong: log in again (`aws sso login`, with \
         --profile NAME for a named profile) or get new keys"
    } else {
        ""
    }
}

/// An error with all its causes.
#[must_use]
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let said = next.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        cause = next.source();
    }
    text
}

/// An error from loading credentials, with the way out: the command that logs in again where a login
/// through IAM Identity Center has run out or never was.
#[must_use]
pub fn credentials_fault(
    error: &(dyn std::error::Error + 'static),
    profile: Option<&str>,
) -> String {
    let chain = chain(error);
    match profile {
        _ if !is_about_login(&chain) => format!("{chain}; log in, or name a --profile"),
        Some(profile) => format!("{chain}; log in again: `aws sso login --profile {profile}`"),
        None => with_login(chain),
    }
}

fn with_login(chain: String) -> String {
    if is_about_login(&chain) {
        format!("{chain}; log in again: `aws sso login`, with --profile NAME for a named profile")
    } else {
        chain
    }
}

/// Whether an error comes from IAM Identity Center. The SDK has a type for its token's errors, which
/// it keeps to itself.
fn is_about_login(chain: &str) -> bool {
    let chain = chain.to_lowercase();
    ["sso token", "sso session", "session token not found or invalid", "sso oidc"]
        .iter()
        .any(|words| chain.contains(words))
}
