//! The form of one condition: ready-made ones, or a column, an operator and a value.
//! Refuses a value that doesn't fit, and says what would.

use crate::components::icon::icon;
use crate::components::keys::focus;
use crate::components::select::Select;
use crate::state::filters::{choices, columns_of, example, ready};
use contract::columns::{self, Column};
use contract::{Condition, Kind, Operator};
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, KeyboardEvent, MouseEvent, SubmitEvent};
use yew::prelude::*;

/// A value that is nothing, and one that is something, as they stand among the operators.
const EMPTY: &str = "empty";
const NOT_EMPTY: &str = "not-empty";

/// The condition, and what becomes of it.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) kind: Kind,
    /// The one that is changed; `None` for a new one.
    pub(super) old: Option<Condition>,
    /// Takes the conditions in the place of the old one.
    pub(super) apply: Callback<Vec<Condition>>,
    pub(super) close: Callback<()>,
}

/// The form.
#[function_component]
pub(super) fn Editor(props: &Properties) -> Html {
    let columns = columns_of(props.kind);
    let named = |name: &str| columns::of(props.kind).column(name);
    let old = props.old.as_ref();
    let column = use_state_eq(|| {
        old.map_or("name".to_owned(), |old| named(&old.column).map_or_else(String::new, |c| c.id.to_string()))
    });
    let operator = use_state_eq(|| old.map(sign));
    let value = use_state_eq(|| old.map_or_else(String::new, |old| old.value.clone()));
    let wrong = use_state_eq(|| None::<String>);
    let (is_old, kind) = (old.is_some(), props.kind);
    use_effect_with((), move |()| {
        focus(match (is_old, ready(kind).is_empty()) {
            (true, _) => "filter-value",
            (false, true) => "filter-column",
            (false, false) => "filter-ready-0",
        });
    });
    let chosen = named(&column).or(columns.first().copied());
    let Some(chosen) = chosen else { return Html::default() };
    let operators = operators(chosen);
    let sign = (*operator).clone().filter(|sign| operators.iter().any(|(one, _)| one == sign));
    let sign = sign.unwrap_or_else(|| operators[0].0.clone());
    let submit = {
        let (props, sign, value, wrong) = (props.clone(), sign.clone(), value.clone(), wrong.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let choices = offered(chosen, &sign);
            let value = if choices.is_empty() { value.trim().to_owned() } else { known(&choices, &value) };
            let condition = condition(chosen, &sign, &value);
            match condition.on(props.kind) {
                Ok(_) => props.apply.emit(vec![condition]),
                Err(error) => wrong.set(Some(error.next_step.unwrap_or(error.message))),
            }
        })
    };
    let close = props.close.clone();
    let onkeydown = {
        let close = close.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                event.prevent_default();
                close.emit(());
            }
        })
    };
    let away = close.reform(|event: MouseEvent| event.prevent_default());
    let choose_column = {
        let (column, value, wrong) = (column.clone(), value.clone(), wrong.clone());
        Callback::from(move |id: String| {
            column.set(id);
            value.set(String::new());
            wrong.set(None);
        })
    };
    let choose_operator = Callback::from(move |sign: String| operator.set(Some(sign)));
    let title = if old.is_some() { "Change filter" } else { "Add filter" };
    html! {
        <>
            <div class="muster-away" onmousedown={away} />
            <div class="muster-popover" id="filter-editor" role="dialog" aria-label={title} {onkeydown}>
                if old.is_none() { { offers(props) } }
                <form class="muster-condition" onsubmit={submit} autocomplete="off">
                    <Select id="filter-column" aria_label="Column" choose={choose_column} chosen={chosen.id.to_string()}
                        options={columns.iter().map(|c| (c.id.to_string(), c.title.to_string())).collect::<Vec<_>>()} />
                    <Select id="filter-operator" aria_label="Operator" options={operators} chosen={sign.clone()}
                        choose={choose_operator} />
                    if sign != EMPTY && sign != NOT_EMPTY { { field(chosen, &sign, &value, wrong.is_some()) } }
                    <button type="submit" class="pf-v6-c-button pf-m-primary">{ if old.is_some() { "Apply" } else { "Add" } }</button>
                    if let Some(wrong) = &*wrong {
                        <p class="muster-condition__wrong" id="filter-wrong" role="alert">
                            { icon("exclamation-circle") }{ " " }{ wrong }
                        </p>
                    }
                </form>
            </div>
        </>
    }
}

/// The questions that are asked most.
fn offers(props: &Properties) -> Html {
    let offers = ready(props.kind);
    if offers.is_empty() {
        return Html::default();
    }
    let items = offers.into_iter().enumerate().map(|(position, (title, conditions))| {
        let apply = props.apply.reform(move |_: MouseEvent| conditions.clone());
        html! {
            <button type="button" id={format!("filter-ready-{position}")} class="muster-context__item" onclick={apply}>
                { icon("filter") }<span>{ title }</span>
            </button>
        }
    });
    html! { <div class="muster-popover__offers">{ for items }</div> }
}

/// Where the value is typed or chosen.
fn field(column: &'static Column, sign: &str, value: &UseStateHandle<String>, is_wrong: bool) -> Html {
    let choices = offered(column, sign);
    if !choices.is_empty() {
        let chosen = known(&choices, value);
        let set = value.clone();
        let choose = Callback::from(move |new: String| set.set(new));
        return html! { <Select id="filter-value" aria_label="Value" options={choices} {chosen} {choose} /> };
    }
    let set = value.clone();
    let oninput = Callback::from(move |event: InputEvent| {
        if let Some(input) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) {
            set.set(input.value());
        }
    });
    let example = operator(column, sign).map(|operator| example(column, operator)).unwrap_or_default();
    let example = if example.is_empty() { "Value".to_owned() } else { format!("Such as {example}") };
    html! {
        <span class={classes!("pf-v6-c-form-control", is_wrong.then_some("pf-m-error"))}>
            <input id="filter-value" type="text" value={(**value).clone()} {oninput} placeholder={example} aria-label="Value"
                aria-invalid={is_wrong.to_string()} aria-describedby={is_wrong.then_some("filter-wrong")} spellcheck="false" />
        </span>
    }
}

/// The values to choose from with this operator.
fn offered(column: &Column, sign: &str) -> Vec<(String, String)> {
    match operator(column, sign) {
        Some(Operator::Is | Operator::IsNot) => choices(column),
        _ => Vec::new(),
    }
}

/// The value that is chosen: the first, as long as nobody chose.
fn known(choices: &[(String, String)], value: &str) -> String {
    // Typed ones may be in any case, and in the words of people.
    let is_it = |one: &str| one.to_lowercase() == value.to_lowercase();
    let chosen = choices.iter().find(|(one, word)| is_it(one) || is_it(word)).unwrap_or(&choices[0]);
    chosen.0.clone()
}

/// The operators of a column by their signs, in words.
fn operators(column: &'static Column) -> Vec<(String, String)> {
    let own = Condition::operators(column).into_iter();
    let own = own.map(|operator| (operator.sign().to_owned(), operator.words(column).to_owned()));
    let empty = [(EMPTY, "is empty"), (NOT_EMPTY, "is not empty")];
    own.chain(empty.map(|(sign, words)| (sign.to_owned(), words.to_owned()))).collect()
}

fn operator(column: &Column, sign: &str) -> Option<Operator> {
    Condition::operators(column).into_iter().find(|operator| operator.sign() == sign)
}

/// The sign of a condition among the operators.
fn sign(condition: &Condition) -> String {
    match (condition.operator, condition.value.is_empty()) {
        (Operator::Is, true) => EMPTY,
        (Operator::IsNot, true) => NOT_EMPTY,
        (operator, _) => operator.sign(),
    }
    .to_owned()
}

fn condition(column: &Column, sign: &str, value: &str) -> Condition {
    match (sign, operator(column, sign)) {
        (EMPTY, _) => Condition::is(&column.id, ""),
        (NOT_EMPTY, _) => Condition::is_not(&column.id, ""),
        (_, operator) => {
            let operator = operator.unwrap_or(Operator::Is);
            Condition { operator, ..Condition::is(&column.id, value) }
        }
    }
}
