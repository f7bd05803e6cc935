//! The form of a rule: from when on it reports something, and how bad that is, for everything, a tag, a vCenter or a cluster.
//! Refuses to change what it doesn't show: each scope has levels of its own.

use crate::components::configuration::field::Field;
use crate::components::dialog::Dialog;
use crate::components::select::Select;
use crate::hooks::{use_clusters, use_command, use_vcenter_service};
use crate::state::toasts::Toast;
use contract::VcenterId;
use contract::command::SetLimits;
use contract::health::{Level, Levels, Limits, Rule, Scope, rule};
use contract::words;
use patternfly_yew::prelude::{Button, ButtonVariant};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// The rule, and what is set.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) id: &'static str,
    pub(super) limits: Rc<Vec<Limits>>,
    pub(super) close: Callback<()>,
}

/// The form.
#[function_component]
pub(super) fn LimitsForm(props: &Properties) -> Html {
    let scope = use_state_eq(|| Scope::All);
    let typed = use_state_eq(|| None::<Levels>);
    let Some(rule) = rule(props.id) else { return Html::default() };
    let set = props.limits.iter().find(|one| one.rule == rule.id && one.scope == *scope);
    let before = set.map_or_else(|| rule.defaults(), |one| one.levels.clone());
    let levels = (*typed).clone().unwrap_or_else(|| before.clone());
    let done = |what: &'static str, close: Callback<()>| {
        move |service: &crate::hooks::VcenterService, ()| {
            service.toast(Toast::done(format!("{}: {what}", rule.title), ""));
            close.emit(());
        }
    };
    let save = SetLimits { rule: rule.id.to_owned(), scope: (*scope).clone(), levels: Some(levels.clone()) };
    let save = use_command(save, "Not saved", done("saved", props.close.clone()));
    let reset = SetLimits { rule: rule.id.to_owned(), scope: (*scope).clone(), levels: None };
    let reset = use_command(reset, "Not reset", done("reset", props.close.clone()));
    let choose = {
        let (scope, typed) = (scope.clone(), typed.clone());
        Callback::from(move |chosen: Scope| {
            scope.set(chosen);
            typed.set(None);
        })
    };
    let change = {
        let typed = typed.clone();
        Callback::from(move |levels: Levels| typed.set(Some(levels)))
    };
    let is_busy = save.is_under_way || reset.is_under_way;
    let actions = html! {
        <>
            <Button id="limits-save" variant={ButtonVariant::Primary} disabled={is_busy || (typed.is_none() && set.is_some())}
                onclick={save.start.reform(|_: MouseEvent| ())} label="Save" />
            if set.is_some() {
                <Button id="limits-reset" variant={ButtonVariant::Secondary} disabled={is_busy}
                    onclick={reset.start.reform(|_: MouseEvent| ())} label="Reset to default" />
            }
            <Button variant={ButtonVariant::Link} onclick={props.close.reform(|_: MouseEvent| ())} label="Cancel" />
        </>
    };
    html! {
        <Dialog title={rule.title} close={props.close.clone()} {actions} is_filled={typed.as_ref().is_some_and(|typed| *typed != before)}>
            <p class="muster-words">{ rule.advice }</p>
            <div class="pf-v6-c-form">
                <Scopes {choose} />
                { fields(rule, &levels, &change) }
            </div>
            <p class="muster-quiet">
                { format!("By default: {}. The narrowest setting holds: a cluster's before its vCenter's, that before a tag's.", words::levels(&rule.defaults(), rule)) }
            </p>
        </Dialog>
    }
}

/// A value for each level, or the one level of a rule that has no values.
fn fields(rule: &'static Rule, levels: &Levels, change: &Callback<Levels>) -> Html {
    if !rule.has_values() {
        let options =
            [("", "Off"), ("critical", "Critical"), ("warning", "Warning"), ("information", "Information")];
        let options = options.map(|(value, words)| (value.to_owned(), words.to_owned())).to_vec();
        let chosen = levels.keys().next_back().map(|level| level.name().to_owned()).unwrap_or_default();
        let choose = change.reform(|name: String| {
            Level::from_name(&name).map(|level| (level, String::new())).into_iter().collect::<Levels>()
        });
        return html! {
            <Field id="limits-level" label="Level"><Select id="limits-level" {options} {chosen} {choose} /></Field>
        };
    }
    let field = |level: Level| {
        let id = format!("limits-{}", level.name());
        let oninput = {
            let (levels, change) = (levels.clone(), change.clone());
            Callback::from(move |event: InputEvent| {
                let field = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
                let value = field.map(|field| field.value().trim().to_owned()).unwrap_or_default();
                let mut levels = levels.clone();
                if value.is_empty() {
                    levels.remove(&level)
                } else {
                    levels.insert(level, value)
                };
                change.emit(levels);
            })
        };
        let value = levels.get(&level).cloned().unwrap_or_default();
        html! {
            <Field key={level.name()} id={id.clone()} label={words::level(level)} help="Leave it blank to report nothing of this level.">
                <span class="pf-v6-c-form-control">
                    <input {id} type="text" {value} {oninput} aria-describedby={format!("limits-{}-said", level.name())} />
                </span>
            </Field>
        }
    };
    html! { <>{ for Level::ALL.map(field) }</> }
}

#[derive(Clone, PartialEq, Properties)]
struct ScopesProperties {
    choose: Callback<Scope>,
}

/// What the levels are for.
#[function_component]
fn Scopes(props: &ScopesProperties) -> Html {
    let group = use_state_eq(String::new);
    let service = use_vcenter_service();
    let vcenters = service.vcenters().unwrap_or_default();
    let mut tags: Vec<String> = vcenters.iter().flat_map(|one| one.settings.tags.clone()).collect();
    tags.sort();
    tags.dedup();
    let mut options = vec![(String::new(), "Everything".to_owned())];
    options.extend(tags.iter().map(|tag| (format!("tag {tag}"), format!("vCenters with tag {tag}"))));
    options.extend(vcenters.iter().map(|one| (format!("vc {}", one.id), one.name.clone())));
    let vcenter = group.strip_prefix("vc ").map(|id| VcenterId(id.to_owned()));
    let choose = {
        let (group, choose) = (group.clone(), props.choose.clone());
        Callback::from(move |value: String| {
            choose.emit(match (value.strip_prefix("tag "), value.strip_prefix("vc ")) {
                (Some(tag), _) => Scope::Tag { tag: tag.to_owned() },
                (_, Some(id)) => Scope::Vcenter { vcenter: VcenterId(id.to_owned()) },
                _ => Scope::All,
            });
            group.set(value);
        })
    };
    html! {
        <>
            <Field id="limits-scope" label="Applies to">
                <Select id="limits-scope" {options} chosen={(*group).clone()} {choose} />
            </Field>
            if let Some(vcenter) = vcenter {
                <Clusters key={vcenter.to_string()} vcenter={vcenter.clone()} choose={props.choose.clone()} />
            }
        </>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct ClustersProperties {
    vcenter: VcenterId,
    choose: Callback<Scope>,
}

/// A cluster of the vCenter, or all of it.
#[function_component]
fn Clusters(props: &ClustersProperties) -> Html {
    let chosen = use_state_eq(String::new);
    let clusters = use_clusters(&props.vcenter).unwrap_or_default();
    let mut options = vec![(String::new(), "All of it".to_owned())];
    options.extend(clusters.iter().map(|one| (one.moref.to_string(), one.name.clone())));
    let choose = {
        let (vcenter, choose, chosen) = (props.vcenter.clone(), props.choose.clone(), chosen.clone());
        Callback::from(move |moref: String| {
            let vcenter = vcenter.clone();
            choose.emit(match moref.is_empty() {
                true => Scope::Vcenter { vcenter },
                false => Scope::Cluster { vcenter, moref: moref.clone().into() },
            });
            chosen.set(moref);
        })
    };
    html! {
        <Field id="limits-cluster" label="Cluster">
            <Select id="limits-cluster" {options} chosen={(*chosen).clone()} {choose} />
        </Field>
    }
}
