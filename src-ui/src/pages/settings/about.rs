//! What this program is, and the licenses of what it is made of.

use super::folder::fact;
use super::{Section, use_dialog};
use crate::components::dialog::Dialog;
use crate::components::failure::Failure;
use crate::hooks::use_query;
use contract::command::{ShowLicenses, ShownAbout};
use patternfly_yew::prelude::{Button, ButtonSize, ButtonVariant, Spinner};
use yew::prelude::*;

/// The section.
#[function_component]
pub(super) fn AboutMuster() -> Html {
    let about = use_query(ShownAbout {}).value;
    let (is_open, open, close) = use_dialog();
    html! {
        <Section id="about" title="About">
            if let Some(about) = about {
                <dl class="muster-properties" id="about">
                    { fact("Version", about.version.clone().into()) }
                    if let Some(commit) = &about.commit {
                        { fact("Commit", html! { <code class="muster-code">{ commit.clone() }</code> }) }
                    }
                    if let Some(date) = &about.commit_date {
                        { fact("Commit date", date.clone().into()) }
                    }
                    { fact("Platform", html! { <code class="muster-code">{ about.target.clone() }</code> }) }
                    { fact("License", "MIT or Apache 2.0".into()) }
                </dl>
            }
            <div>
                <Button id="show-licenses" variant={ButtonVariant::Secondary} size={ButtonSize::Small} onclick={open}
                    label="Licenses of what Muster is made of" />
            </div>
            if is_open { <Licenses {close} /> }
        </Section>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct LicensesProperties {
    close: Callback<()>,
}

#[function_component]
fn Licenses(props: &LicensesProperties) -> Html {
    let answer = use_query(ShowLicenses {});
    let content = match (answer.value, answer.error) {
        (Some(text), _) => html! {
            <pre class="muster-licenses" id="licenses" tabindex="0" role="group" aria-label="Licenses">{ (*text).clone() }</pre>
        },
        (None, Some(error)) => html! { <Failure title="The licenses could not be loaded" {error} /> },
        (None, None) => html! { <div class="muster-waiting"><Spinner aria_label="Loading licenses" /></div> },
    };
    html! { <Dialog title="Licenses" close={props.close.clone()} wide=true>{ content }</Dialog> }
}
