//! From an HTTP request to a call: who asks, where, for what, with which parameters.

use axum::http::request::Parts;
use form_urlencoded::parse;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::error::ApiError;
use crate::place::Place;
use crate::service::Service;

/// What is left of a request once HTTP is taken off.
#[derive(Debug, Clone)]
pub(crate) struct Incoming {
    /// Form fields and query fields, without those of the signature.
    pub(crate) params: Vec<(String, String)>,
    /// `Action`; empty where there is none.
    pub(crate) action: String,
    /// `Version`.
    pub(crate) version: Option<String>,
    /// The service of the credential's scope; EC2 where there is no such scope.
    pub(crate) service: Service,
    /// The place of the credential's scope.
    pub(crate) place: Result<Place, ApiError>,
    /// `X-Amz-Date`.
    pub(crate) signed_at: Option<Timestamp>,
}

impl Incoming {
    /// Reads the query string, the form body, and the signature's scope from either.
    pub(crate) fn read(parts: &Parts, body: &[u8]) -> Self {
        let query = parts.uri.query().unwrap_or_default();
        let mut fields: Vec<(String, String)> = parse(query.as_bytes()).into_owned().collect();
        fields.extend(parse(body).into_owned());
        let mut take = |name: &str| {
            let found = fields.iter().rposition(|(field, _)| field == name)?;
            Some(fields.remove(found).1)
        };
        let action = take("Action").unwrap_or_default();
        let version = take("Version");
        let credential = take("X-Amz-Credential");
        let date = take("X-Amz-Date");
        fields.retain(|(name, _)| !name.starts_with("X-Amz-"));
        let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let scope = match (header("authorization"), &credential) {
            (Some(header), _) => credential_of(header).and_then(scope),
            (None, Some(credential)) => scope(credential),
            (None, None) => None,
        };
        Self {
            params: fields,
            action,
            version,
            service: scope.as_ref().map(|(service, _)| *service).unwrap_or_default(),
            place: scope.map(|(_, place)| place).ok_or_else(ApiError::auth_failure),
            signed_at: header("x-amz-date").or(date.as_deref()).and_then(basic_time),
        }
    }
}

fn credential_of(header: &str) -> Option<&str> {
    header
        .strip_prefix("AWS4-HMAC-SHA256 ")?
        .split(',')
        .find_map(|part| part.trim().strip_prefix("Credential="))
}

/// `<access key id>/<date>/<region>/<service>/aws4_request`.
fn scope(credential: &str) -> Option<(Service, Place)> {
    let mut parts = credential.split('/');
    let (key, date, region) = (parts.next()?, parts.next()?, parts.next()?);
    let service = Service::of_scope(parts.next()?)?;
    let whole = parts.eq(["aws4_request"]);
    if !whole || key.is_empty() || date.is_empty() || region.is_empty() {
        return None;
    }
    Some((service, Place::of_caller(key, region)))
}

/// `20261122T001000Z`.
fn basic_time(text: &str) -> Option<Timestamp> {
    let time = DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::DEFAULT_ACCOUNT;
    use axum::http::Request;

    fn read(uri: &str, authorization: Option<&str>, body: &str) -> Incoming {
        let mut request = Request::builder().uri(uri).header("x-amz-date", "20261122T001000Z");
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        Incoming::read(&request.body(()).unwrap().into_parts().0, body.as_bytes())
    }

    const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=210987654321/20261122/eu-west-1/ec2/\
                          aws4_request, SignedHeaders=host, Signature=00";

    #[test]
    fn a_form_and_a_query_string_say_the_same() {
        let fields = "Action=DescribeRegions&Version=2016-11-15&RegionName.1=a%2Bb";
        for incoming in
            [read("/", Some(SIGNED), fields), read(&format!("/?{fields}"), Some(SIGNED), "")]
        {
            assert_eq!(incoming.action, "DescribeRegions");
            assert_eq!(incoming.version.as_deref(), Some("2016-11-15"));
            assert_eq!(incoming.params, [("RegionName.1".to_owned(), "a+b".to_owned())]);
            assert_eq!(incoming.place, Ok(Place::new("210987654321", "eu-west-1")));
            assert_eq!(incoming.signed_at, "2026-11-22T00:10:00Z".parse().ok());
        }
    }

    #[test]
    fn a_presigned_query_names_the_place_and_leaves_no_parameter_behind() {
        let uri = "/?Action=X&X-Amz-Credential=AKIDEXAMPLE/20261122/us-east-1/ec2/aws4_request\
                   &X-Amz-Signature=00&X-Amz-Expires=60";
        let incoming = read(uri, None, "");
        assert_eq!(incoming.place, Ok(Place::new(DEFAULT_ACCOUNT, "us-east-1")));
        assert_eq!(incoming.params, []);
    }

    #[test]
    fn the_scope_names_the_service() {
        let service = |value: &str| read("/", Some(value), "").service;
        assert_eq!(service(SIGNED), Service::Ec2);
        assert_eq!(service(&SIGNED.replace("/ec2/", "/sts/")), Service::Sts);
    }

    #[test]
    fn what_is_not_a_scope_is_an_authentication_failure() {
        for value in [
            "",
            "Bearer x",
            "AWS4-HMAC-SHA256 Signature=00",
            "AWS4-HMAC-SHA256 Credential=AKID/20261122/us-east-1/s3/aws4_request",
            "AWS4-HMAC-SHA256 Credential=AKID/20261122//ec2/aws4_request",
            "AWS4-HMAC-SHA256 Credential=AKID/20261122/us-east-1/ec2/aws4_request/more",
        ] {
            assert_eq!(read("/", Some(value), "").place, Err(ApiError::auth_failure()), "{value}");
        }
        assert_eq!(read("/", None, "").place, Err(ApiError::auth_failure()));
    }
}
