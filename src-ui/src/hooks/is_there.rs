//! Whether a component is still on screen, for what it began before it was left.

use std::cell::Cell;
use std::rc::Rc;
use yew::prelude::*;

/// True until the component goes away.
#[hook]
pub(crate) fn use_is_there() -> Rc<Cell<bool>> {
    let is_there = (*use_memo((), |()| Rc::new(Cell::new(true)))).clone();
    {
        let is_there = is_there.clone();
        use_effect_with((), move |()| move || is_there.set(false));
    }
    is_there
}
