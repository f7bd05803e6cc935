//! Questions and actions: every declared command, as a component uses it.
//! Refuse to know any of them.

use super::vcenter_service::{VcenterService, use_vcenter_service};
use crate::state::cache::{Answer, Asked};
use contract::command::{Command, Query};
use yew::prelude::*;

/// An answer, which is kept and kept up to date while the component is there.
#[hook]
pub(crate) fn use_query<Q: Query>(query: Q) -> Answer<Q::Reply> {
    use_query_if(Some(query))
}

/// The same, where there may be nothing to ask.
#[hook]
pub(crate) fn use_query_if<Q: Query>(query: Option<Q>) -> Answer<Q::Reply> {
    let service = use_vcenter_service();
    let asked = query.map(Asked::new);
    {
        let service = service.clone();
        use_effect_with(asked.clone(), move |asked| {
            let asked = asked.clone();
            if let Some(asked) = &asked {
                service.show(asked);
            }
            move || {
                if let Some(asked) = asked {
                    service.leave(&asked);
                }
            }
        });
    }
    asked.map(|asked| service.see(move |world| world.cache.answer(&asked))).unwrap_or_default()
}

/// An action: what starts it, and whether it is under way.
#[derive(Clone, PartialEq)]
pub(crate) struct Action {
    pub(crate) start: Callback<()>,
    pub(crate) is_under_way: bool,
}

/// A command that does something. `done` is told its answer; a failure is told under `title`, also to who went elsewhere by then.
#[hook]
pub(crate) fn use_command<C: Command + Clone + 'static>(
    command: C,
    title: &'static str,
    done: impl Fn(&VcenterService, C::Reply) + Clone + 'static,
) -> Action {
    let service = use_vcenter_service();
    let is_under_way = use_state_eq(|| false);
    let start = {
        let is_under_way = is_under_way.clone();
        Callback::from(move |()| {
            let (ended, done) = (is_under_way.clone(), done.clone());
            is_under_way.set(true);
            service.run(command.clone(), title, move |service, reply| {
                ended.set(false);
                if let Some(reply) = reply {
                    done(service, reply);
                }
            });
        })
    };
    Action { start, is_under_way: *is_under_way }
}
