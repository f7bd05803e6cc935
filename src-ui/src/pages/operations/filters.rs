//! Which operations are shown: by vCenter and by state, as the address has it.
//! Refuses to keep a choice of its own.

use crate::components::select::Select;
use crate::hooks::{replace, use_vcenter_service};
use crate::state::operations::Looked;
use crate::state::route::Route;
use crate::state::words;
use contract::{OperationState, VcenterId};
use yew::prelude::*;

/// What is looked at.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) looked: Looked,
}

/// The two choices.
#[function_component]
pub(super) fn Filters(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let looked = &props.looked;
    let mut vcenters = vec![(String::new(), "All vCenters".to_owned())];
    let known = service.vcenters().unwrap_or_default();
    vcenters.extend(known.iter().map(|vcenter| (vcenter.id.to_string(), vcenter.name.clone())));
    let by_vcenter = looked.vcenter.as_ref().map(VcenterId::to_string).unwrap_or_default();
    if !vcenters.iter().any(|(id, _)| *id == by_vcenter) {
        vcenters.push((by_vcenter.clone(), "A vCenter that was removed".to_owned()));
    }
    let mut states = vec![(String::new(), "All states".to_owned())];
    let state = |state: OperationState| (state.name().to_owned(), words::operation_state(state).0.to_owned());
    states.extend(Looked::STATES.map(state));
    let by_state = looked.state.map(|state| state.name().to_owned()).unwrap_or_default();
    let choose = |change: fn(&mut Looked, String)| {
        let looked = looked.clone();
        Callback::from(move |chosen: String| {
            let mut looked = looked.opening(None);
            change(&mut looked, chosen);
            replace(&Route::Operations(looked));
        })
    };
    let choose_vcenter =
        choose(|looked, id| looked.vcenter = Some(VcenterId(id)).filter(|id| !id.as_str().is_empty()));
    let choose_state = choose(|looked, name| looked.state = OperationState::from_name(&name));
    html! {
        <div class="muster-toolbar">
            <Select id="by-vcenter" class="muster-scope" aria_label="vCenter" options={vcenters} chosen={by_vcenter}
                choose={choose_vcenter} />
            <Select id="by-state" class="muster-scope" aria_label="State" options={states} chosen={by_state}
                choose={choose_state} />
        </div>
    }
}
