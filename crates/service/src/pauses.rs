//! Who is paused: vCenters, all that have a tag, or everything; there nothing is done by itself until a time.
//! Refuses to hold up what a person asks for.

use crate::Service;
use crate::call::{Admitted, Answer, Handler};
use crate::configuration::is_a_tag;
use crate::events::Events;
use crate::{explain, validate};
use contract::command::{Pause as PauseCommand, PauseOfAll, Resume};
use contract::{ApiError, Check, Code, Event, Group, Pause, Time, Vcenter, words};
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};
use std::time::Duration;
use store::{Paused, Store};

/// How long is slept at most: a machine that was suspended notices the end of a pause so soon.
const TICK: Duration = Duration::from_secs(60);

/// How long a pause is kept that has ended.
const KEPT: i64 = 7 * 24 * 3_600_000;

/// How long a pause may be asked for: what is meant for longer is meant for ever.
const LONGEST: i64 = 366 * 24 * 3_600_000;

/// The pause of a vCenter: its own, or that of a tag or of everything which goes on longer.
pub(crate) fn pause_of(pauses: &[Paused], vcenter: &Vcenter, now: Time) -> Option<Pause> {
    lasting(pauses, now, |of| match of {
        Group::Vcenter(id) => *id == vcenter.id,
        Group::Tag(tag) => vcenter.settings.tags.contains(tag),
        Group::All => true,
    })
}

/// The pause of everything.
pub(crate) fn pause_of_all(pauses: &[Paused], now: Time) -> Option<Pause> {
    lasting(pauses, now, |of| *of == Group::All)
}

/// Whether everything was or is paused at a time, as far as that is known.
pub(crate) fn was_paused(pauses: &[Paused], at: Time) -> bool {
    let holds = |paused: &Paused| paused.since <= at && paused.until.is_none_or(|until| until > at);
    pauses.iter().any(|paused| paused.of == Group::All && holds(paused))
}

/// Of some pauses the one that goes on longest.
fn lasting(pauses: &[Paused], now: Time, is_meant: impl Fn(&Group) -> bool) -> Option<Pause> {
    let meant = pauses.iter().filter(|paused| is_meant(&paused.of));
    let lasting = meant.filter(|paused| paused.until.is_none_or(|until| until > now)).map(|paused| Pause {
        until: paused.until,
        tag: match &paused.of {
            Group::Tag(tag) => Some(tag.clone()),
            Group::Vcenter(_) | Group::All => None,
        },
        all: paused.of == Group::All,
    });
    // Of those that end together everything's, which has to be ended first, or its own: that is the one somebody looks for.
    lasting
        .max_by_key(|pause| (pause.until.map_or(i64::MAX, |until| until.0), pause.all, pause.tag.is_none()))
}

/// Has everybody look again when a pause ends, and takes away those that ended long ago, until cancelled.
pub(crate) async fn end_in_time(store: Store, events: Events, now: crate::Clock) {
    let mut changes = events.subscribe();
    loop {
        let at = now();
        let pauses = store.pauses().await.unwrap_or_else(|error| {
            tracing::warn!(%error, "pauses could not be read");
            Vec::new()
        });
        let ends: Vec<Time> = pauses.iter().filter_map(|paused| paused.until).collect();
        // Not at once: a clock that is ahead for a moment must not end what goes on.
        let old = Time(at.0.saturating_sub(KEPT));
        if ends.iter().any(|end| *end < old)
            && let Err(error) = store.end_pauses(old).await
        {
            tracing::warn!(%error, "a pause that has ended could not be taken away");
        }
        let next = ends.into_iter().filter(|end| *end > at).min();
        let told =
            async { while !matches!(changes.next().await, Some(Event::VcentersChanged | Event::Lagged)) {} };
        let Some(end) = next else {
            told.await;
            continue;
        };
        let left = u64::try_from(end.0.saturating_sub(at.0)).unwrap_or(0);
        let _ = tokio::time::timeout(Duration::from_millis(left).min(TICK), told).await;
        if now() >= end {
            events.publish(Event::VcentersChanged);
        }
    }
}

/// A time to come as people write it: of a clock, of a day and a clock in local time, or whole with its zone.
pub fn moment_to_come(text: &str, now: Time) -> Result<Time, ApiError> {
    to_come(text.trim(), now, &TimeZone::system()).ok_or_else(|| {
        let shown = contract::words::excerpt(text);
        validate::invalid(
            format!("\"{shown}\" is no time in the future"),
            "Specify a time such as 14:00, \"2026-03-01 06:00\" or 2026-03-01T06:00:00Z.",
        )
    })
}

fn to_come(text: &str, now: Time, zone: &TimeZone) -> Option<Time> {
    let here =
        |datetime: civil::DateTime| zone.to_timestamp(datetime).ok().map(|at| Time(at.as_millisecond()));
    let time = if let Ok(whole) = text.parse::<Timestamp>() {
        Time(whole.as_millisecond())
    } else if let Ok(clock) = civil::Time::strptime("%H:%M", text) {
        let today = zone.to_datetime(Timestamp::from_millisecond(now.0).ok()?).date();
        // The next time that a clock on the wall shows it.
        let next = here(today.to_datetime(clock)).filter(|time| *time > now);
        next.or_else(|| here(today.tomorrow().ok()?.to_datetime(clock)))?
    } else {
        let formats = ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"];
        here(formats.iter().find_map(|format| civil::DateTime::strptime(format, text).ok())?)?
    };
    (time > now).then_some(time)
}

impl Handler for PauseCommand {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.pause(self.of, self.until).await
    }
}

impl Handler for PauseOfAll {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.inner.operations.pause_of_all().await
    }
}

impl Handler for Resume {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.resume(self.of).await
    }
}

impl Service {
    async fn pause(&self, of: Group, until: Option<Time>) -> Result<(), ApiError> {
        let now = self.now();
        if let Some(until) = until.filter(|until| !(now.0..=now.0.saturating_add(LONGEST)).contains(&until.0))
        {
            let why = if until < now { "is over already" } else { "is more than a year from now" };
            return Err(validate::invalid(
                format!("{until} {why}"),
                "Specify a time within the next 366 days, or none to pause until you resume.",
            ));
        }
        if let Group::Tag(tag) = &of {
            is_a_tag(tag, &self.records().await?)?;
        }
        self.store().pause(&Paused { of, since: now, until }).await.map_err(explain::store)?;
        self.inner.events.publish(Event::VcentersChanged);
        Ok(())
    }

    async fn resume(&self, of: Group) -> Result<bool, ApiError> {
        let everything = self.inner.operations.pause_of_all().await?;
        match &of {
            Group::Vcenter(id) => {
                let vcenter = self.record(id.as_str()).await?.vcenter;
                not_out_of_everything(&vcenter.name, everything.as_ref())?;
                self.no_tag_pauses(&vcenter).await?;
            }
            Group::Tag(tag) => {
                self.is_a_tag_or_paused(tag).await?;
                not_out_of_everything(&format!("the tag \"{tag}\""), everything.as_ref())?;
            }
            Group::All if everything.is_none() => return Ok(false),
            // What happened during the pause is dropped while it is still there.
            Group::All => self.inner.schedules.drop_what_happened().await?,
        }
        let was_paused = self.store().end_pause(&of).await.map_err(explain::store)?;
        if was_paused {
            self.inner.events.publish(Event::VcentersChanged);
        }
        let was_suspended = match &of {
            Group::Vcenter(id) => self.inner.operations.resume(id, &self.store()).await?,
            Group::Tag(_) | Group::All => false,
        };
        Ok(was_paused || was_suspended)
    }

    /// Refuses to resume one vCenter out of all that are paused with their tag.
    async fn no_tag_pauses(&self, vcenter: &Vcenter) -> Result<(), ApiError> {
        let mut pauses = self.inner.store.pauses().await.map_err(explain::store)?;
        pauses.retain(|paused| matches!(paused.of, Group::Tag(_)));
        let Some(tag) = pause_of(&pauses, vcenter, self.now()).and_then(|pause| pause.tag) else {
            return Ok(());
        };
        let message = format!("{} is paused by its tag \"{tag}\"", vcenter.name);
        Err(ApiError::new(Code::InUse, message)
            .next(format!("Resume the tag \"{tag}\", or take it off this vCenter.")))
    }

    /// The pauses that are not of one vCenter alone: that of everything, and of tags that no vCenter has yet.
    pub(crate) async fn pauses_of_several(&self) -> Result<Vec<Check>, ApiError> {
        let (pauses, records) =
            (self.inner.store.pauses().await.map_err(explain::store)?, self.records().await?);
        let tags = records.iter().flat_map(|record| &record.vcenter.settings.tags).collect::<Vec<_>>();
        let now = self.now();
        let everything = pause_of_all(&pauses, now).map(|pause| Check {
            name: "pause".to_owned(),
            ok: true,
            detail: words::everything_paused(&pause, now),
            next_step: None,
            remedies: Vec::new(),
        });
        let unused = pauses.iter().filter_map(|paused| match &paused.of {
            Group::Tag(tag) if !tags.contains(&tag) && paused.until.is_none_or(|until| until > now) => {
                let pause = Pause { until: paused.until, ..Pause::default() };
                let detail = format!(
                    "{}; no vCenter has it, and one that gets it is paused",
                    words::paused(&pause, now)
                );
                Some(Check {
                    name: format!("tag {tag}"),
                    ok: true,
                    detail,
                    next_step: None,
                    remedies: Vec::new(),
                })
            }
            Group::Tag(_) | Group::Vcenter(_) | Group::All => None,
        });
        Ok(everything.into_iter().chain(unused).collect())
    }

    /// Whether a tag is paused, or one that a vCenter has: a mistyped one would leave what was meant paused.
    async fn is_a_tag_or_paused(&self, tag: &str) -> Result<(), ApiError> {
        let pauses = self.inner.store.pauses().await.map_err(explain::store)?;
        if pauses.iter().any(|paused| matches!(&paused.of, Group::Tag(paused) if paused == tag)) {
            return Ok(());
        }
        is_a_tag(tag, &self.records().await?)
    }
}

/// Refuses to resume one thing while everything is paused.
fn not_out_of_everything(who: &str, everything: Option<&Pause>) -> Result<(), ApiError> {
    if everything.is_none() {
        return Ok(());
    }
    let message = format!("{who} is paused because everything is");
    Err(ApiError::new(Code::InUse, message).next("Resume everything."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::{VcenterId, VcenterSettings};

    fn vcenter(tags: &[&str]) -> Vcenter {
        let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        let settings = VcenterSettings { tags, ..VcenterSettings::default() };
        Vcenter { settings, ..crate::query::tests::vcenter("Berlin") }
    }

    fn own(until: Option<i64>) -> Paused {
        Paused { of: Group::Vcenter(VcenterId("berlin".into())), since: Time(0), until: until.map(Time) }
    }

    fn everything(until: Option<i64>) -> Paused {
        Paused { of: Group::All, since: Time(0), until: until.map(Time) }
    }

    fn tag(tag: &str, until: Option<i64>) -> Paused {
        Paused { of: Group::Tag(tag.into()), since: Time(0), until: until.map(Time) }
    }

    #[test]
    fn a_time_to_come_is_read_as_people_write_it() {
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        // 12:00 there.
        let now = Time(1_772_362_800_000);
        let read = |text: &str| to_come(text, now, &zone).map(|time| time.to_string());
        let at = |text: &str| Some(text.to_owned());
        assert_eq!(read("14:00"), at("2026-03-01T13:00:00Z"));
        assert_eq!(read("11:30"), at("2026-03-02T10:30:00Z"), "tomorrow");
        assert_eq!(read("2026-03-05 06:00"), at("2026-03-05T05:00:00Z"));
        assert_eq!(read("2026-03-05T06:00"), at("2026-03-05T05:00:00Z"));
        assert_eq!(read("2026-03-05T06:00:00Z"), at("2026-03-05T06:00:00Z"));
        for wrong in ["", "soon", "25:00", "2026-02-01 06:00", "2026-02-30 06:00", "14"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        let error = moment_to_come("soon\u{7}", now).unwrap_err();
        assert!(
            error.next_step.is_some_and(|next| next.contains("14:00")) && !error.message.contains('\u{7}')
        );
    }

    #[test]
    fn of_several_pauses_the_one_that_lasts_longest_holds_and_one_that_is_over_does_not() {
        let held = |pauses: &[Paused], now| {
            let pause = pause_of(pauses, &vcenter(&["prod", "eu"]), Time(now))?;
            let with = if pause.all { Some("everything".to_owned()) } else { pause.tag };
            Some((pause.until.map(|until| until.0), with))
        };
        assert_eq!(held(&[], 5), None);
        assert_eq!(held(&[own(Some(10))], 5), Some((Some(10), None)));
        assert_eq!(held(&[own(Some(10))], 10), None, "it is over");
        assert_eq!(held(&[own(Some(10)), tag("prod", Some(20))], 5), Some((Some(20), Some("prod".into()))));
        assert_eq!(held(&[tag("eu", Some(10)), own(Some(10))], 5), Some((Some(10), None)), "its own");
        assert_eq!(held(&[own(None), tag("prod", Some(20))], 5), Some((None, None)));
        assert_eq!(held(&[tag("test", None)], 5), None, "another tag");
        let all = Some("everything".to_owned());
        assert_eq!(held(&[own(Some(10)), everything(Some(20))], 5), Some((Some(20), all.clone())));
        assert_eq!(held(&[own(Some(10)), everything(Some(10))], 5), Some((Some(10), all)), "it comes first");
        assert_eq!(held(&[own(Some(20)), everything(Some(10))], 5), Some((Some(20), None)));
        assert_eq!(held(&[everything(Some(5))], 5), None, "it is over");
        let ended = [Paused { since: Time(2), ..everything(Some(5)) }];
        let was: Vec<i64> = (0..7).filter(|at| was_paused(&ended, Time(*at))).collect();
        assert_eq!(was, [2, 3, 4]);
    }
}
