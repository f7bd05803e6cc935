//! How full something is: a number that is a link, a bar, and what both mean in words.
//! Refuses to let the bar say more than the words.

use crate::components::icon::of_level;
use crate::components::link::Link;
use crate::state::capacity::Gauge;
use crate::state::route::Route;
use crate::state::words::Level;
use yew::prelude::*;

/// A gauge: the number, the bar with a mark where the capacity ends that remains after a failover, and both in words.
pub(super) fn shown(gauge: Gauge, to: Route, more: Option<String>) -> Html {
    let Gauge { percent, amount, mark, remains, is_over } = gauge;
    let Some(percent) = percent else { return html! { <span class="muster-quiet">{ "\u{2013}" }</span> } };
    let fill = classes!("muster-gauge__fill", is_over.then_some("muster-gauge__fill--over"));
    html! {
        <div class="muster-gauge">
            <span class="muster-gauge__number">
                <Link {to}>{ format!("{percent} %") }</Link>
                <span class="muster-gauge__amount">{ amount }</span>
            </span>
            <span class="muster-gauge__bar" aria-hidden="true">
                <span class={fill} style={format!("inline-size:{}%", percent.clamp(0, 100))} />
                if let Some(mark) = mark {
                    <span class="muster-gauge__mark" style={format!("inset-inline-start:{}%", mark.clamp(0, 100))} />
                }
            </span>
            <span class="muster-gauge__words muster-quiet">
                if let Some(remains) = remains {
                    <span>
                        if is_over {
                            { of_level(Level::Danger) }{ " more in use than " }
                        }
                        { remains }
                    </span>
                }
                if let Some(more) = more {
                    <span>{ more }</span>
                }
            </span>
        </div>
    }
}
