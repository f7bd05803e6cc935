//! Everything that is known of one vCenter, below its row.

use super::actions::Actions;
use super::counts::Counts;
use super::facts::{Tags, address, product};
use super::outcome::Outcomes;
use crate::components::schedule::NextRun;
use crate::components::status::Age;
use crate::components::when::Ago;
use crate::hooks::use_vcenter_service;
use crate::state::words;
use contract::{Kind, Vcenter};
use yew::prelude::*;

/// The vCenter.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) vcenter: Vcenter,
}

/// The card.
#[function_component]
pub(super) fn Card(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let vcenter = &props.vcenter;
    // The word stands in the row already; what is well has no beginning that anybody looks for.
    let since = service.see({
        let id = vcenter.id.clone();
        move |world| {
            let troubled = world.troubled().find(|status| status.vcenter_id == id);
            let troubled = troubled.filter(|_| !world.is_answering(&id));
            troubled.and_then(|status| Some((words::state(status.state).0, status.since?)))
        }
    });
    html! {
        <div class="muster-card">
            <div class="muster-card__part">
                if let Some((word, since)) = since {
                    <div>{ format!("{word} since ") }<Ago time={since} /></div>
                }
                <Age vcenter={vcenter.clone()} />
                <Counts vcenter={vcenter.clone()} kinds={Kind::LISTED.to_vec()} />
                <div class="muster-quiet muster-words">{ format!("{} as {}", address(vcenter), vcenter.user) }</div>
                <div class="muster-quiet muster-words">{ product(vcenter) }</div>
                <NextRun vcenter={vcenter.clone()} />
                <Tags tags={vcenter.settings.tags.clone()} />
            </div>
            <div class="muster-card__part"><Outcomes vcenter={vcenter.clone()} /></div>
            <Actions vcenter={vcenter.clone()} />
        </div>
    }
}
