//! How many vCenters there are, as far as the page knows.
//! Refuses to guess: until the answer is there it says so.

use contract::{ApiError, Vcenter};

/// What is known of the configured vCenters.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Vcenters {
    /// The answer is on its way.
    Loading,
    /// This many are configured.
    Known(usize),
    /// The service could not say.
    Failed(ApiError),
}

impl Vcenters {
    /// What the service answered.
    pub(crate) fn answered(answer: Result<Vec<Vcenter>, ApiError>) -> Vcenters {
        match answer {
            Ok(vcenters) => Vcenters::Known(vcenters.len()),
            Err(error) => Vcenters::Failed(error),
        }
    }

    /// It as a heading.
    pub(crate) fn title(&self) -> String {
        match self {
            Vcenters::Loading => "Reading vCenters\u{2026}".to_owned(),
            Vcenters::Known(0) => "No vCenters yet".to_owned(),
            Vcenters::Known(1) => "1 vCenter".to_owned(),
            Vcenters::Known(n) => format!("{n} vCenters"),
            Vcenters::Failed(_) => "Muster could not read its vCenters".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::Code;

    #[test]
    fn the_count_is_a_phrase() {
        assert_eq!(Vcenters::Known(0).title(), "No vCenters yet");
        assert_eq!(Vcenters::Known(1).title(), "1 vCenter");
        assert_eq!(Vcenters::Known(3).title(), "3 vCenters");
    }

    #[test]
    fn an_answer_that_is_not_there_yet_is_not_a_count() {
        assert_eq!(Vcenters::Loading.title(), "Reading vCenters…");
    }

    #[test]
    fn a_failure_keeps_the_reason_and_the_next_step() {
        let error =
            ApiError::new(Code::Database, "The database could not be opened.").next("Check the folder.");
        let state = Vcenters::answered(Err(error.clone()));
        assert_eq!(state, Vcenters::Failed(error));
        assert_eq!(state.title(), "Muster could not read its vCenters");
    }

    #[test]
    fn an_empty_answer_is_zero() {
        assert_eq!(Vcenters::answered(Ok(Vec::new())), Vcenters::Known(0));
    }
}
