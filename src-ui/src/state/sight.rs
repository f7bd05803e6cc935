//! What a component saw of the page's state when it was drawn, so that it is drawn again only when that is another.
//! Refuses to be told what to look at: it notes what is looked at.

use std::cell::{Cell, RefCell};

/// Whether something that was seen is still so.
type Look<S> = Box<dyn Fn(&S) -> bool>;

/// What was seen of a state.
pub(crate) struct Sight<S> {
    looks: RefCell<Vec<Look<S>>>,
    is_drawing: Cell<bool>,
}

impl<S> Default for Sight<S> {
    fn default() -> Self {
        Sight { looks: RefCell::default(), is_drawing: Cell::new(false) }
    }
}

impl<S> Sight<S> {
    /// The component is being drawn: what it saw before counts no more.
    pub(crate) fn begin(&self) {
        self.looks.borrow_mut().clear();
        self.is_drawing.set(true);
    }

    /// It was drawn: who looks from now on, as at a click, shows nothing of it.
    pub(crate) fn end(&self) {
        self.is_drawing.set(false);
    }

    /// The component is gone, and shows nothing.
    pub(crate) fn gone(&self) {
        self.looks.borrow_mut().clear();
        self.end();
    }

    /// Looks at something.
    pub(crate) fn see<T: Clone + PartialEq + 'static>(
        &self,
        state: &S,
        look: impl Fn(&S) -> T + 'static,
    ) -> T {
        let seen = look(state);
        if self.is_drawing.get() {
            let was = seen.clone();
            self.looks.borrow_mut().push(Box::new(move |state| look(state) == was));
        }
        seen
    }

    /// Whether everything that was seen is still so.
    pub(crate) fn is_same(&self, state: &S) -> bool {
        self.looks.borrow().iter().all(|is_same| is_same(state))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_drawn_again_is_who_saw_what_changed() {
        let (name, number) = (Sight::<(&str, u32)>::default(), Sight::<(&str, u32)>::default());
        let state = ("Berlin", 1);
        name.begin();
        assert_eq!(name.see(&state, |state| state.0), "Berlin");
        number.begin();
        assert!(number.see(&state, |state| state.1 > 0));
        assert_eq!((name.is_same(&("Berlin", 2)), number.is_same(&("Berlin", 2))), (true, true));
        assert_eq!((name.is_same(&("Paris", 2)), number.is_same(&("Berlin", 0))), (false, false));
    }

    #[test]
    fn what_was_seen_before_it_was_drawn_anew_or_at_a_click_counts_for_nothing() {
        let sight = Sight::<u32>::default();
        sight.begin();
        assert_eq!(sight.see(&1, |state| *state), 1);
        sight.begin();
        sight.end();
        assert_eq!(sight.see(&1, |state| *state), 1);
        assert!(sight.is_same(&2));
    }
}
