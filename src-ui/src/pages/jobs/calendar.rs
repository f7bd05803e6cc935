//! What runs in the next days by itself, day by day, and the button that pauses all of it.
//! Refuses to compute a time: the service does, for every client alike.

use crate::components::failure::Failure;
use crate::components::keys;
use crate::components::link::Link;
use crate::components::moment;
use crate::hooks::{go, use_query, use_vcenter_service};
use crate::state::jobs::OfJob;
use crate::state::route::Route;
use crate::state::words;
use contract::command::{Pause, PauseOfAll, ShowCalendar};
use contract::words::counted;
use contract::{Calendar, CalendarDay, CalendarJob, CalendarRun};
use patternfly_yew::prelude::{Button, ButtonVariant};
use yew::prelude::*;

/// The days that are shown.
const DAYS: u32 = 7;

/// Runs of a day that are shown before all of them are asked for.
const SHOWN: usize = 6;

/// The button that pauses everything; every page says how that is ended.
#[function_component]
pub(super) fn PauseAll() -> Html {
    let service = use_vcenter_service();
    let is_paused = use_query(PauseOfAll {}).value.is_none_or(|pause| pause.is_some());
    let pause = Callback::from(|_: MouseEvent| go(&Route::Jobs(Some(OfJob::PauseAll))));
    html! {
        if !is_paused && service.may::<Pause>() {
            <Button id="pause-all" variant={ButtonVariant::Secondary} onclick={pause} label="Pause all\u{2026}" />
        }
    }
}

/// The days.
#[function_component]
pub(super) fn CalendarStrip() -> Html {
    let answer = use_query(ShowCalendar { days: DAYS });
    let is_whole = use_state_eq(|| false);
    // A page that stays open over midnight.
    let today = use_vcenter_service().see(|world| moment::day(world.now));
    let calendar = match (answer.value, answer.error) {
        (Some(calendar), _) => calendar,
        (None, Some(error)) => return html! { <Failure title="The next runs could not be loaded" {error} /> },
        (None, None) => return Html::default(),
    };
    let days: Vec<&CalendarDay> = calendar.days.iter().filter(|day| day.date >= today).collect();
    let hidden: usize = days.iter().map(|day| day.runs.len().saturating_sub(SHOWN)).sum();
    let toggle = {
        let is_whole = is_whole.clone();
        Callback::from(move |_: MouseEvent| {
            is_whole.set(!*is_whole);
            // Where the list becomes short, what stands below it moves up.
            keys::reveal("jobs-calendar");
        })
    };
    let most = if *is_whole { usize::MAX } else { SHOWN };
    html! {
        <section aria-labelledby="jobs-calendar">
            <h2 class="pf-v6-c-title pf-m-lg" id="jobs-calendar">{ "Next 7 days" }</h2>
            if is_empty(&calendar) {
                <p class="muster-quiet">
                    { match &calendar.pause {
                        Some(pause) if pause.until.is_none() => "Nothing runs while everything is paused.",
                        _ => "Nothing runs at a known time.",
                    } }
                </p>
            } else {
                // It scrolls where the window is narrow, so it can be focused.
                <ol class="muster-calendar" id="calendar" role="list" tabindex="0" aria-labelledby="jobs-calendar">
                    { for days.into_iter().map(|one| day(one, one.date == today, most)) }
                </ol>
                if hidden > 0 {
                    <button type="button" class="pf-v6-c-button pf-m-link pf-m-inline" onclick={toggle}
                        aria-expanded={is_whole.to_string()} aria-controls="calendar">
                        { if *is_whole { "Show fewer".to_owned() } else { format!("Show {hidden} more") } }
                    </button>
                }
                if !calendar.often.is_empty() {
                    <p class="muster-quiet muster-words" id="calendar-often">
                        { "More often than hourly: " }
                        { for calendar.often.iter().enumerate().map(|(number, one)| html! {
                            <>
                                if number > 0 { { ", " } }
                                { job(&one.job, &one.reason) }
                                { format!(" ({})", one.reason) }
                            </>
                        }) }
                    </p>
                }
            }
        </section>
    }
}

fn is_empty(calendar: &Calendar) -> bool {
    calendar.often.is_empty() && calendar.days.iter().all(|day| day.runs.is_empty())
}

fn day(day: &CalendarDay, is_today: bool, most: usize) -> Html {
    let left = day.runs.len().saturating_sub(most);
    html! {
        <li class="muster-calendar__day" key={day.date.clone()}>
            <h3 class="muster-calendar__title">
                <time datetime={day.date.clone()}>{ &day.title }</time>
                if is_today { <span class="muster-quiet">{ " today" }</span> }
            </h3>
            if day.runs.is_empty() {
                <span class="muster-quiet">{ "Nothing" }</span>
            }
            <ul role="list">{ for day.runs.iter().take(most).map(run) }</ul>
            if left > 0 {
                <span class="muster-quiet">{ format!("{left} more") }</span>
            }
        </li>
    }
}

fn run(run: &CalendarRun) -> Html {
    let more = usize::try_from(run.more).unwrap_or(usize::MAX);
    html! {
        <li class={classes!("muster-calendar__run", (more > 0).then_some("muster-calendar__run--more"))}>
            <time datetime={run.at.to_string()}>{ &run.local }</time>{ " " }
            { job(&run.job, &run.reason) }
            if more > 0 {
                <span class="muster-quiet" title={format!("{} on this day", counted(more + 1, "run", "runs"))}>
                    { format!(" +{more}") }
                </span>
            }
        </li>
    }
}

/// What runs, which leads to its form.
fn job(job: &CalendarJob, reason: &str) -> Html {
    let dialog = match (&job.policy, &job.schedule) {
        (Some(policy), _) => OfJob::Edit(policy.clone()),
        (None, Some(schedule)) => OfJob::Schedule(schedule.clone()),
        (None, None) => return Html::default(),
    };
    let title = words::shown(&format!("{} \u{b7} {} \u{b7} {reason}", job.name, job.what));
    html! {
        <Link to={Route::Jobs(Some(dialog))} {title}>{ words::shown(&job.name) }</Link>
    }
}
