//! What the shell has the page ask before its window closes.
//! Refuses to poll: the shell answers when it is so.

use super::use_is_there;
use crate::backend;
use contract::ClosingQuestion;
use contract::command::AwaitClosing;
use yew::{platform::spawn_local, prelude::*};

/// The question, from when the window is asked to close until it is set back.
#[hook]
pub(crate) fn use_closing() -> UseStateHandle<Option<ClosingQuestion>> {
    let asked = use_state_eq(|| None);
    let is_there = use_is_there();
    {
        let asked = asked.clone();
        use_effect_with((), move |()| {
            spawn_local(async move {
                // A shell that can't answer closes the window without a question.
                while is_there.get() {
                    let Ok(question) = backend::call(AwaitClosing {}).await else { return };
                    asked.set(Some(question));
                }
            });
        });
    }
    asked
}
