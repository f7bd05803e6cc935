//! How much stands in the log, and its newest lines.
//! Refuses to send it anywhere: a support bundle, which names nobody, is made on the command line.

use super::{Section, answered, use_dialog};
use crate::components::dialog::Dialog;
use crate::components::failure::Failure;
use crate::components::select::Select;
use crate::components::status::LevelLabel;
use crate::components::when::local;
use crate::hooks::{use_query, use_vcenter_service};
use crate::state::words::{self, Level};
use contract::command::{ReadLog, SetPreferences, ShowPreferences};
use contract::{ApiError, LogLevel, LogLine, Preferences};
use patternfly_yew::prelude::{Button, ButtonSize, ButtonVariant, Spinner};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use yew::{platform::spawn_local, prelude::*};

/// Lines that are shown at most.
const MOST: u32 = 1_000;

/// The section.
#[function_component]
pub(super) fn LogOfMuster() -> Html {
    let service = use_vcenter_service();
    let level = answered(use_query(ShowPreferences {}), "The log level could not be loaded", |known| {
        html! { <Choice known={known.clone()} /> }
    });
    let (is_open, open, close) = use_dialog();
    html! {
        <Section id="log" title="Log">
            { level }
            if service.may::<ReadLog>() {
                <div>
                    <Button id="show-log" variant={ButtonVariant::Secondary} size={ButtonSize::Small} onclick={open}
                        label="Show log" />
                </div>
                if is_open { <Viewer {close} /> }
            }
        </Section>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct Known {
    known: Preferences,
}

/// The level, which is stored when it is chosen.
#[function_component]
fn Choice(props: &Known) -> Html {
    let service = use_vcenter_service();
    let known = props.known.clone();
    let chosen = use_state_eq(|| known.log_level);
    {
        let chosen = chosen.clone();
        use_effect_with(known.log_level, move |level| chosen.set(*level));
    }
    let choose = {
        let (service, known, shown) = (service.clone(), known.clone(), chosen.clone());
        Callback::from(move |name: String| {
            let Some(level) = LogLevel::from_name(&name) else { return };
            shown.set(level);
            let preferences = Preferences { log_level: level, ..known.clone() };
            let (before, shown) = (known.log_level, shown.clone());
            service.set_preferences(
                known.clone(),
                preferences,
                "The log level could not be saved",
                move |is_saved| {
                    if !is_saved {
                        shown.set(before);
                    }
                },
            );
        })
    };
    let options = LogLevel::ALL.into_iter().map(|level| (level.name().to_owned(), level.words().to_owned()));
    html! {
        <fieldset class="muster-fields" disabled={!service.may::<SetPreferences>()}>
            <div class="muster-settings__field">
                <label for="log-level">{ "What is written to it" }</label>
                <Select id="log-level" class="muster-settings__select" aria_describedby="log-level-help"
                    options={options.collect::<Vec<_>>()} chosen={chosen.name().to_owned()} {choose} />
            </div>
            <p class="muster-quiet" id="log-level-help">
                { "Each level includes those above it; no level includes passwords. The files are in the folder \u{201c}log\u{201d} of the data folder." }
            </p>
        </fieldset>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct ViewerProperties {
    close: Callback<()>,
}

/// The newest lines, those of a level or worse, in which a text stands.
#[function_component]
fn Viewer(props: &ViewerProperties) -> Html {
    let service = use_vcenter_service();
    let level = use_state_eq(|| LogLevel::Trace);
    let text = use_state_eq(String::new);
    // What was read, and for which level: an answer may come after another level was chosen.
    let answer = use_state_eq(|| None::<(LogLevel, Result<Rc<Vec<LogLine>>, ApiError>)>);
    let read = {
        let (answer, level) = (answer.clone(), *level);
        Callback::from(move |()| {
            let (answer, service) = (answer.clone(), service.clone());
            spawn_local(async move {
                let read = service.log(level, MOST).await;
                answer.set(Some((level, read.map(Rc::new))));
            });
        })
    };
    {
        let read = read.clone();
        use_effect_with(*level, move |_| read.emit(()));
    }
    let choose = {
        let level = level.clone();
        Callback::from(move |name: String| level.set(LogLevel::from_name(&name).unwrap_or(LogLevel::Trace)))
    };
    let oninput = {
        let text = text.clone();
        Callback::from(move |event: InputEvent| {
            let field = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
            text.set(field.map(|field| field.value()).unwrap_or_default());
        })
    };
    let options = LogLevel::ALL.into_iter().rev().map(|level| {
        let words = if level == LogLevel::Trace { "All levels" } else { level.words() };
        (level.name().to_owned(), words.to_owned())
    });
    let lines = answer.as_ref().filter(|(of, _)| *of == *level).map(|(_, lines)| lines);
    let content = match lines {
        None => html! { <div class="muster-waiting"><Spinner aria_label="Loading the log" /></div> },
        Some(Err(error)) => {
            html! { <Failure title="The log could not be read" error={error.clone()} retry={read.clone()} /> }
        }
        Some(Ok(lines)) if lines.is_empty() && *level == LogLevel::Trace => {
            html! { <p>{ "The log is empty." }</p> }
        }
        Some(Ok(lines)) => shown(lines, &text),
    };
    let again = read.reform(|_: MouseEvent| ());
    html! {
        <Dialog title="Log" close={props.close.clone()} wide=true>
            <div class="muster-log__head">
                <span class="pf-v6-c-form-control">
                    // A search field of WebKit's would keep Escape from the dialog.
                    <input type="text" role="searchbox" id="log-text" placeholder="Search" aria-label="Search the log" {oninput} />
                </span>
                <Select id="log-shown" aria_label="Level" options={options.collect::<Vec<_>>()}
                    chosen={level.name().to_owned()} {choose} />
                <Button variant={ButtonVariant::Secondary} onclick={again} label="Refresh" />
            </div>
            { content }
        </Dialog>
    }
}

/// Those in which the text stands, the newest first.
fn shown(lines: &[LogLine], text: &str) -> Html {
    let sought = text.trim().to_lowercase();
    let said: Vec<(&LogLine, String)> = lines.iter().rev().map(|line| (line, line.said())).collect();
    let found: Vec<_> = said
        .iter()
        .filter(|(line, said)| format!("{said} {}", line.process).to_lowercase().contains(&sought))
        .collect();
    let foot = match (found.len(), lines.len() == MOST as usize) {
        (0, _) if lines.is_empty() => "The log has no such lines.".to_owned(),
        (0, _) => "No line matches.".to_owned(),
        (number, true) => format!(
            "{} of the newest {MOST}. musterctl log shows older ones.",
            words::counted(number, "line", "lines")
        ),
        (number, false) => words::counted(number, "line", "lines"),
    };
    html! {
        <>
            <ol class="muster-log" id="log-lines" tabindex="0" aria-label="Lines of the log, newest first">
                { for found.into_iter().map(|(line, said)| one(line, said)) }
            </ol>
            <p class="muster-quiet" aria-live="polite">{ foot }</p>
        </>
    }
}

fn one(line: &LogLine, said: &str) -> Html {
    let level = match line.level {
        LogLevel::Error => Level::Danger,
        LogLevel::Warn => Level::Warning,
        LogLevel::Info => Level::Info,
        LogLevel::Debug | LogLevel::Trace => Level::Neutral,
    };
    html! {
        <li>
            <span class="muster-log__of">
                <LevelLabel {level} word={line.level.name()} />
                <time datetime={line.at.to_string()}>{ local(line.at) }</time>
                <span class="muster-quiet">{ words::shown(&line.process) }</span>
            </span>
            <span class="muster-log__said">{ words::shown(said) }</span>
        </li>
    }
}
