//! The frame around every page: masthead, navigation, banners, and the page itself.
//! Refuses to list a page that is not there.

use super::failure::{Alert, Failure};
use super::icon::icon;
use super::link::Link;
use super::running::Running;
use super::when::local;
use crate::hooks::{VcenterService, use_query, use_vcenter_service};
use crate::state::roles;
use crate::state::route::Route;
use crate::state::words::{self, Level, grouped};
use crate::state::world::World;
use contract::command::{PauseOfAll, Resume};
use contract::words::capital;
use contract::{Group, Kind, Role, Time, VcenterId, VcenterState, attention, network};
use patternfly_yew::prelude::{Button, ButtonSize, ButtonVariant};
use yew::prelude::*;

/// What stands in the frame.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct Properties {
    pub(crate) route: Route,
    pub(crate) children: Html,
}

/// Masthead, navigation and main area.
// patternfly-yew's own `Page` makes two landmarks called "main", which a screen reader announces as two pages.
#[function_component]
pub(crate) fn Frame(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let simulated = service.is_simulated();
    let title = format!("{}{}", props.route.title(), if simulated { " (simulated)" } else { "" });
    use_effect_with(title, |title| {
        if let Some(document) = web_sys::window().and_then(|window| window.document()) {
            document.set_title(&format!("{title} – Muster"));
        }
    });
    let compact = {
        let service = service.clone();
        Callback::from(move |_: MouseEvent| service.open_compact())
    };
    let skip = Callback::from(|event: MouseEvent| {
        event.prevent_default();
        super::keys::focus("main");
    });
    html! {
        <div class="pf-v6-c-page">
            <div class="pf-v6-c-skip-to-content">
                <a class="pf-v6-c-button pf-m-primary" href="#main" onclick={skip}>{ "Skip to content" }</a>
            </div>
            <header class="pf-v6-c-masthead">
                <div class="pf-v6-c-masthead__main">
                    <div class="pf-v6-c-masthead__brand muster-brand">
                        <img class="muster-brand__mark" src="muster.svg" alt="" />
                        <span class="muster-brand__name">{ "Muster" }</span>
                    </div>
                </div>
                <div class="pf-v6-c-masthead__content muster-masthead">
                    if simulated { <Simulated /> }
                    <Lowered />
                    <Running />
                    <button type="button" id="open-compact" class="pf-v6-c-button pf-m-plain pf-m-small" onclick={compact}
                        aria-label="Open the compact window" title="Open the compact window">
                        <span class="pf-v6-c-button__icon">{ icon("window-restore") }</span>
                    </button>
                </div>
            </header>
            <div class="pf-v6-c-page__sidebar pf-m-expanded">
                <div class="pf-v6-c-page__sidebar-body">
                    <Navigation route={props.route.clone()} />
                </div>
            </div>
            <div class="pf-v6-c-page__main-container pf-m-fill">
                <main class="pf-v6-c-page__main" id="main" tabindex="-1">
                    { outdated(&service) }
                    { no_network(&service) }
                    // On the page of vCenters each of them says it itself.
                    if !matches!(props.route, Route::Vcenters { .. }) {
                        { troubles(&service) }
                    }
                    <Pauses route={props.route.clone()} />
                    { props.children.clone() }
                </main>
            </div>
        </div>
    }
}

/// Says on every page that less can be done than by an admin, and leads to where that is changed.
#[function_component]
fn Lowered() -> Html {
    let shown = use_vcenter_service().role();
    let Some(role) = shown.map(|shown| shown.role).filter(|role| *role < Role::Admin) else {
        return Html::default();
    };
    let title = format!("This window is running as {}", role.name());
    html! {
        <Link id="role" class={classes!("muster-role")} to={Route::Settings} {title}>{ icon("user") }<span>{ roles::title(role) }</span></Link>
    }
}

/// Says on every page that nothing on it is real.
#[function_component]
fn Simulated() -> Html {
    let service = use_vcenter_service();
    let leave = Callback::from(move |_| service.explore(false));
    html! {
        <div class="muster-simulated" id="simulated">
            { icon("flask") }
            <span>{ "Simulated vCenters: nothing here is real" }</span>
            <Button variant={ButtonVariant::Secondary} size={ButtonSize::Small} onclick={leave}>{ "Leave" }</Button>
        </div>
    }
}

/// Says that what is on screen may be older than it seems, because the service could not say what is true now.
fn outdated(service: &VcenterService) -> Html {
    // Where the vCenters themselves are not known, the page says so.
    let error = service.see(|world| world.vcenters().value.and(world.outdated().cloned()));
    let Some(error) = error else { return Html::default() };
    let retry = {
        let service = service.clone();
        Callback::from(move |()| service.refresh())
    };
    html! {
        <section class="muster-banner" aria-label="Problem">
            <Failure title="The data shown may be out of date" {error} {retry} />
        </section>
    }
}

/// Says once for all vCenters that none can be reached.
fn no_network(service: &VcenterService) -> Html {
    let gone = service.see(|world| network::is_gone_since(world.statuses()?));
    let Some(since) = gone else { return Html::default() };
    let title = format!("{}, since {}", contract::words::NO_NETWORK, local(since));
    html! {
        <section class="muster-banner" aria-label="No network">
            <Alert level={Level::Warning} {title}>
                { "Cached data stays available, with its age. Automatic work resumes when a vCenter can be reached." }
            </Alert>
        </section>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct PausesProperties {
    route: Route,
}

/// Says that nothing is done automatically, or on which vCenters.
#[function_component]
fn Pauses(props: &PausesProperties) -> Html {
    let service = use_vcenter_service();
    let everything = use_query(PauseOfAll {}).value.and_then(|pause| (*pause).clone());
    let title = service.see({
        let everything = everything.clone();
        move |world| {
            everything.as_ref().map(|pause| capital(&contract::words::everything_paused(pause, world.now)))
        }
    });
    if let Some(title) = title {
        let may = service.may::<Resume>();
        let resume = Callback::from(move |_: MouseEvent| service.resume(Group::All));
        let action = html! {
            if may {
                <button type="button" id="resume-all" class="pf-v6-c-button pf-m-link pf-m-inline" onclick={resume}>
                    { "Resume all" }
                </button>
            }
        };
        return html! {
            <section class="muster-banner" aria-label="Pause">
                <Alert level={Level::Info} {title} {action}>
                    { "Schedules, policies and automatic refreshes start nothing. What you start yourself runs." }
                </Alert>
            </section>
        };
    }
    // On the page of vCenters each of them says it itself.
    if matches!(props.route, Route::Vcenters { .. }) {
        return Html::default();
    }
    let Some(title) = service.see(paused) else { return Html::default() };
    html! {
        <section class="muster-banner" aria-label="Paused vCenters">
            <Alert level={Level::Info} {title} action={to_the_vcenters(&service, "Show")}>
                { "Nothing runs on them automatically." }
            </Alert>
        </section>
    }
}

/// A link to their page, for who may open it.
fn to_the_vcenters(service: &VcenterService, words: &'static str) -> Html {
    if !service.may_open(&Route::vcenters()) {
        return Html::default();
    }
    html! { <Link to={Route::vcenters()}>{ words }</Link> }
}

fn paused(world: &World) -> Option<String> {
    let paused = world.statuses()?.iter().filter(|status| status.state == VcenterState::Paused);
    let names: Vec<&str> = paused.map(|status| status.vcenter.as_str()).collect();
    (!names.is_empty()).then(|| format!("Paused: {}", some_of(&names)))
}

/// The first few names.
fn some_of(names: &[&str]) -> String {
    let more = if names.len() > 3 { format!(" and {} more", names.len() - 3) } else { String::new() };
    format!("{}{more}", names.iter().take(3).copied().collect::<Vec<_>>().join(", "))
}

/// What cannot be reached or used, and since when.
fn troubles(service: &VcenterService) -> Html {
    let Some(title) = service.see(trouble) else { return Html::default() };
    let action = to_the_vcenters(service, "See why");
    html! {
        <section class="muster-banner" aria-label="Connection problems">
            <Alert level={Level::Warning} {title} {action}>
                { "Cached data stays available, with its age." }
            </Alert>
        </section>
    }
}

/// Which vCenters cannot be reached or used, in a line.
fn trouble(world: &World) -> Option<String> {
    let troubled: Vec<_> = world.troubled().filter(|status| !attention::is_away_with_all(status)).collect();
    let first = troubled.first()?;
    Some(match troubled.len() {
        1 => {
            let (word, _) = words::state(first.state);
            let is_past = |since: &Time| words::age(*since, world.now).is_some();
            let since = first.since.filter(is_past);
            let since = since.map(|since| format!(" since {}", local(since))).unwrap_or_default();
            format!("{}: {}{since}", first.vcenter, words::within_a_sentence(word))
        }
        many => {
            let names: Vec<&str> = troubled.iter().map(|status| status.vcenter.as_str()).collect();
            format!("{many} vCenters are not available: {}", some_of(&names))
        }
    })
}

#[derive(Clone, PartialEq, Properties)]
struct NavigationProperties {
    route: Route,
}

#[function_component]
fn Navigation(props: &NavigationProperties) -> Html {
    let service = use_vcenter_service();
    let scope = match &props.route {
        Route::Inventory(view) => view.vcenter.clone(),
        _ => None,
    };
    let counts = service.see(move |world| counts(world, scope.as_ref()));
    let vcenters = service.see(|world| world.vcenters().value.map(|all| all.len()));
    let kinds = Kind::LISTED.into_iter().enumerate().map(|(position, kind)| {
        let (to, is_current) = match &props.route {
            Route::Inventory(view) => (Route::Inventory(Box::new(view.other_kind(kind))), view.kind == kind),
            _ => (Route::kind(kind), false),
        };
        html! {
            <Item {to} {is_current} icon={icon_of(kind)} title={kind.title()}
                count={counts.map(|counts| grouped(counts[position] as i64))} />
        }
    });
    html! {
        <nav class="pf-v6-c-nav" aria-label="Pages">
            <ul class="pf-v6-c-nav__list" role="list">
                <Item to={Route::Overview} is_current={props.route == Route::Overview} icon="tachometer-alt"
                    title="Overview" />
                <Item to={Route::health()} is_current={matches!(props.route, Route::Health(_))} icon="heartbeat"
                    title="Health" />
                <Item to={Route::vcenters()} is_current={matches!(props.route, Route::Vcenters { .. })}
                    icon="server" title="vCenters"
                    count={vcenters.map(|many| grouped(many as i64))} />
                <Item to={Route::Credentials { dialog: None }}
                    is_current={matches!(props.route, Route::Credentials { .. })} icon="key" title="Credentials" />
                <Item to={Route::operations()} is_current={matches!(props.route, Route::Operations(_))}
                    icon="tasks" title="Operations" />
                <Item to={Route::analytics()} is_current={matches!(props.route, Route::Analytics(_))}
                    icon="chart-line" title="Analytics" />
            </ul>
            <section class="pf-v6-c-nav__section" aria-labelledby="nav-inventory">
                <h2 class="pf-v6-c-nav__section-title muster-nav__section" id="nav-inventory"><span>{ "Inventory" }</span></h2>
                <ul class="pf-v6-c-nav__list" role="list">{ for kinds }</ul>
            </section>
            <section class="pf-v6-c-nav__section" aria-label="Muster">
                <ul class="pf-v6-c-nav__list" role="list">
                    <Item to={Route::Jobs(None)} is_current={matches!(props.route, Route::Jobs(_))} icon="calendar-check"
                        title="Jobs" />
                    <Item to={Route::discovery()} is_current={matches!(props.route, Route::Discovery(_))} icon="binoculars"
                        title="Discovery" />
                    <Item to={Route::audit()} is_current={matches!(props.route, Route::Audit(_))} icon="clipboard-list"
                        title="Audit" />
                    <Item to={Route::Settings} is_current={props.route == Route::Settings} icon="cog" title="Settings" />
                </ul>
            </section>
        </nav>
    }
}

/// How many objects of each kind there are, as far as that is known.
fn counts(world: &World, scope: Option<&VcenterId>) -> Option<[u64; Kind::LISTED.len()]> {
    let own = |id: &VcenterId| scope.is_none_or(|scope| scope == id);
    let own: Vec<_> = world.statuses()?.iter().filter(|status| own(&status.vcenter_id)).collect();
    let of = |kind: Kind| own.iter().filter_map(|status| status.counts.get(&kind.key())).sum();
    Some(Kind::LISTED.map(of))
}

#[derive(Clone, PartialEq, Properties)]
struct ItemProperties {
    to: Route,
    is_current: bool,
    icon: AttrValue,
    title: AttrValue,
    #[prop_or_default]
    count: Option<String>,
}

/// An entry, for who may open its page. Until the role is known its place is kept: nothing moves when it is.
#[function_component]
fn Item(props: &ItemProperties) -> Html {
    let shown = use_vcenter_service().role();
    if shown.is_some_and(|shown| shown.role < props.to.role()) {
        return Html::default();
    }
    let is_unknown = shown.is_none() && props.to.role() > Role::Viewer;
    // Where the window is narrow only the icon is seen, and the words where the pointer rests.
    let tip = match &props.count {
        Some(count) => format!("{} ({count})", props.title),
        None => props.title.to_string(),
    };
    html! {
        <li class={classes!("pf-v6-c-nav__item", is_unknown.then_some("muster-unseen"))}>
            <a class={classes!("pf-v6-c-nav__link", props.is_current.then_some("pf-m-current"))}
                href={props.to.to_string()} aria-current={props.is_current.then_some("page")} title={tip}>
                <span class="pf-v6-c-nav__link-icon">{ icon(&props.icon) }</span>
                <span class="pf-v6-c-nav__link-text muster-nav__text">
                    <span>{ props.title.clone() }</span>
                    if let Some(count) = &props.count {
                        <span class="muster-nav__count">{ count }</span>
                    }
                </span>
            </a>
        </li>
    }
}

/// The icon of a kind.
pub(crate) fn icon_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Datacenters => "building",
        Kind::Clusters => "cubes",
        Kind::Hosts | Kind::StandaloneHosts => "server",
        Kind::Vms => "desktop",
        Kind::Datastores => "database",
        Kind::Networks => "network-wired",
        Kind::ResourcePools => "layer-group",
        Kind::Folders => "folder",
        Kind::Snapshots => "camera",
    }
}
