//! Owns what the page knows, asks the service when something changes, and hands it to every component.
//! Refuses to be there twice: the page has one.

use crate::backend;
use crate::state::toasts::Toast;
use crate::state::world::{Answer, Ask, Errand, OPERATIONS, World};
use contract::command::*;
use contract::{ApiError, Event, OperationId, RowQuery, Time, VcenterId};
use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use std::collections::HashMap;
use std::rc::Rc;
use yew::prelude::*;

/// What the owner of the state is told.
pub(crate) enum Message {
    /// Something changed.
    Heard(Vec<Event>),
    /// The service answered.
    Answered(Ask, Result<Answer, ApiError>),
    /// A component shows this from now on.
    Ask(Ask),
    /// A component shows it no longer.
    Release(Ask),
    /// A person asked for work on a vCenter.
    Sent(VcenterId),
    /// The service took it as this operation, or nothing of it is under way any more.
    Accepted(VcenterId, Option<OperationId>),
    /// A person cancels an operation.
    Cancelling(OperationId),
    /// It could not be cancelled.
    Continues(OperationId),
    /// A vCenter's work and its outcome stand on the page from now on.
    Card(VcenterId),
    /// They do no longer.
    NoCard(VcenterId),
    /// The window was hidden, or shown again.
    Visibility,
    /// Something to tell.
    Toast(Toast),
    /// A toast was read.
    Dismiss(u64),
    /// Read everything anew.
    Refresh,
    /// Time went by.
    Tick,
}

/// The state as components get it: a new one after every change.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) world: Rc<World>,
    pub(crate) tell: Callback<Message>,
}

impl PartialEq for Shared {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.world, &other.world)
    }
}

/// What stands below it has the state.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct Properties {
    pub(crate) children: Html,
}

/// The owner.
pub(crate) struct ServiceProvider {
    world: Rc<World>,
    timers: HashMap<u64, Timeout>,
    /// Rings when ages on the page read otherwise; stands still while nobody sees them.
    clock: Option<Timeout>,
    _visibility: Option<EventListener>,
}

impl Component for ServiceProvider {
    type Message = Message;
    type Properties = Properties;

    fn create(ctx: &Context<Self>) -> Self {
        let link = ctx.link().clone();
        let visibility = document().map(|document| {
            EventListener::new(&document, "visibilitychange", move |_| {
                link.send_message(Message::Visibility);
            })
        });
        let mut world = World::default();
        world.at(now());
        if document().is_some_and(|document| document.hidden()) {
            let _ = world.shown(false, now());
        }
        for ask in World::ALWAYS {
            if let Some(errand) = world.ask(&ask) {
                call(ctx, errand);
            }
        }
        let hear = ctx.link().callback(Message::Heard);
        ctx.link().send_future_batch(async move {
            // Without events everything is still there, and as old as it says; the calls themselves say why.
            let subscribed = backend::subscribe(move |events| hear.emit(events)).await;
            subscribed
                .err()
                .map(|error| Message::Toast(Toast::unheard(&error)))
                .into_iter()
                .collect::<Vec<_>>()
        });
        let mut provider = ServiceProvider {
            world: Rc::new(world),
            timers: HashMap::new(),
            clock: None,
            _visibility: visibility,
        };
        provider.wind_up(ctx);
        provider
    }

    fn update(&mut self, ctx: &Context<Self>, message: Message) -> bool {
        let world = Rc::make_mut(&mut self.world);
        let errands = match message {
            Message::Heard(events) => world.heard(&events),
            Message::Answered(ask, answer) => {
                world.at(now());
                world.answered(&ask, answer)
            }
            Message::Ask(ask) => world.ask(&ask).into_iter().collect(),
            Message::Release(ask) => {
                world.release(&ask);
                Vec::new()
            }
            Message::Sent(vcenter) => {
                world.sent(&vcenter);
                Vec::new()
            }
            Message::Accepted(vcenter, operation) => world.accepted(&vcenter, operation),
            Message::Cancelling(operation) => {
                world.cancel(operation);
                Vec::new()
            }
            Message::Continues(operation) => {
                world.continues(&operation);
                Vec::new()
            }
            Message::Card(vcenter) => return world.card(&vcenter),
            Message::NoCard(vcenter) => {
                world.no_card(&vcenter);
                return false;
            }
            Message::Visibility => {
                let is_visible = document().is_none_or(|document| !document.hidden());
                let errands = world.shown(is_visible, now());
                self.clock = None;
                self.wind_up(ctx);
                errands
            }
            Message::Toast(toast) => {
                world.say(toast);
                Vec::new()
            }
            Message::Dismiss(id) => {
                world.toasts.dismiss(id);
                Vec::new()
            }
            Message::Refresh => world.heard(&[Event::Lagged]),
            Message::Tick => {
                let errands = world.tick(now());
                self.wind_up(ctx);
                errands
            }
        };
        for errand in errands {
            call(ctx, errand);
        }
        self.time_toasts(ctx);
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let shared = Shared { world: self.world.clone(), tell: ctx.link().callback(|message| message) };
        html! {
            <ContextProvider<Shared> context={shared}>{ ctx.props().children.clone() }</ContextProvider<Shared>>
        }
    }
}

impl ServiceProvider {
    /// Has the clock ring once more, unless nobody sees the page.
    fn wind_up(&mut self, ctx: &Context<Self>) {
        let link = ctx.link().clone();
        let ring = || Timeout::new(self.world.next_tick(), move || link.send_message(Message::Tick));
        self.clock = (!self.world.is_hidden()).then(ring);
    }

    /// Toasts that need no answer leave by themselves.
    fn time_toasts(&mut self, ctx: &Context<Self>) {
        let shown = self.world.toasts.shown();
        self.timers.retain(|id, _| shown.iter().any(|toast| toast.id == *id));
        for toast in shown.iter().filter(|toast| toast.leaves()) {
            let (id, after, link) = (toast.id, toast.stays(), ctx.link().clone());
            self.timers
                .entry(id)
                .or_insert_with(|| Timeout::new(after, move || link.send_message(Message::Dismiss(id))));
        }
    }
}

fn document() -> Option<web_sys::Document> {
    web_sys::window().and_then(|window| window.document())
}

/// The browser's clock.
fn now() -> Time {
    Time(js_sys::Date::now() as i64)
}

fn call(ctx: &Context<ServiceProvider>, Errand { ask, refresh }: Errand) {
    ctx.link().send_future(async move {
        let answer = match ask.clone() {
            Ask::Estate => backend::call(ShownEstate {}).await.map(Answer::Estate),
            Ask::Vcenters => backend::call(ListVcenters {}).await.map(Answer::Vcenters),
            Ask::Status => backend::call(ListStatus {}).await.map(Answer::Status),
            Ask::Operations => {
                backend::call(ListOperations { limit: OPERATIONS }).await.map(Answer::Operations)
            }
            Ask::Credentials => backend::call(ListCredentials {}).await.map(Answer::Credentials),
            Ask::Rows(query) => {
                let query = RowQuery { refresh: refresh && query.refresh, ..query };
                backend::call(ReadRows { query }).await.map(Answer::Rows)
            }
        };
        Message::Answered(ask, answer)
    });
}
