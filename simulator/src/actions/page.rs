//! How much of a listing a call asks for.

use crate::error::ApiError;
use crate::params::Params;

/// `MaxResults`, which is 1 to `most`, or any number from 1 where no bound is documented.
pub(crate) fn most_results(
    params: Params<'_>,
    most: Option<usize>,
) -> Result<Option<usize>, ApiError> {
    const NAME: &str = "maxResults";
    let Some(text) = params.get("MaxResults") else { return Ok(None) };
    let Ok(wanted) = text.parse::<i64>() else {
        let message = format!("Value ( {text} ) for parameter {NAME} is not a whole number.");
        return Err(ApiError::new("InvalidMaxResults", message));
    };
    match (usize::try_from(wanted), most) {
        (Ok(wanted), Some(most)) if wanted > most => {
            let rule = format!("Expecting a value smaller than or equal to {most}.");
            Err(ApiError::value(NAME, text, &rule))
        }
        (Ok(wanted), _) if wanted > 0 => Ok(Some(wanted)),
        _ => Err(ApiError::value(NAME, text, "Expecting a value greater than or equal to 1.")),
    }
}
