//! Something that is asked for: on its way, known, or not to be had.
//! Refuses to forget what was known when the next answer is a failure.

use contract::ApiError;

/// An answer of the service, as far as it is there.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Loaded<T> {
    /// On its way for the first time.
    #[default]
    Loading,
    /// As it was last answered.
    Known(T),
    /// The last answer was a failure; what was known before stays.
    Failed(ApiError, Option<T>),
}

impl<T> Loaded<T> {
    /// What is known, however old.
    pub(crate) fn value(&self) -> Option<&T> {
        match self {
            Loaded::Loading => None,
            Loaded::Known(value) => Some(value),
            Loaded::Failed(_, value) => value.as_ref(),
        }
    }

    /// Why the newest is not known.
    pub(crate) fn error(&self) -> Option<&ApiError> {
        match self {
            Loaded::Failed(error, _) => Some(error),
            Loaded::Loading | Loaded::Known(_) => None,
        }
    }

    /// Takes in the next answer.
    pub(crate) fn take(&mut self, answer: Result<T, ApiError>) {
        *self = match (answer, std::mem::take(self)) {
            (Ok(value), _) => Loaded::Known(value),
            (Err(error), Loaded::Known(value)) => Loaded::Failed(error, Some(value)),
            (Err(error), Loaded::Failed(_, value)) => Loaded::Failed(error, value),
            (Err(error), Loaded::Loading) => Loaded::Failed(error, None),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::Code;

    #[test]
    fn a_failure_keeps_what_was_known_and_a_success_forgets_the_failure() {
        let mut loaded = Loaded::default();
        assert_eq!(loaded.value(), None);
        loaded.take(Err(ApiError::new(Code::Database, "locked")));
        assert_eq!((loaded.value(), loaded.error().map(|e| e.code)), (None, Some(Code::Database)));
        loaded.take(Ok(1));
        loaded.take(Err(ApiError::new(Code::Database, "locked")));
        assert_eq!((loaded.value(), loaded.error().is_some()), (Some(&1), true));
        loaded.take(Ok(2));
        assert_eq!(loaded, Loaded::Known(2));
    }
}
