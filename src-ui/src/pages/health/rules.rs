//! The rules: what each looks for, from when on it reports, and for what that is set.
//! Refuses to hide a rule that is off.

use super::limits::LimitsForm;
use crate::components::failure::Failure;
use crate::hooks::{go, replace, use_query, use_vcenter_service};
use crate::state::health::{Looking, Part};
use crate::state::route::Route;
use contract::command::{ListLimits, SetLimits};
use contract::health::{Limits, RULES, Rule, Scope, rule};
use contract::words;
use patternfly_yew::prelude::{Button, ButtonSize, ButtonVariant, Spinner};
use std::rc::Rc;
use yew::prelude::*;

#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) looking: Looking,
}

/// The part of the page.
#[function_component]
pub(super) fn RulesPart(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let answer = use_query(ListLimits {});
    let is_waiting = answer.is_loading();
    let retry = {
        let service = service.clone();
        Callback::from(move |()| service.refresh())
    };
    let may = service.may::<SetLimits>();
    let content = match (answer.value.clone(), answer.error) {
        (Some(limits), _) => {
            let rows = RULES
                .iter()
                .map(|rule| html! { <Row key={rule.id} id={rule.id} limits={limits.clone()} {may} /> });
            html! {
                <table class="muster-findings muster-rules" aria-label="Rules">
                    <thead>
                        <tr>
                            <th scope="col">{ "Rule" }</th>
                            <th scope="col">{ "Looks at" }</th>
                            <th scope="col">{ "Reports" }</th>
                            <td class="muster-findings__actions" />
                        </tr>
                    </thead>
                    <tbody>{ for rows }</tbody>
                </table>
            }
        }
        (None, Some(error)) => html! { <Failure title="The rules could not be loaded" {error} {retry} /> },
        (None, None) => html! { <div class="muster-waiting"><Spinner aria_label="Loading rules" /></div> },
    };
    let close =
        Callback::from(|()| replace(&Route::Health(Looking { part: Part::Rules, ..Looking::default() })));
    let edited = props.looking.rule.as_deref().and_then(rule).filter(|_| may).zip(answer.value);
    html! {
        <div id="rules" aria-busy={is_waiting.to_string()}>
            { content }
            if let Some((rule, limits)) = edited {
                <LimitsForm key={rule.id} id={rule.id} {limits} {close} />
            }
        </div>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct RowProperties {
    id: &'static str,
    limits: Rc<Vec<Limits>>,
    may: bool,
}

#[function_component]
fn Row(props: &RowProperties) -> Html {
    let Some(rule) = rule(props.id) else { return Html::default() };
    let vcenters = use_vcenter_service().vcenters().unwrap_or_default();
    let named = |id: &contract::VcenterId| {
        vcenters.iter().find(|one| one.id == *id).map_or_else(|| id.to_string(), |one| one.name.clone())
    };
    let set: Vec<&Limits> = props.limits.iter().filter(|one| one.rule == rule.id).collect();
    let everywhere = set.iter().find(|one| one.scope == Scope::All);
    let levels = everywhere.map_or_else(|| rule.defaults(), |one| one.levels.clone());
    let others = set.iter().filter(|one| one.scope != Scope::All).map(|one| {
        let (of, levels) = (words::scope(&one.scope, named), words::levels(&one.levels, rule));
        html! { <li key={of.clone()}>{ format!("{of}: {levels}") }</li> }
    });
    let edit = Callback::from(move |_: MouseEvent| {
        go(&Route::Health(Looking {
            part: Part::Rules,
            rule: Some(rule.id.to_owned()),
            ..Looking::default()
        }));
    });
    html! {
        <tr data-rule={rule.id}>
            <th scope="row">
                { rule.title }
                <div class="muster-quiet muster-rules__advice">{ rule.advice }</div>
            </th>
            <td>{ kind(rule) }</td>
            <td>
                { words::capital(&words::levels(&levels, rule)) }
                if everywhere.is_some() { <span class="muster-quiet">{ " (changed)" }</span> }
                <ul class="muster-rules__others" role="list">{ for others }</ul>
            </td>
            <td class="muster-findings__actions">
                if props.may {
                    <Button variant={ButtonVariant::Link} size={ButtonSize::Small} onclick={edit} label="Edit…"
                        aria_label={format!("Edit: {}", rule.title)} />
                }
            </td>
        </tr>
    }
}

fn kind(rule: &Rule) -> &'static str {
    rule.kind().map_or("vCenters", contract::Kind::title)
}
