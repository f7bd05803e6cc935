//! Trends that one odd day doesn't change, and the dates that they lead to.
//! Refuses to tell a date without ground: of fewer than seven days there is no trend, and of one that may be flat no date.

use contract::Time;
use contract::analytics::{NoDate, Trend};

/// Days that a trend takes at least.
const FEWEST: usize = 7;

/// How far ahead a date is told.
const AHEAD_DAYS: f64 = 3.0 * 365.0;

/// The quantile of the normal distribution that leaves 2.5 % out at each end.
const Z: f64 = 1.959_963_985;

const DAY: f64 = 86_400_000.0;

/// By how much the values grow a day; each is given with its day. The slope is the median of those of all pairs of days
/// (Theil, Sen), and the range around it is Sen's, which rests on Kendall's distribution.
pub(super) fn trend(values: &[(f64, f64)]) -> Option<Trend> {
    if values.len() < FEWEST {
        return None;
    }
    let pairs =
        values.iter().enumerate().flat_map(|(n, one)| values[n + 1..].iter().map(move |other| (one, other)));
    let mut slopes: Vec<f64> = pairs
        .filter(|(one, other)| one.0 != other.0)
        .map(|(one, other)| (other.1 - one.1) / (other.0 - one.0))
        .collect();
    if slopes.is_empty() {
        return None;
    }
    slopes.sort_unstable_by(f64::total_cmp);
    let (days, all) = (values.len() as f64, slopes.len() as f64);
    let spread = Z * (days * (days - 1.0) * (2.0 * days + 5.0) / 18.0).sqrt();
    let at = |rank: f64| slopes[(rank.max(0.0) as usize).min(slopes.len() - 1)];
    Some(Trend {
        days: u32::try_from(values.len()).unwrap_or(u32::MAX),
        low: at(((all - spread) / 2.0).floor() - 1.0),
        per_day: (at((all - 1.0) / 2.0) + at(all / 2.0)) / 2.0,
        high: at(((all + spread) / 2.0).ceil()),
    })
}

/// The first and the last day on which so much more is used, counted from a time; or why that can't be told.
pub(super) fn full(trend: Option<Trend>, left: u64, from: Time) -> Result<(Time, Option<Time>), NoDate> {
    if left == 0 {
        return Ok((from, Some(from)));
    }
    let trend = trend.ok_or(NoDate::TooFewDays)?;
    if trend.low <= 0.0 {
        return Err(NoDate::NotGrowing);
    }
    let days = |rate: f64| Some(left as f64 / rate).filter(|days| *days <= AHEAD_DAYS);
    let date = |days: f64| Time(from.0.saturating_add((days * DAY) as i64));
    Ok((date(days(trend.high).ok_or(NoDate::NotSoon)?), days(trend.low).map(date)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: impl IntoIterator<Item = f64>) -> Vec<(f64, f64)> {
        values.into_iter().enumerate().map(|(day, value)| (day as f64, value)).collect()
    }

    #[test]
    fn fewer_than_seven_days_have_no_trend_and_no_date() {
        let six = trend(&of((0..6).map(|day| f64::from(day) * 10.0)));
        assert_eq!(six, None);
        assert_eq!(full(six, 100, Time(0)), Err(NoDate::TooFewDays));
    }

    #[test]
    fn a_straight_line_has_its_slope_and_leads_to_one_day() {
        let line = trend(&of((0..7).map(|day| f64::from(day) * 10.0))).unwrap();
        assert_eq!(line, Trend { days: 7, low: 10.0, per_day: 10.0, high: 10.0 });
        let day = Time(5 * 86_400_000);
        assert_eq!(full(Some(line), 50, Time(0)), Ok((day, Some(day))));
        assert_eq!(full(Some(line), 0, Time(9)), Ok((Time(9), Some(Time(9)))), "it is full");
    }

    #[test]
    fn one_odd_day_changes_the_slope_little_and_the_range_covers_the_truth() {
        let noise = [3.0, -2.0, 1.0, -4.0, 2.0, 0.0, -1.0];
        let mut values = of((0..28).map(|day| f64::from(day) * 10.0 + noise[day as usize % 7]));
        values[20].1 = 5_000.0;
        let found = trend(&values).unwrap();
        assert!((found.per_day - 10.0).abs() < 0.2, "{found:?}");
        assert!(found.low < 10.0 && found.high > 10.0 && found.low > 9.0, "{found:?}");
        let (earliest, latest) = full(Some(found), 1_000, Time(0)).unwrap();
        assert!(earliest < Time(100 * 86_400_000) && latest.unwrap() > Time(100 * 86_400_000));
    }

    #[test]
    fn what_goes_up_and_down_shrinks_or_stays_has_no_date() {
        for values in [
            of([5.0, 9.0, 4.0, 8.0, 3.0, 9.0, 5.0, 8.0, 4.0]),
            of((0..30).map(|day| 1_000.0 - f64::from(day))),
            of([7.0; 30]),
        ] {
            let found = trend(&values);
            assert!(found.unwrap().low <= 0.0, "{found:?}");
            assert_eq!(full(found, 100, Time(0)), Err(NoDate::NotGrowing));
        }
    }

    #[test]
    fn a_date_beyond_three_years_is_none() {
        let slow = Trend { days: 30, low: 0.01, per_day: 1.0, high: 2.0 };
        assert_eq!(full(Some(slow), 10_000, Time(0)), Err(NoDate::NotSoon));
        let (_, latest) = full(Some(slow), 1_000, Time(0)).unwrap();
        assert_eq!(latest, None, "the last day is beyond");
    }
}
