//! The token buckets, as a scenario writes them.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use super::action::check_action;
use super::check::Problem;
use crate::throttle::{Bucket, Throttle};

#[derive(Debug, Clone, Default)]
pub(super) struct ThrottleSpec(pub(super) Throttle);

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct BucketSpec {
    capacity: f64,
    per_second: f64,
}

impl<'de> Deserialize<'de> for ThrottleSpec {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ThrottleText)
    }
}

struct ThrottleText;

impl<'de> Visitor<'de> for ThrottleText {
    type Value = ThrottleSpec;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("documented, off, or actions with capacity and per_second")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<ThrottleSpec, E> {
        match text {
            "documented" => Ok(ThrottleSpec(Throttle::Documented)),
            "off" => Ok(ThrottleSpec(Throttle::Off)),
            other => Err(E::custom(format_args!(
                "\"{other}\" is not a throttle; write documented, off, or actions with capacity \
                 and per_second"
            ))),
        }
    }

    fn visit_bool<E: Error>(self, on: bool) -> Result<ThrottleSpec, E> {
        Ok(ThrottleSpec(if on { Throttle::Documented } else { Throttle::Off }))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ThrottleSpec, A::Error> {
        let all = BTreeMap::<String, BucketSpec>::deserialize(MapAccessDeserializer::new(map))?;
        let bucket = |spec: BucketSpec| Bucket::new(spec.capacity, spec.per_second);
        let all = all.into_iter().map(|(name, spec)| (name, bucket(spec))).collect();
        Ok(ThrottleSpec(Throttle::With(all)))
    }
}

impl ThrottleSpec {
    /// Finds what the shape alone does not forbid.
    pub(super) fn check(&self) -> Result<(), Problem> {
        if let Throttle::With(all) = &self.0 {
            for (action, bucket) in all {
                let field = format!("throttle.{action}");
                check_action(&field, action)?;
                let is_size = |number: f64| number.is_finite() && number >= 0.0;
                if !is_size(bucket.capacity) || !is_size(bucket.per_second) {
                    let rule = "capacity and per_second must be 0 or more";
                    return Err(Problem::new(field, rule, "write numbers such as 50 and 0.5"));
                }
            }
        }
        Ok(())
    }
}
