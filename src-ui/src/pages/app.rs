//! The first and only screen so far: how many vCenters there are.
//! Refuses to offer what the window cannot do yet.

use crate::{
    backend,
    components::{frame::Frame, vcenter_count::VcenterCount},
    state::vcenters::Vcenters,
};
use contract::command::ListVcenters;
use patternfly_yew::prelude::Bullseye;
use yew::{platform::spawn_local, prelude::*};

/// Asks once, and shows the answer.
#[function_component]
pub(crate) fn App() -> Html {
    let vcenters = use_state_eq(|| Vcenters::Loading);
    {
        let vcenters = vcenters.clone();
        use_effect_with((), move |()| {
            spawn_local(
                async move { vcenters.set(Vcenters::answered(backend::call(ListVcenters {}).await)) },
            );
        });
    }
    html! {
        <Frame>
            <Bullseye>
                <VcenterCount vcenters={(*vcenters).clone()} />
            </Bullseye>
        </Frame>
    }
}
