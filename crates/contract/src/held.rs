//! Which kinds a snapshot holds, and whether somebody looked for what it doesn't hold.
//! Refuses to guess what somebody will look for: who reads from a part finds out afterwards whether it was enough.

use crate::Kind;
use std::sync::OnceLock;

/// What is held. The default is everything.
#[derive(Clone, Debug, Default)]
pub(crate) struct Held {
    /// The kinds that are held whole, unless that is every kind.
    whole: Option<Box<[Kind]>>,
    looked_beyond: OnceLock<()>,
}

impl Held {
    /// All objects of these kinds.
    pub(crate) fn kinds(kinds: &[Kind]) -> Held {
        Held { whole: Some(kinds.into()), looked_beyond: OnceLock::new() }
    }

    /// Somebody looks for any object of a kind, or for one that isn't here.
    pub(crate) fn look(&self, kind: Kind) {
        if self.whole.as_ref().is_some_and(|whole| !whole.contains(&kind)) {
            self.looked_beyond.get_or_init(|| ());
        }
    }

    /// Whether everything that was looked for is held, if it exists.
    pub(crate) fn is_enough(&self) -> bool {
        self.looked_beyond.get().is_none()
    }
}
