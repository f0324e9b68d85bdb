use std::collections::BTreeMap;

use super::*;

pub(super) fn read(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let variables: BTreeMap<String, String> =
        variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    Config::from_lookup(&|name| variables.get(name).cloned())
}

const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:amiwatch";

const KEYS: [(&str, &str); 2] =
    [("AWS_ACCESS_KEY_ID", "AKIA"), ("AWS_SECRET_ACCESS_KEY", "secret")];

pub(super) const LEAST: [(&str, &str); 5] = [
    ("AWS_REGION", "us-east-1"),
    ("AMIWATCH_TABLE", "table"),
    ("AMIWATCH_TOPIC_ARN", TOPIC),
    KEYS[0],
    KEYS[1],
];

pub(super) fn with(name: &str, value: &str) -> Result<Config, ConfigError> {
    let mut variables: Vec<_> = LEAST.into_iter().filter(|(known, _)| *known != name).collect();
    variables.push((name, value));
    read(&variables)
}

#[test]
fn the_least_configuration_has_the_documented_defaults() {
    let config = read(&LEAST).unwrap();
    assert_eq!(config.regions.listed(), ["us-east-1"]);
    assert_eq!(config.kinds, [Kind::StoreImage, Kind::Bundle].into());
    assert_eq!(config.policy, Policy::default());
    assert_eq!(config.policy.stalled_after, SignedDuration::from_hours(3));
    assert!(!config.policy.tell.contains(&Outcome::Started));
    assert_eq!(config.listing_calls, 10);
    assert_eq!((config.kept_for, config.use_fips), (RECORD_KEPT_FOR, false));
    assert_eq!((config.chat, config.image_names), (ChatChannel::Absent, false));
    assert_eq!((config.event_bus, config.topic_arn.as_deref()), (None, Some(TOPIC)));
}

#[test]
fn every_variable_is_read() {
    let config = read(&[
        ("AWS_REGION", "eu-west-1"),
        ("AMIWATCH_TABLE", "table"),
        ("AMIWATCH_EVENT_BUS", "bus"),
        ("AMIWATCH_REGIONS", " us-east-1, us-gov-west-1,us-east-1 ,"),
        ("AMIWATCH_KINDS", "bundle"),
        ("AMIWATCH_TELL", "failed, started"),
        ("AMIWATCH_STALLED_AFTER_MINUTES", "30"),
        ("AMIWATCH_LISTING_CALLS", "15"),
        ("AMIWATCH_KEEP_DAYS", "400"),
        ("AWS_USE_FIPS_ENDPOINT", "true"),
        ("AMIWATCH_CHAT", "true"),
        ("AMIWATCH_IMAGE_NAMES", "true"),
        ("AMIWATCH_ACCOUNT", " 999999999999 "),
        ("AWS_ACCESS_KEY_ID", "123456789012"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("HTTPS_PROXY", "http://proxy:3128"),
    ])
    .unwrap();
    assert_eq!(config.account.as_deref(), Some("999999999999"));
    assert_eq!(config.account_of_key.as_deref(), Some("123456789012"));
    assert_ne!(config.network, Network::default());
    assert_eq!(config.regions.listed(), ["us-east-1", "us-gov-west-1"]);
    assert_eq!(config.kinds, [Kind::Bundle].into());
    assert_eq!(config.policy.tell, [Outcome::Failed, Outcome::Started].into());
    assert_eq!(config.policy.stalled_after, SignedDuration::from_mins(30));
    assert_eq!((config.listing_calls, config.chat), (15, ChatChannel::Present));
    assert!(config.image_names && config.use_fips);
    assert_eq!(config.kept_for, SignedDuration::from_hours(400 * 24));
    assert_eq!((config.topic_arn, config.event_bus.as_deref()), (None, Some("bus")));
    assert_eq!(config.home_region, "eu-west-1");
}

#[test]
fn all_that_is_missing_or_wrong_is_reported_at_once_by_name() {
    let error = read(&[
        ("AMIWATCH_TOPIC_ARN", "my-topic"),
        ("AMIWATCH_REGIONS", "us-east-1,Frankfurt"),
        ("AMIWATCH_KINDS", "store"),
        ("AMIWATCH_TELL", "done"),
        ("AMIWATCH_STALLED_AFTER_MINUTES", "0"),
        ("AMIWATCH_LISTING_CALLS", "16"),
        ("AMIWATCH_CHAT", "yes"),
        ("AMIWATCH_ACCOUNT", "1234"),
        ("HTTPS_PROXY", "socks5://proxy"),
    ])
    .unwrap_err();
    let names: Vec<_> = error.faults.iter().map(|fault| fault.split(' ').next().unwrap()).collect();
    assert_eq!(
        names,
        [
            "AWS_REGION",
            "AMIWATCH_TABLE",
            "AMIWATCH_TOPIC_ARN",
            "AMIWATCH_REGIONS",
            "AMIWATCH_KINDS",
            "AMIWATCH_TELL",
            "AMIWATCH_STALLED_AFTER_MINUTES",
            "AMIWATCH_LISTING_CALLS",
            "AMIWATCH_CHAT",
            "AMIWATCH_ACCOUNT",
            "HTTPS_PROXY",
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
        ]
    );
    let text = error.to_string();
    assert!(error.faults.iter().all(|fault| text.contains(fault)), "{text}");
}

#[test]
fn each_fault_names_the_value_and_the_way_out() {
    for (name, value, way_out) in [
        ("AMIWATCH_TOPIC_ARN", "arn:aws:sqs:us-east-1:123456789012:q", "arn:aws:sns:us-east-1"),
        ("AMIWATCH_TOPIC_ARN", "arn:aws:sns:us-east-1:1234:amiwatch", "write a topic's ARN"),
        ("AMIWATCH_TABLE", "my table", "write its name"),
        ("AMIWATCH_EVENT_BUS", "my bus", "write its name"),
        ("AMIWATCH_REGIONS", "US-EAST-1", "such as us-east-1"),
        ("AMIWATCH_KINDS", "ami", "write store-image, bundle"),
        ("AMIWATCH_TELL", "finished", "completed, failed, cancelled, vanished, stalled or started"),
        ("AMIWATCH_STALLED_AFTER_MINUTES", "3h", "whole number from 1 to 44640"),
        ("AMIWATCH_STALLED_AFTER_MINUTES", "44641", "whole number from 1 to 44640"),
        ("AMIWATCH_LISTING_CALLS", "-1", "whole number from 2 to 15"),
        ("AMIWATCH_CHAT", "1", "true or false"),
    ] {
        let error = with(name, value).unwrap_err();
        assert_eq!(error.faults.len(), 1, "{error}");
        let fault = &error.faults[0];
        assert!(fault.starts_with(name) && fault.contains(value), "{fault}");
        assert!(fault.contains(way_out), "{fault}");
    }
}

#[test]
fn a_fifo_topic_is_refused_as_it_reaches_nobody() {
    let error = with("AMIWATCH_TOPIC_ARN", &format!("{TOPIC}.fifo")).unwrap_err();
    assert!(error.to_string().contains("name a standard topic"), "{error}");
}

#[test]
fn a_configuration_with_nobody_to_tell_is_refused() {
    let error = with("AMIWATCH_TOPIC_ARN", "").unwrap_err();
    assert_eq!(error.faults.len(), 1);
    assert!(error.faults[0].contains("AMIWATCH_EVENT_BUS"), "{error}");
}

#[test]
fn an_empty_variable_counts_as_not_set() {
    let config = with("AMIWATCH_TELL", " ").unwrap();
    assert_eq!(config.policy, Policy::default());
    assert!(with("AMIWATCH_TABLE", "  ").is_err());
}

#[test]
fn topics_of_every_partition_are_taken() {
    for arn in [
        "arn:aws-us-gov:sns:us-gov-west-1:123456789012:t",
        "arn:aws-cn:sns:cn-north-1:123456789012:t",
    ] {
        assert_eq!(with("AMIWATCH_TOPIC_ARN", arn).unwrap().topic_arn.as_deref(), Some(arn));
    }
}
