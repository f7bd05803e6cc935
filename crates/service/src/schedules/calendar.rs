//! What runs by itself in the days to come, day by day: schedules and policies together.
//! Refuses to list one by one what runs more often than hourly: it would hide everything else.

use super::upcoming::upcoming;
use super::{Schedules, due, plan};
use contract::{ApiError, Calendar, CalendarDay, CalendarJob, CalendarRun, Often, Time, words};
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// The most days that are computed for one answer.
const MOST_DAYS: u32 = 31;

/// What starts more often than this within a day runs often.
const OFTEN: usize = 24;

const DAY: i64 = 86_400_000;

/// A run to come, and why then.
type Coming = (Time, String);

impl Schedules {
    /// The days from today on.
    pub(super) async fn calendar(&self, days: u32) -> Result<Calendar, ApiError> {
        let days = days.clamp(1, MOST_DAYS);
        let most = (OFTEN + 1) * (days as usize + 1);
        let mut sheet = Sheet::new((self.now)(), days, self.zone.clone());
        let known = self.look().await?;
        for record in &known.records {
            let Ok(plan) = plan(record) else { continue };
            let schedule = self.standing(record, &known).await?;
            let smart = self.smart_plans(record, &known).await?;
            let runs = upcoming(&plan, &schedule, &smart, (sheet.now, most)).into_iter();
            let about = words::scheduled_about(&schedule);
            let job = CalendarJob {
                schedule: Some(record.id.clone()),
                policy: None,
                what: format!("{}: {about}", words::scheduled_job(&schedule.job)),
                name: schedule.name,
            };
            let timing = words::due(&record.settings.when, record.settings.smart);
            sheet.add(job, &timing, runs.map(|run| (run.at, run.reason)).collect());
        }
        for (record, what, times) in self.coming_of_policies(most).await? {
            let timed = record.settings.when.iter().filter(|trigger| trigger.timing().is_some());
            let reason = words::triggers(&timed.cloned().collect::<Vec<_>>());
            let job =
                CalendarJob { schedule: None, policy: Some(record.id), name: record.settings.name, what };
            sheet.add(job, &reason, times.into_iter().map(|at| (at, reason.clone())).collect());
        }
        Ok(sheet.calendar(known.holds.pause_of_all()))
    }
}

/// The calendar while it is filled in.
struct Sheet {
    now: Time,
    days: BTreeMap<Date, Vec<CalendarRun>>,
    often: Vec<Often>,
    zone: TimeZone,
}

impl Sheet {
    fn new(now: Time, days: u32, zone: TimeZone) -> Sheet {
        let today = due::zoned(now, &zone).map(|now| now.date()).unwrap_or_default();
        let days = (0..i64::from(days)).filter_map(|number| today.checked_add(number.days()).ok());
        Sheet { now, days: days.map(|day| (day, Vec::new())).collect(), often: Vec::new(), zone }
    }

    fn add(&mut self, job: CalendarJob, timing: &str, mut runs: Vec<Coming>) {
        // What is due already starts as soon as it can.
        runs.iter_mut().for_each(|(at, _)| *at = (*at).max(self.now));
        runs.sort();
        runs.dedup_by_key(|(at, _)| *at);
        // The first one may lie off its beat: one more than that is no chance.
        if runs.windows(OFTEN + 2).any(|some| some[OFTEN + 1].0.0 - some[0].0.0 < DAY) {
            self.often.push(Often { job, reason: timing.to_owned() });
            return;
        }
        for (at, reason) in runs {
            let Some(local) = due::zoned(at, &self.zone) else { continue };
            let Some(day) = self.days.get_mut(&local.date()) else { continue };
            // The runs of a job come together, by time.
            match day.last_mut().filter(|last| last.job == job) {
                Some(first) => first.more += 1,
                None => {
                    let local = local.strftime("%H:%M").to_string();
                    day.push(CalendarRun { job: job.clone(), at, local, more: 0, reason });
                }
            }
        }
    }

    fn calendar(self, pause: Option<contract::Pause>) -> Calendar {
        let days = self.days.into_iter().map(|(date, mut runs)| {
            runs.sort_by(|one, other| (one.at, &one.job.name).cmp(&(other.at, &other.job.name)));
            CalendarDay { date: date.to_string(), title: date.strftime("%a %-d %b").to_string(), runs }
        });
        let zone = self.zone.iana_name().map_or_else(due::own_zone, str::to_owned);
        Calendar { zone, pause, days: days.collect(), often: self.often }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn job(name: &str) -> CalendarJob {
        CalendarJob { schedule: None, policy: None, name: name.to_owned(), what: String::new() }
    }

    fn every(from: i64, step: i64, times: i64) -> Vec<Coming> {
        (0..times).map(|number| (Time(from + number * step), "due".to_owned())).collect()
    }

    #[test]
    fn a_day_has_the_first_run_of_each_and_how_many_follow_and_what_runs_often_stands_apart() {
        // Sat 28 Mar 2026, 12:00 in Berlin; the night after it has 23 hours.
        let (now, zone) = (1_774_695_600_000, TimeZone::get("Europe/Berlin").unwrap());
        let mut sheet = Sheet::new(Time(now), 3, zone);
        sheet.add(job("hourly"), "every 1 h", every(now + HOUR / 2, HOUR, 80));
        sheet.add(job("half-hourly"), "every 30 min", every(now, HOUR / 2, 200));
        // 02:30 is no time of that night: it is 03:30.
        sheet.add(job("once"), "daily", vec![(Time(now + 14 * HOUR + HOUR / 2), "at night".to_owned())]);
        sheet.add(job("late"), "daily", vec![(Time(now - 5 * HOUR), "waits".to_owned())]);
        sheet.add(job("next month"), "monthly", vec![(Time(now + 20 * DAY), "due".to_owned())]);
        let calendar = sheet.calendar(None);
        let told = |day: &CalendarDay| {
            let runs = day.runs.iter().map(|run| format!("{} {} +{}", run.local, run.job.name, run.more));
            (day.title.clone(), runs.collect::<Vec<_>>().join(", "))
        };
        let wanted = [
            ("Sat 28 Mar", "12:00 late +0, 12:30 hourly +11"),
            ("Sun 29 Mar", "00:30 hourly +22, 03:30 once +0"),
            ("Mon 30 Mar", "00:30 hourly +23"),
        ];
        let wanted = wanted.map(|(day, runs)| (day.to_owned(), runs.to_owned()));
        assert_eq!(calendar.days.iter().map(told).collect::<Vec<_>>(), wanted);
        assert_eq!(calendar.days[1].date, "2026-03-29");
        let often: Vec<_> = calendar.often.iter().map(|one| (&*one.job.name, &*one.reason)).collect();
        assert_eq!(often, [("half-hourly", "every 30 min")]);
    }
}
