//! Whether the window is about to close while a sync runs in it, as the shell says.
//! Refuses to poll: the shell answers when it is so.

use super::use_is_there;
use crate::backend;
use contract::command::AwaitClosing;
use yew::{platform::spawn_local, prelude::*};

/// True from when the window is asked to close until it is set back.
#[hook]
pub(crate) fn use_closing() -> UseStateHandle<bool> {
    let is_asked = use_state_eq(|| false);
    let is_there = use_is_there();
    {
        let is_asked = is_asked.clone();
        use_effect_with((), move |()| {
            spawn_local(async move {
                // A shell that can't answer closes the window without a question.
                while is_there.get() && backend::call(AwaitClosing {}).await.is_ok() {
                    is_asked.set(true);
                }
            });
        });
    }
    is_asked
}
