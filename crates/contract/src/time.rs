//! Points in time as they are stored (milliseconds, UTC) and as they are shown to programs (RFC 3339).
//! Refuses to read the clock.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Milliseconds since 1970 in UTC; in JSON an RFC 3339 text such as `2026-03-01T12:00:00.25Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Time(pub i64);

// RFC 3339 knows no year before 0, and our calendar ends two hours before the year 9999 does; certificates "without
// end" are valid until its last second, and a hostile server may name the year 400,000.
const FIRST_SHOWN: i64 = -62_167_219_200_000;

impl Time {
    /// Seconds from `self` until `now`; `None` when `self` lies in the future, as after a clock was wrong: nobody knows
    /// how long ago that was.
    pub fn age_seconds(self, now: Time) -> Option<i64> {
        (self <= now).then(|| now.0.saturating_sub(self.0) / 1000)
    }

    /// The time that lies back the farthest. One in the future comes before all others: its age is not known.
    pub fn oldest(times: impl IntoIterator<Item = Time>, now: Time) -> Option<Time> {
        times.into_iter().min_by_key(|time| (*time <= now, *time))
    }
}

impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let last = jiff::Timestamp::MAX;
        let shown = self.0.clamp(FIRST_SHOWN, last.as_second() * 1000);
        jiff::Timestamp::from_millisecond(shown).unwrap_or(last).fmt(f)
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

    #[test]
    fn a_time_beyond_the_calendar_is_shown_as_its_end_and_reads_back() {
        for (ms, shown) in [
            (253_402_300_799_000, "9999-12-30T22:00:00Z"),
            (i64::MAX, "9999-12-30T22:00:00Z"),
            (i64::MIN, "0000-01-01T00:00:00Z"),
        ] {
            assert_eq!(Time(ms).to_string(), shown);
            let json = serde_json::to_string(&Time(ms)).unwrap();
            let back: Time = serde_json::from_str(&json).unwrap();
            assert_eq!(back.to_string(), shown);
        }
        assert_eq!(Time(i64::MIN).age_seconds(Time(i64::MAX)), Some(i64::MAX / 1000));
    }

    #[test]
    fn what_is_dated_in_the_future_has_no_age_and_counts_as_the_oldest() {
        let now = Time(10_000);
        assert_eq!(Time(10_000).age_seconds(now), Some(0));
        assert_eq!(Time(10_001).age_seconds(now), None);
        assert_eq!(Time::oldest([Time(3_000), Time(2_000)], now), Some(Time(2_000)));
        assert_eq!(Time::oldest([Time(3_000), Time(12_000), Time(2_000)], now), Some(Time(12_000)));
        assert_eq!(Time::oldest([], now), None);
    }
}
