//! Reads properties of objects by reference, through one property collector.
//! Never repeats a token: what did not come with the rest of an answer is for its caller to ask for again.

use std::sync::Arc;

use crate::{
    error::Error,
    paging::Paging,
    parser::{Limits, Missing, Object},
    property::PropertySet,
    request,
    session::Session,
    value::{MoRef, Value},
};

/// Unpacked bytes of an answer for several objects: one that is heavier is better asked for in smaller parts, and
/// until it is known how heavy objects are, no more than this is read in vain.
const HEAVIEST: u64 = 16 << 20;

/// A property collector of a session. A server works for one at a time, so calls at once want one each.
#[derive(Debug)]
pub struct Collector {
    session: Session,
    moref: MoRef,
    is_own: bool,
}

/// What came of a retrieval.
#[derive(Debug)]
pub struct Retrieved {
    /// The objects, in any order.
    pub objects: Vec<Object>,
    /// Unpacked bytes of the answers.
    pub bytes: u64,
    /// Why the rest of the answer didn't come, where its first part named a rest: then an object that isn't here says
    /// nothing.
    pub cut_short: Option<Error>,
}

impl Retrieved {
    /// The objects, if all of the answer came.
    pub(crate) fn whole(self) -> Result<Vec<Object>, Error> {
        match self.cut_short {
            None => Ok(self.objects),
            Some(error) => Err(error),
        }
    }
}

impl Collector {
    /// A collector of its own; the session's default one where the server makes none.
    ///
    /// # Errors
    /// Where the server doesn't answer, or the session is over.
    pub async fn create(session: &Session) -> Result<Self, Error> {
        let default = &session.server().content.property_collector;
        match session.send(request::create_collector(default)).await {
            Ok(answer) => {
                let moref = answer.value.field("returnval").and_then(Value::as_ref).cloned();
                let moref =
                    moref.ok_or_else(|| session.server().incomplete("CreatePropertyCollector", "collector"));
                Ok(Self { session: session.clone(), moref: moref?, is_own: true })
            }
            Err(error @ (Error::Fault { .. } | Error::NoPermission { .. })) => {
                tracing::debug!(%error, "the server makes no property collector: its default one is used");
                Ok(Self::default_of(session))
            }
            Err(error) => Err(error),
        }
    }

    pub(crate) fn default_of(session: &Session) -> Self {
        let moref = session.server().content.property_collector.clone();
        Self { session: session.clone(), moref, is_own: false }
    }

    /// Properties of these objects; with `report_missing`, of those that exist.
    ///
    /// # Errors
    /// [`Error::ManagedObjectNotFound`] names an object that doesn't exist, where that isn't reported otherwise.
    /// [`Error::InvalidProperty`] names a path that the server doesn't know. [`Error::TooLarge`] where the objects
    /// weigh too much for one answer, or more come than were asked for. [`Error::NotAuthenticated`] also where the
    /// server withholds properties because the session is over.
    pub async fn retrieve(
        &self,
        objects: &[MoRef],
        sets: &[PropertySet],
        report_missing: bool,
    ) -> Result<Retrieved, Error> {
        let call = |request: &request::Request| self.session.server().transport.call(request.method);
        let mut request = request::retrieve(&self.moref, objects, sets, report_missing);
        if objects.len() > 2 {
            request.limits = Limits { body: HEAVIEST, ..request.limits };
        }
        let (limits, keep) = (request.limits, request.keep.clone());
        let mut paging = Paging::new(objects.len());
        let mut all = Retrieved { objects: Vec::with_capacity(objects.len()), bytes: 0, cut_short: None };
        loop {
            let page = self.session.page(request.clone()).await;
            let (mut page, end) = match page {
                // A token that fails is spent, but what came before it stands.
                Err(error) if all.bytes > 0 && !matches!(error, Error::NotAuthenticated { .. }) => {
                    all.cut_short = Some(error);
                    return Ok(all);
                }
                page => page?,
            };
            if page.objects.iter().any(is_unauthenticated) {
                return Err(Error::NotAuthenticated { call: call(&request) });
            }
            paging.take(call(&request), &page, end)?;
            all.bytes += end;
            all.objects.append(&mut page.objects);
            let Some(token) = page.token else { return Ok(all) };
            request = request::continue_retrieve(&self.moref, &token);
            (request.limits, request.keep) = (limits, keep.clone());
        }
    }

    /// Gives it back, if it is one of our own. A server that doesn't take it ends it with the session.
    pub async fn destroy(self) {
        if self.is_own
            && let Err(error) = self.session.send(request::destroy_collector(&self.moref)).await
        {
            tracing::debug!(%error, "a property collector is left to end with its session");
        }
    }
}

/// A server whose session ended may answer with objects that have no properties, instead of with a fault.
fn is_unauthenticated(object: &Object) -> bool {
    object.missing.iter().any(|(_, why): &(Arc<str>, Missing)| *why == Missing::NotAuthenticated)
}
