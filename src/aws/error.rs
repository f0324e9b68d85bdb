//! An SDK error as one readable sentence: AWS's code and message where there are any, else the
//! whole chain of causes.

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::render::text::truncate;

/// AWS says what is wrong in a sentence or two.
const LONGEST_MESSAGE: usize = 1_000;

/// What AWS said, or what kept it from saying anything.
pub(super) fn reason<E, R>(error: &SdkError<E, R>) -> String
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
{
    if let Some(code) = error.code() {
        return match error.message() {
            // Some services repeat what was signed, session token and all.
            Some(_) if code.contains("Signature") => {
                format!("{code}: the signature is refused; look at the credentials and the clock")
            }
            Some(message) => format!("{code}: {}", truncate(message, LONGEST_MESSAGE)),
            None => code.to_owned(),
        };
    }
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
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
