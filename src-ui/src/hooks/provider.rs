//! Owns what the page knows: asks the service when something changes, and has those components drawn again that show it.
//! Refuses to be there twice: the page has one.

use crate::backend;
use crate::state::cache::Errand;
use crate::state::sight::Sight;
use crate::state::toasts::Toast;
use crate::state::world::World;
use contract::Time;
use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::{Rc, Weak};
use yew::platform::spawn_local;
use yew::prelude::*;

/// A component, and what it saw when it was drawn.
pub(super) struct Drawn {
    pub(super) sight: Sight<World>,
    redraw: UseForceUpdateHandle,
}

/// What the page knows, and who shows it.
#[derive(Default)]
pub(super) struct Page {
    world: RefCell<World>,
    drawn: RefCell<Vec<Weak<Drawn>>>,
    /// Toasts that leave by themselves.
    timers: RefCell<HashMap<u64, Timeout>>,
    /// Rings when ages on the page read otherwise; stands still while nobody sees them.
    clock: RefCell<Option<Timeout>>,
    visibility: RefCell<Option<EventListener>>,
}

/// The page as components find it: always the same.
#[derive(Clone)]
pub(super) struct Shared(pub(super) Rc<Page>);

impl PartialEq for Shared {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// What stands below it has the page.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct Properties {
    pub(crate) children: Html,
}

/// The owner.
#[function_component]
pub(crate) fn ServiceProvider(props: &Properties) -> Html {
    let page = use_memo((), |()| Shared(Page::open()));
    html! { <ContextProvider<Shared> context={(*page).clone()}>{ props.children.clone() }</ContextProvider<Shared>> }
}

impl Page {
    fn open() -> Rc<Page> {
        let page = Rc::new(Page::default());
        page.change(|world| world.open(is_visible(), now()));
        page.wind_up();
        let own = page.clone();
        let visibility = web_sys::window().and_then(|window| window.document()).map(|document| {
            EventListener::new(&document, "visibilitychange", move |_| {
                own.change(|world| world.shown(is_visible(), now()));
                own.wind_up();
            })
        });
        page.visibility.replace(visibility);
        let own = page.clone();
        spawn_local(async move {
            let hearing = own.clone();
            let hear = move |events: Vec<_>| hearing.change(|world| world.cache.heard(&events));
            // Without events everything is still there, and as old as it says; the calls themselves say why.
            if let Err(error) = backend::subscribe(hear).await {
                own.tell(|world| world.news.say(Toast::unheard(&error)));
            }
        });
        page
    }

    /// Notes a component that shows something of the page for as long as it is there.
    pub(super) fn draws(&self, redraw: UseForceUpdateHandle) -> Rc<Drawn> {
        let drawn = Rc::new(Drawn { sight: Sight::default(), redraw });
        self.drawn.borrow_mut().push(Rc::downgrade(&drawn));
        drawn
    }

    /// Looks at what is known.
    pub(super) fn look<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&self.world.borrow())
    }

    /// Changes what is known, where nothing has to be asked for it.
    pub(super) fn tell(self: &Rc<Self>, change: impl FnOnce(&mut World)) {
        self.change(|world| {
            change(world);
            None
        });
    }

    /// Changes what is known, makes the calls that have to be made, and has drawn again who shows something else by now.
    pub(super) fn change<E>(self: &Rc<Self>, change: impl FnOnce(&mut World) -> E)
    where
        E: IntoIterator<Item = Errand>,
    {
        let errands = change(&mut self.world.borrow_mut());
        for errand in errands {
            self.run(errand);
        }
        self.time_toasts();
        let mut others = Vec::new();
        self.drawn.borrow_mut().retain(|drawn| {
            let Some(drawn) = drawn.upgrade() else { return false };
            if !drawn.sight.is_same(&self.world.borrow()) {
                others.push(drawn);
            }
            true
        });
        for drawn in others {
            drawn.redraw.force_update();
        }
    }

    fn run(self: &Rc<Self>, Errand { call, question, refresh }: Errand) {
        let page = self.clone();
        spawn_local(async move {
            let reply = question.ask(refresh).await;
            page.change(|world| world.answered(&call, reply, now()));
        });
    }

    /// Has the clock ring once more, unless nobody sees the page.
    fn wind_up(self: &Rc<Self>) {
        let (is_hidden, after) = self.look(|world| (world.cache.is_hidden(), world.next_tick()));
        let page = self.clone();
        let ring = || {
            Timeout::new(after, move || {
                page.change(|world| world.tick(now()));
                page.wind_up();
            })
        };
        self.clock.replace((!is_hidden).then(ring));
    }

    /// Toasts that need no answer leave by themselves.
    fn time_toasts(self: &Rc<Self>) {
        let world = self.world.borrow();
        let shown = world.news.toasts().shown();
        let mut timers = self.timers.borrow_mut();
        timers.retain(|id, _| shown.iter().any(|toast| toast.id == *id));
        for toast in shown.iter().filter(|toast| toast.leaves()) {
            let (id, after, page) = (toast.id, toast.stays(), self.clone());
            let leave = move || page.tell(|world| world.news.dismiss(id));
            timers.entry(id).or_insert_with(|| Timeout::new(after, leave));
        }
    }
}

fn is_visible() -> bool {
    web_sys::window().and_then(|window| window.document()).is_none_or(|document| !document.hidden())
}

/// The time as this machine says it.
pub(crate) fn now() -> Time {
    Time(js_sys::Date::now() as i64)
}
