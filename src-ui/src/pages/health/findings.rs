//! What was found: a line for each rule, and the findings of the one that is open.
//! Refuses to list more than a person reads: the inventory has all of them.

use crate::components::empty::Empty;
use crate::components::failure::Failure;
use crate::components::icon;
use crate::components::link::Link;
use crate::components::select::Select;
use crate::components::sync_manager::NoVcenter;
use crate::components::waive::Waive;
use crate::components::when::{Ago, local};
use crate::hooks::{go, replace, use_query, use_vcenter_service};
use crate::state::health::{self, Looking};
use crate::state::route::Route;
use crate::state::words::{grouped, shown};
use contract::VcenterId;
use contract::command::{AddWaiver, ListFindings, ShowOverview};
use contract::health::{Finding, Findings, Level, RuleCount, rule};
use contract::words;
use patternfly_yew::prelude::{Button, ButtonSize, ButtonVariant, Spinner};
use std::rc::Rc;
use yew::prelude::*;

/// Findings of one rule that are listed.
const MOST: usize = 200;

#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) looking: Looking,
}

/// The part of the page.
#[function_component]
pub(super) fn FindingsPart(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let looking = &props.looking;
    let answer = use_query(ListFindings { filter: looking.filter(MOST) });
    // What is there stays on screen until the next answer has come.
    let last = use_mut_ref(|| None::<Rc<Findings>>);
    if let Some(known) = &answer.value {
        last.replace(Some(known.clone()));
    }
    let is_waiting = answer.is_loading();
    let known = answer.value.clone().or_else(|| last.borrow().clone().filter(|_| is_waiting));
    let has_none = service.vcenters().is_some_and(|all| all.is_empty());
    let retry = Callback::from(move |()| service.refresh());
    let content = match (known, answer.error) {
        _ if has_none => html! { <NoVcenter /> },
        (Some(found), _) => html! { <Found {found} looking={looking.clone()} /> },
        (None, Some(error)) => html! { <Failure title="The findings could not be loaded" {error} {retry} /> },
        (None, None) => html! { <div class="muster-waiting"><Spinner aria_label="Loading findings" /></div> },
    };
    html! { <div id="findings" aria-busy={is_waiting.to_string()}>{ content }</div> }
}

#[derive(Clone, PartialEq, Properties)]
struct FoundProperties {
    found: Rc<Findings>,
    looking: Looking,
}

#[function_component]
fn Found(props: &FoundProperties) -> Html {
    let waiving = use_state_eq(|| None::<Finding>);
    let (found, looking) = (&props.found, &props.looking);
    let waive = {
        let waiving = waiving.clone();
        Callback::from(move |finding: Finding| waiving.set(Some(finding)))
    };
    let close = {
        let waiving = waiving.clone();
        Callback::from(move |()| waiving.set(None))
    };
    let is_narrowed = looking.vcenter.is_some() || looking.datacenter.is_some() || looking.level.is_some();
    let shown = found.rules.iter().filter(|one| looking.waived || !one.open.is_empty());
    let rows: Vec<Html> = shown
        .map(|one| {
            html! {
                <Rule key={one.rule.clone()} count={one.clone()} found={found.clone()} looking={looking.clone()} waive={waive.clone()} />
            }
        })
        .collect();
    html! {
        <>
            <Totals found={found.clone()} looking={looking.clone()} />
            <Filters looking={looking.clone()} />
            if !found.paused.is_empty() {
                <p class="muster-quiet">{ format!("Not checked, because paused: {}", found.paused.join(", ")) }</p>
            }
            if rows.is_empty() {
                <Empty icon="check-circle" title="No findings">
                    { if is_narrowed { "No finding that fits is open." } else { "Nothing that the rules look for is open in what was read so far." } }
                </Empty>
            } else {
                <table class="muster-findings" aria-label="Findings by rule">
                    <thead>
                        <tr>
                            <th scope="col" class="muster-findings__level">{ "Level" }</th>
                            <th scope="col">{ "Finding" }</th>
                            <th scope="col" class="muster-findings__count">{ "Count" }</th>
                            <th scope="col" class="muster-findings__since">{ "Since" }</th>
                            <td class="muster-findings__actions" />
                        </tr>
                    </thead>
                    { for rows }
                </table>
            }
            if let Some(finding) = &*waiving {
                <Waive rule={finding.rule.clone()} scopes={health::scopes(finding)} {close} />
            }
        </>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct TotalsProperties {
    found: Rc<Findings>,
    looking: Looking,
}

/// How many of each level.
#[function_component]
fn Totals(props: &TotalsProperties) -> Html {
    let total = |(level, count): (Level, usize)| {
        html! {
            <li key={level.name()} class="muster-total">
                <span class="muster-total__icon">{ icon::of_level(health::shade(level)) }</span>
                <span class="muster-total__number">
                    { grouped(count as i64) }
                    <span class="muster-total__title">{ words::level(level) }</span>
                </span>
            </li>
        }
    };
    html! {
        <ul class="muster-totals" role="list" aria-label="Open findings">{ for health::totals(&props.found).map(total) }</ul>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct FiltersProperties {
    looking: Looking,
}

#[function_component]
fn Filters(props: &FiltersProperties) -> Html {
    let looking = &props.looking;
    let vcenters = use_vcenter_service().vcenters().unwrap_or_default();
    let mut of = vec![(String::new(), "All vCenters".to_owned())];
    of.extend(vcenters.iter().map(|one| (one.id.to_string(), one.name.clone())));
    let levels = [("", "All levels"), ("warning", "Warnings and critical"), ("critical", "Critical only")];
    let levels = levels.map(|(value, words)| (value.to_owned(), words.to_owned())).to_vec();
    let waived = [("", "Open findings"), ("yes", "Open and waived findings")];
    let waived = waived.map(|(value, words)| (value.to_owned(), words.to_owned())).to_vec();
    let choosing = |change: fn(&mut Looking, String)| {
        let looking = looking.clone();
        Callback::from(move |value: String| {
            let mut looking = looking.clone();
            change(&mut looking, value);
            replace(&Route::Health(looking));
        })
    };
    html! {
        <div class="muster-toolbar" role="search" aria-label="Findings">
            <Select id="by-vcenter" class="muster-scope" aria_label="vCenter" options={of}
                chosen={looking.vcenter.as_ref().map(|id| id.to_string()).unwrap_or_default()}
                choose={choosing(|looking, id| {
                    looking.vcenter = (!id.is_empty()).then_some(VcenterId(id));
                    looking.datacenter = None;
                })} />
            if let Some(vcenter) = &looking.vcenter {
                <ByDatacenter looking={looking.clone()} vcenter={vcenter.clone()} />
            }
            <Select id="by-level" class="muster-scope" aria_label="Level" options={levels}
                chosen={looking.level.map(|level| level.name().to_owned()).unwrap_or_default()}
                choose={choosing(|looking, name| looking.level = Level::from_name(&name))} />
            <Select id="by-waived" class="muster-scope" aria_label="State" options={waived}
                chosen={if looking.waived { "yes" } else { "" }.to_owned()}
                choose={choosing(|looking, value| looking.waived = !value.is_empty())} />
        </div>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct ByDatacenterProperties {
    looking: Looking,
    vcenter: VcenterId,
}

/// The choice of a datacenter, where a vCenter has several or one is chosen.
#[function_component]
fn ByDatacenter(props: &ByDatacenterProperties) -> Html {
    let chosen = props.looking.datacenter.as_deref().unwrap_or_default().to_owned();
    let overview = use_query(ShowOverview {}).value;
    let of = overview.iter().flat_map(|all| &all.vcenters).find(|one| one.vcenter_id == props.vcenter);
    let named = of.into_iter().flat_map(|of| &of.datacenters);
    let mut options: Vec<_> = named.map(|one| (one.moref.to_string(), shown(&one.name))).collect();
    if !chosen.is_empty() && options.iter().all(|(moref, _)| *moref != chosen) {
        options.push((chosen.clone(), chosen.clone()));
    }
    if options.len() < 2 && chosen.is_empty() {
        return Html::default();
    }
    options.insert(0, (String::new(), "All datacenters".to_owned()));
    let choose = {
        let looking = props.looking.clone();
        Callback::from(move |moref: String| {
            let datacenter = (!moref.is_empty()).then(|| moref.as_str().into());
            replace(&Route::Health(Looking { datacenter, ..looking.clone() }));
        })
    };
    html! { <Select id="by-datacenter" class="muster-scope" aria_label="Datacenter" {options} {chosen} {choose} /> }
}

#[derive(Clone, PartialEq, Properties)]
struct RuleProperties {
    count: RuleCount,
    found: Rc<Findings>,
    looking: Looking,
    waive: Callback<Finding>,
}

/// A rule that found something, and what, where it is open.
#[function_component]
fn Rule(props: &RuleProperties) -> Html {
    let RuleProperties { count, found, looking, waive } = props;
    let of = rule(&count.rule);
    let title = of.map_or(count.rule.as_str(), |rule| rule.title);
    let is_open = looking.rule.as_deref() == Some(&count.rule);
    let toggle = {
        let next = Looking { rule: (!is_open).then(|| count.rule.clone()), ..looking.clone() };
        Callback::from(move |_: MouseEvent| go(&Route::Health(next.clone())))
    };
    let level = health::worst(&count.open);
    let open: usize = count.open.values().sum();
    let mut counted = grouped(open as i64);
    if looking.waived && count.waived > 0 {
        counted = format!("{counted} (+{} waived)", count.waived);
    }
    let findings: Vec<Finding> = if is_open {
        found.findings.iter().filter(|one| one.rule == count.rule).cloned().collect()
    } else {
        Vec::new()
    };
    let all = health::rows(&count.rule, count.threshold.as_deref(), looking);
    let details = format!("details-{}", count.rule);
    let more = open.saturating_sub(findings.iter().filter(|one| one.is_open()).count());
    html! {
        <tbody class={classes!(is_open.then_some("muster-findings--open"))} data-rule={count.rule.clone()}>
            <tr class="muster-findings__rule">
                <td class="muster-findings__level">
                    if let Some(level) = level {
                        { icon::of_level(health::shade(level)) }{ " " }{ words::level(level) }
                    } else {
                        { "Waived" }
                    }
                </td>
                <th scope="row">
                    <button type="button" class="muster-fold" onclick={toggle} aria-expanded={is_open.to_string()}
                        aria-controls={is_open.then(|| details.clone())}>
                        { icon::icon(if is_open { "angle-down" } else { "angle-right" }) }<span>{ title }</span>
                    </button>
                </th>
                <td class="muster-findings__count">{ counted }</td>
                <td class="muster-findings__since">
                    if let Some(since) = count.since { <Ago time={since} /> } else { { "\u{2013}" } }
                </td>
                <td class="muster-findings__actions">
                    if let Some(to) = all {
                        <Link {to}>{ if of.is_some_and(|rule| rule.kind().is_some()) { "Show in the inventory" } else { "Show vCenters" } }</Link>
                    }
                </td>
            </tr>
            if is_open {
                <tr id={details}>
                    <td colspan="5">
                        <p class="muster-words">{ of.map(|rule| rule.advice).unwrap_or_default() }</p>
                        <ul class="muster-found" role="list">
                            { for findings.iter().map(|one| html! { <One key={format!("{}{:?}", one.vcenter_id, one.moref)} finding={one.clone()} waive={waive.clone()} /> }) }
                        </ul>
                        if more > 0 {
                            <p class="muster-quiet">{ format!("And {} more. The inventory shows all rows that meet the conditions, waived ones too.", grouped(more as i64)) }</p>
                        }
                    </td>
                </tr>
            }
        </tbody>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct OneProperties {
    finding: Finding,
    waive: Callback<Finding>,
}

#[function_component]
fn One(props: &OneProperties) -> Html {
    let finding = &props.finding;
    let service = use_vcenter_service();
    let may = service.may::<AddWaiver>();
    let several = service.vcenters().is_some_and(|all| all.len() > 1) && finding.moref.is_some();
    let waive = {
        let (waive, finding) = (props.waive.clone(), finding.clone());
        Callback::from(move |_: MouseEvent| waive.emit(finding.clone()))
    };
    let covers = match finding.covers {
        0 => None,
        many => Some(words::counted(
            many,
            "finding that this explains is not listed",
            "findings that this explains are not listed",
        )),
    };
    html! {
        <li class="muster-found__one" data-object={finding.name.clone()}>
            <span class="muster-found__level" title={words::level(finding.level)}>{ icon::of_level(health::shade(finding.level)) }</span>
            <span class="muster-found__name">
                <Link to={health::place(finding)} title={finding.name.clone()}>{ shown(&finding.name) }</Link>
                if several { <span class="muster-quiet">{ format!(" {}", finding.vcenter) }</span> }
            </span>
            <span class="muster-found__value">{ words::finding(finding).map(|said| shown(&said)) }</span>
            <span class="muster-found__since">
                if let Some(since) = finding.since { <Ago time={since} /> }
            </span>
            <span class="muster-found__actions">
                if !finding.is_open() {
                    <span class="muster-quiet">
                        { finding.waived_until.map_or("Waived".to_owned(), |until| format!("Waived until {}", local(until))) }
                    </span>
                } else if may {
                    <Button variant={ButtonVariant::Link} size={ButtonSize::Small} onclick={waive} label="Waive…"
                        aria_label={format!("Waive: {}", finding.name)} />
                }
            </span>
            if let Some(covers) = covers { <span class="muster-found__more muster-quiet">{ covers }</span> }
        </li>
    }
}
