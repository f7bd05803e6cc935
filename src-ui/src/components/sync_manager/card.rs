//! Everything that is known of one vCenter, below its row.

use super::actions::Actions;
use super::counts::Counts;
use super::facts::{Tags, address, product};
use super::outcome::Outcomes;
use crate::components::status::{Age, State};
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
    let vcenter = &props.vcenter;
    html! {
        <div class="muster-card">
            <div class="muster-card__part">
                <State vcenter={vcenter.clone()} />
                <Age vcenter={vcenter.clone()} />
                <Counts vcenter={vcenter.clone()} kinds={Kind::LISTED.to_vec()} />
                <div class="muster-quiet muster-words">{ format!("{} as {}", address(vcenter), vcenter.user) }</div>
                <div class="muster-quiet muster-words">{ product(vcenter) }</div>
                <Tags tags={vcenter.tags.clone()} />
            </div>
            <div class="muster-card__part"><Outcomes vcenter={vcenter.clone()} /></div>
            <Actions vcenter={vcenter.clone()} />
        </div>
    }
}
