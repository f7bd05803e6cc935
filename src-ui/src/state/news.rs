//! What is told by toasts: each end of an operation once, and only what doesn't stand on the page.
//! Refuses to tell what had ended before anybody looked.

use super::batches::Batches;
use super::toasts::{Toast, Toasts};
use contract::{ApiError, Job, Operation, OperationId, OperationState, Origin, Time, Vcenter, VcenterId};
use std::collections::{HashMap, HashSet};

/// What was told and what is.
#[derive(Debug)]
pub(crate) struct News {
    toasts: Toasts,
    /// The operations whose end was told; `None` until the first list is there.
    told: Option<HashSet<OperationId>>,
    /// When the first list came.
    looking_since: Time,
    /// The vCenters whose work and its outcome stand on the page, and how often.
    cards: HashMap<VcenterId, usize>,
    /// What was asked for on several vCenters at once, which is told together.
    batches: Batches,
}

impl Default for News {
    fn default() -> News {
        News {
            toasts: Toasts::default(),
            told: None,
            looking_since: Time(0),
            cards: HashMap::new(),
            batches: Batches::default(),
        }
    }
}

impl News {
    /// The toasts on screen.
    pub(crate) fn toasts(&self) -> &Toasts {
        &self.toasts
    }

    /// Takes one away.
    pub(crate) fn dismiss(&mut self, toast: u64) {
        self.toasts.dismiss(toast);
    }

    /// A vCenter's work and its outcome stand on the page from now on.
    pub(crate) fn card(&mut self, vcenter: &VcenterId) {
        *self.cards.entry(vcenter.clone()).or_default() += 1;
        self.toasts.stands_on_the_page(vcenter);
    }

    /// They do no longer.
    pub(crate) fn no_card(&mut self, vcenter: &VcenterId) {
        if let Some(cards) = self.cards.get_mut(vcenter) {
            *cards = cards.saturating_sub(1);
        }
    }

    /// Shows a toast, unless what it says stands on the page.
    pub(crate) fn say(&mut self, toast: Toast) {
        if !toast.stands_on(|vcenter| self.cards.get(vcenter).is_some_and(|cards| *cards > 0)) {
            self.toasts.show(toast);
        }
    }

    /// Work was asked for on several vCenters at once: its ends are told together.
    pub(crate) fn batch(&mut self, vcenters: &[Vcenter], job: &Job) {
        self.batches.begin(vcenters, job);
    }

    /// The service took work on a vCenter, or did not; answers whether that is told together with others.
    pub(crate) fn answered(
        &mut self,
        vcenter: &VcenterId,
        job: &Job,
        answer: &Result<OperationId, ApiError>,
    ) -> bool {
        let is_told = self.batches.answered(vcenter, job, answer);
        self.summarize();
        is_told
    }

    fn summarize(&mut self) {
        for summary in self.batches.summaries() {
            self.toasts.show(summary);
        }
    }

    /// What time it is. A clock that was set back must not silence what ends from now on until it comes to that time again.
    pub(crate) fn at(&mut self, now: Time) {
        self.looking_since = self.looking_since.min(now);
    }

    /// Another estate is shown: what it holds from before was not seen here. What stands on the page still does.
    pub(crate) fn start_over(&mut self) {
        (self.told, self.toasts, self.batches) = (None, Toasts::default(), Batches::default());
    }

    /// Looks at a list of operations that has just come.
    pub(crate) fn see(&mut self, operations: &[Operation], now: Time) {
        let ended = operations.iter().filter(|operation| operation.state.is_final());
        let Some(told) = &mut self.told else {
            // What had ended before the first list came was not seen to end.
            self.told = Some(ended.map(|operation| operation.id.clone()).collect());
            self.looking_since = now;
            return;
        };
        let since = self.looking_since;
        let mut said = Vec::new();
        for operation in ended.rev() {
            // One that had left the list may come back to it when others go.
            let is_news = told.insert(operation.id.clone()) && operation.finished_at >= Some(since);
            if is_news && operation.state == OperationState::Succeeded {
                self.toasts.withdraw(operation);
            }
            if is_news
                && operation.origin == Origin::User
                && !self.batches.tells(operation)
                && let Some(toast) = Toast::of(operation)
            {
                said.push(toast);
            }
        }
        for toast in said {
            self.say(toast);
        }
        self.batches.see(operations);
        self.summarize();
    }
}
