//! The only binding to Tauri: one call per declared command, and the events of the service.
//! Refuses untyped calls: a command outside `contract` cannot be named here.

use crate::state::cache::{Asked, Part, Question, Reply};
use contract::command::{Command, Query, ShowOperation, Subscribe};
use contract::{ApiError, Code, Event, Source};
use std::any::Any;
use std::pin::Pin;
use std::rc::Rc;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    // What `@tauri-apps/api` itself calls; the window test pins that it exists.
    #[wasm_bindgen(catch, js_namespace = ["window", "__TAURI_INTERNALS__"])]
    async fn invoke(command: &str, arguments: JsValue) -> Result<JsValue, JsValue>;

    // Gives a function a number under which the shell can call it.
    #[wasm_bindgen(catch, js_namespace = ["window", "__TAURI_INTERNALS__"], js_name = transformCallback)]
    fn transform_callback(callback: &JsValue, once: bool) -> Result<f64, JsValue>;
}

/// Calls a command of the shell and waits for its answer.
pub(crate) async fn call<C: Command>(command: C) -> Result<C::Reply, ApiError> {
    invoke_with::<C>(serde_json::json!({ "args": command })).await
}

/// Every declared question can be asked for the cache.
impl<Q: Query> Question for Q {
    fn is_stale_after(&self, event: &Event) -> bool {
        Query::is_stale_after(self, event)
    }

    fn refreshed<'a>(&self, answer: &'a dyn Any) -> &'a [Source] {
        answer.downcast_ref().map(|answer| Query::refreshed(self, answer)).unwrap_or_default()
    }

    fn part(&self, event: &Event) -> Option<Part> {
        let operation = Query::changed_part(self, event)?.to_string();
        Some(Asked::new(ShowOperation { operation }).as_part())
    }

    fn with_part(&self, answer: &dyn Any, part: &dyn Any) -> Option<Rc<dyn Any>> {
        let next = Query::with_part(self, answer.downcast_ref()?, part.downcast_ref()?)?;
        Some(Rc::new(next))
    }

    fn has_names(&self) -> bool {
        Query::has_names(self)
    }

    fn is_same(&self, one: &dyn Any, other: &dyn Any) -> bool {
        one.downcast_ref::<Q::Reply>().is_some_and(|one| other.downcast_ref() == Some(one))
    }

    fn ask(&self, refresh: bool) -> Pin<Box<dyn Future<Output = Reply>>> {
        let query = if refresh { self.clone() } else { self.quietly() };
        Box::pin(async move { call(query).await.map(|reply| Rc::new(reply) as Rc<dyn Any>) })
    }
}

/// Hands every batch of events to `hear`, for as long as the page is there.
pub(crate) async fn subscribe(hear: impl Fn(Vec<Event>) + 'static) -> Result<(), ApiError> {
    #[derive(serde::Deserialize)]
    struct Message {
        message: Vec<Event>,
    }
    let heard = Closure::<dyn Fn(JsValue)>::new(move |sent: JsValue| {
        // A message about the channel itself, such as its end, has no events.
        if let Some(Message { message }) = from_js(&sent) {
            hear(message);
        }
    });
    let number = transform_callback(heard.as_ref(), false).map_err(|e| refused::<Subscribe>(&e))?;
    // It is called until the page goes away, and goes away with it.
    heard.forget();
    let channel = format!("__CHANNEL__:{number}");
    invoke_with::<Subscribe>(serde_json::json!({ "args": Subscribe {}, "events": channel })).await
}

async fn invoke_with<C: Command>(arguments: serde_json::Value) -> Result<C::Reply, ApiError> {
    let arguments = js_sys::JSON::parse(&arguments.to_string()).map_err(|e| refused::<C>(&e))?;
    match invoke(C::NAME, arguments).await {
        Ok(reply) => from_js(&reply).ok_or_else(|| misunderstood::<C>()),
        // Tauri refuses in words of its own, where the command never ran.
        Err(error) => Err(from_js(&error).unwrap_or_else(|| refused::<C>(&error))),
    }
}

/// By way of JSON, so that the page reads an answer exactly as the shell's tests do.
fn from_js<T: serde::de::DeserializeOwned>(value: &JsValue) -> Option<T> {
    let text = js_sys::JSON::stringify(value).ok()?.as_string()?;
    serde_json::from_str(&text).ok()
}

fn refused<C: Command>(reason: &JsValue) -> ApiError {
    let reason = reason.as_string().unwrap_or_else(|| format!("{reason:?}"));
    ApiError::new(Code::Failed, format!("The window could not run {}: {reason}", C::NAME))
}

fn misunderstood<C: Command>() -> ApiError {
    ApiError::new(Code::BadAnswer, format!("The window did not understand the response to {}.", C::NAME))
        .next("Window and service differ in version: reinstall Muster.")
}
