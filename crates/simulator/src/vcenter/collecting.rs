//! The methods of property collectors.
//! Refuses a collector that isn't this session's.

use std::time::Duration;

use super::{Call, Outcome, Vcenter, Wait, reference};
use crate::collector::{Filter, Rest, Source};
use crate::sessions::Session;
use crate::soap::{Answer, Fault};

/// The longest that a wait for changes lasts.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

impl Vcenter {
    pub(super) fn collector(&self, session: &Session, call: &Call<'_>) -> Result<Outcome, Fault> {
        let own = &call.this.value;
        let is_shared = self.content.is_shared_collector(own);
        if !is_shared && !session.holds("PropertyCollector", own) {
            return Err(Fault::ManagedObjectNotFound(call.this.clone()));
        }
        match call.method {
            "RetrievePropertiesEx" => self.retrieve(session, call),
            "ContinueRetrievePropertiesEx" => {
                call.required("token")?;
                let rest = session.take_rest(own, call.argument("token"));
                let rest = rest.ok_or(Fault::InvalidArgument("token"))?;
                self.page(session, call, rest)
            }
            "CancelRetrievePropertiesEx" => {
                call.required("token")?;
                let rest = session.take_rest(own, call.argument("token"));
                rest.map(|_| call.answer(String::new())).ok_or(Fault::InvalidArgument("token"))
            }
            "CreatePropertyCollector" if self.behavior.own_collectors => {
                Ok(call.answer(reference("PropertyCollector", &session.make_collector()?)))
            }
            "DestroyPropertyCollector" if !is_shared => {
                session.drop_collector(own);
                Ok(call.answer(String::new()))
            }
            "CreateFilter" => self.create_filter(session, call),
            "WaitForUpdatesEx" => self.wait(session, call),
            "CancelWaitForUpdates" => {
                session.collectors().entry(own.clone()).or_default().cancel();
                session.nudge();
                Ok(call.answer(String::new()))
            }
            _ => Err(self.unknown(session, call)),
        }
    }

    fn retrieve(&self, session: &Session, call: &Call<'_>) -> Result<Outcome, Fault> {
        let options = call.required("options")?;
        let rest = Rest::begin(call.arguments, Some(options), &self.source(session, call))?;
        if rest.is_empty() {
            return Ok(call.answer(String::new()));
        }
        self.page(session, call, rest)
    }

    fn page(&self, session: &Session, call: &Call<'_>, rest: Rest) -> Result<Outcome, Fault> {
        let mut objects = String::new();
        let inside = self.pages.enter();
        let rest = rest.write(&self.source(session, call), &mut objects);
        drop(inside);
        let token = match rest {
            Some(rest) => format!("<token>{}</token>", session.hold_rest(&call.this.value, rest)?),
            None => String::new(),
        };
        Ok(call.answer(format!("<returnval>{token}{objects}</returnval>")))
    }

    fn create_filter(&self, session: &Session, call: &Call<'_>) -> Result<Outcome, Fault> {
        let spec = call.required("spec")?;
        call.required("partialUpdates")?;
        let mut collectors = session.collectors();
        let id = session.new_id(&collectors)?;
        let filter = Filter::new(id.clone(), spec, &self.source(session, call))?;
        collectors.entry(call.this.value.clone()).or_default().add(filter);
        session.nudge();
        Ok(call.answer(reference("PropertyFilter", &id)))
    }

    fn wait(&self, session: &Session, call: &Call<'_>) -> Result<Outcome, Fault> {
        let options = call.arguments.child("options");
        let number = |name: &str| options.and_then(|options| options.value(name)?.parse::<u64>().ok());
        let most = number("maxObjectUpdates").and_then(|most| usize::try_from(most).ok());
        let mut collectors = session.collectors();
        let collector = collectors.entry(call.this.value.clone()).or_default();
        let cancels = collector.cancels();
        if call.caller.cancels.is_some_and(|before| before != cancels) {
            return Err(Fault::RequestCanceled);
        }
        let updates = collector.updates(call.argument("version"), most, &self.source(session, call))?;
        if let Some(set) = updates {
            return Ok(call.answer(format!("<returnval>{set}</returnval>")));
        }
        let longest = number("maxWaitSeconds").map_or(LONGEST_WAIT, Duration::from_secs).min(LONGEST_WAIT);
        let nothing = Answer { method: call.method.to_owned(), content: String::new(), cookie: None };
        Ok(Outcome::Wait(Wait { longest, nothing, cancels, nudges: session.nudges() }))
    }

    fn source<'a>(&'a self, session: &'a Session, call: &Call<'_>) -> Source<'a> {
        Source {
            inventory: &self.inventory,
            session,
            content: &self.content,
            roles: &self.roles,
            user_session: session.fields(&self.user, call.caller.clock),
            behavior: self.behavior,
        }
    }
}
