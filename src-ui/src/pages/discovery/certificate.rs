//! What a BMC's certificate says, in a few lines.
//! Refuses to say that it is trusted: that is the server's state.

use crate::components::configuration::certificate::Shown;
use crate::components::icon;
use crate::state::discovery;
use crate::state::words::Level;
use contract::discovery::Server;
use yew::prelude::*;

/// The server.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) server: Server,
}

/// All of it, and whether others show the same.
#[function_component]
pub(super) fn CertificateOf(props: &Properties) -> Html {
    let Some(certificate) = props.server.certificate.clone() else {
        return html! { <p class="muster-quiet">{ "None was seen yet." }</p> };
    };
    html! {
        <>
            <Shown {certificate} />
            if let Some(doubt) = discovery::doubt(&props.server) {
                <p class="muster-words">{ icon::of_level(Level::Warning) }{ " " }{ doubt }</p>
            }
            if let Some(same) = discovery::same_certificate(props.server.same_certificate) {
                <p class="muster-words" data-same={props.server.same_certificate.to_string()}>
                    { icon::of_level(Level::Warning) }{ " " }{ same }
                </p>
            }
        </>
    }
}
