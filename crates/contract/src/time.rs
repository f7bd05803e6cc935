//! Points in time as they are stored (milliseconds, UTC) and as they are shown to programs (RFC 3339).
//! Refuses to read the clock.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Milliseconds since 1970 in UTC; in JSON an RFC 3339 text such as `2026-03-01T12:00:00.25Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Time(pub i64);

impl Time {
    /// Seconds from `self` until `now`; 0 when `self` lies in the future, as after a clock was set back.
    pub fn age_seconds(self, now: Time) -> i64 {
        ((now.0 - self.0) / 1000).max(0)
    }
}

impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(timestamp) => timestamp.fmt(f),
            // Only values no calendar reaches come here, such as a hostile server's year 400,000.
            Err(_) => write!(f, "{}ms", self.0),
        }
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse::<jiff::Timestamp>().map(|t| Time(t.as_millisecond())).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::Time;

    #[test]
    fn a_time_crosses_json_as_rfc_3339_in_utc() {
        let json = serde_json::to_string(&Time(1_772_366_400_250)).unwrap();
        assert_eq!(json, "\"2026-03-01T12:00:00.25Z\"");
        assert_eq!(serde_json::from_str::<Time>(&json).unwrap(), Time(1_772_366_400_250));
    }
}
