//! The methods of property collectors.
//! Refuses a collector that isn't this session's.

use std::time::Duration;

use super::{Call, Outcome, Vcenter, Wait, reference};
use crate::collector::{Collector, Filter, Rest, Source};
use crate::sessions::Session;
use crate::soap::{Answer, Fault};

/// The property collector that all share.
pub(super) const SHARED: &str = "propertyCollector";

/// The longest that a wait for changes lasts.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

impl Vcenter {
    pub(super) fn collector(&self, session: &mut Session, call: &Call<'_>) -> Result<Outcome, Fault> {
        let is_shared = call.this.value == SHARED;
        if !is_shared && !session.collectors.contains_key(&call.this.value) {
            return Err(Fault::ManagedObjectNotFound(call.this.clone()));
        }
        match call.method {
            "RetrievePropertiesEx" => self.retrieve(session, call),
            "ContinueRetrievePropertiesEx" => {
                call.required("token")?;
                let rest = session.take_rest(call.argument("token"));
                let rest = rest.ok_or(Fault::InvalidArgument("token"))?;
                self.page(session, call, rest)
            }
            "CancelRetrievePropertiesEx" => {
                call.required("token")?;
                let rest = session.take_rest(call.argument("token"));
                rest.map(|_| call.answer(String::new())).ok_or(Fault::InvalidArgument("token"))
            }
            "CreatePropertyCollector" => {
                let id = own_id(session)?;
                session.collectors.insert(id.clone(), Collector::default());
                Ok(call.answer(reference("PropertyCollector", &id)))
            }
            "DestroyPropertyCollector" if !is_shared => {
                session.collectors.remove(&call.this.value);
                session.nudge();
                Ok(call.answer(String::new()))
            }
            "CreateFilter" => self.create_filter(session, call),
            "WaitForUpdatesEx" => self.wait(session, call),
            "CancelWaitForUpdates" => {
                session.collectors.entry(call.this.value.clone()).or_default().cancel();
                session.nudge();
                Ok(call.answer(String::new()))
            }
            _ => Err(self.unknown(session, call)),
        }
    }

    fn retrieve(&self, session: &mut Session, call: &Call<'_>) -> Result<Outcome, Fault> {
        let options = call.required("options")?;
        let rest = Rest::begin(call.arguments, Some(options), &self.source(session, call))?;
        if rest.is_empty() {
            return Ok(call.answer(String::new()));
        }
        self.page(session, call, rest)
    }

    fn page(&self, session: &mut Session, call: &Call<'_>, rest: Rest) -> Result<Outcome, Fault> {
        let mut objects = String::new();
        let rest = rest.write(&self.source(session, call), &mut objects);
        let token = match rest {
            Some(rest) => format!("<token>{}</token>", session.hold_rest(rest)?),
            None => String::new(),
        };
        Ok(call.answer(format!("<returnval>{token}{objects}</returnval>")))
    }

    fn create_filter(&self, session: &mut Session, call: &Call<'_>) -> Result<Outcome, Fault> {
        let spec = call.required("spec")?;
        call.required("partialUpdates")?;
        let id = own_id(session)?;
        let filter = Filter::new(id.clone(), spec, &self.source(session, call))?;
        session.collectors.entry(call.this.value.clone()).or_default().add(filter);
        session.nudge();
        Ok(call.answer(reference("PropertyFilter", &id)))
    }

    fn wait(&self, session: &mut Session, call: &Call<'_>) -> Result<Outcome, Fault> {
        let mut collector = session.collectors.remove(&call.this.value).unwrap_or_default();
        let cancels = collector.cancels();
        let options = call.arguments.child("options");
        let number = |name: &str| options.and_then(|options| options.value(name)?.parse::<u64>().ok());
        let most = number("maxObjectUpdates").and_then(|most| usize::try_from(most).ok());
        let updates = match call.caller.cancels {
            Some(before) if before != cancels => Err(Fault::RequestCanceled),
            _ => collector.updates(call.argument("version"), most, &self.source(session, call)),
        };
        session.collectors.insert(call.this.value.clone(), collector);
        if let Some(set) = updates? {
            return Ok(call.answer(format!("<returnval>{set}</returnval>")));
        }
        let longest = number("maxWaitSeconds").map_or(LONGEST_WAIT, Duration::from_secs).min(LONGEST_WAIT);
        let nothing = Answer { method: call.method.to_owned(), content: String::new(), cookie: None };
        Ok(Outcome::Wait(Wait { longest, nothing, cancels, nudges: session.nudges() }))
    }

    fn source<'a>(&'a self, session: &'a Session, call: &Call<'_>) -> Source<'a> {
        let user_session = session.fields(&self.user, call.caller.clock);
        Source { estate: &self.estate, session, content: &self.content, user_session }
    }
}

fn own_id(session: &Session) -> Result<String, Fault> {
    match session.has_room() {
        true => Ok(format!("session[{}]{}", session.key, uuid::Uuid::new_v4())),
        false => Err(Fault::LimitExceeded("filter")),
    }
}
