//! Which objects of a type there are: a container view and its own list of references.
//! Refuses to take silence for an empty list: a view that the server says nothing about is an error.

use crate::{
    collector::Collector,
    error::Error,
    parser::Object,
    property::PropertySet,
    request,
    session::Session,
    value::{MoRef, Value},
};

/// A container view on a server. It follows what is created and deleted until it is closed; dropped, it is left to die
/// with its session.
#[derive(Debug)]
pub struct View {
    session: Session,
    moref: MoRef,
}

/// What a view lists at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The objects, in the server's order. The container itself is not among them.
    pub members: Vec<MoRef>,
    /// Whether the root folder came in the same answer: without it, what isn't listed proves nothing.
    pub root_came: bool,
}

impl View {
    /// A view of every object of this type and its subtypes, at any depth in a container; in the root folder if none.
    ///
    /// # Errors
    /// [`Error::ManagedObjectNotFound`] where the container is gone.
    pub async fn open(session: &Session, type_name: &str, container: Option<&MoRef>) -> Result<Self, Error> {
        let content = &session.server().content;
        let container = container.unwrap_or(&content.root_folder);
        let request = request::create_container_view(&content.view_manager, container, type_name);
        let answer = session.send(request).await?;
        let moref = answer.value.field("returnval").and_then(Value::as_ref).cloned();
        let moref = moref.ok_or_else(|| session.server().incomplete("CreateContainerView", "view"))?;
        Ok(Self { session: session.clone(), moref })
    }

    /// What it lists now, asked for through this collector: 90 bytes an object.
    ///
    /// # Errors
    /// [`Error::NotAuthenticated`] also where the view is gone: that happens only together with its session.
    pub async fn list(&self, collector: &Collector) -> Result<Listing, Error> {
        let root = self.session.root_folder();
        let objects = [self.moref.clone(), root.clone()];
        let sets = [PropertySet::new("ContainerView", ["view"]), PropertySet::new("Folder", ["name"])];
        let asked = collector.retrieve(&objects, &sets, false).await;
        let sent = asked.map_err(|error| self.replaced(error))?.whole()?;
        let find = |moref: &MoRef| sent.iter().find(|object| object.moref == *moref);
        let view = find(&self.moref).ok_or_else(|| self.incomplete())?;
        Ok(Listing { members: self.members(view)?, root_came: find(root).is_some() })
    }

    /// Gives it back. A server that doesn't take it ends it with the session.
    pub async fn close(&self) {
        if let Err(error) = self.session.send(request::destroy_view(&self.moref)).await {
            tracing::debug!(%error, "a view is left to end with its session");
        }
    }

    /// Not set is an empty list; withheld for a reason is none.
    fn members(&self, view: &Object) -> Result<Vec<MoRef>, Error> {
        match view.property("view") {
            Some(members) => {
                let members: Option<Vec<_>> =
                    members.as_list().iter().map(|item| item.as_ref().cloned()).collect();
                members.ok_or_else(|| self.incomplete())
            }
            None if view.missing.is_empty() => Ok(Vec::new()),
            None => Err(self.incomplete()),
        }
    }

    fn incomplete(&self) -> Error {
        self.session.server().incomplete("RetrievePropertiesEx", "list of references")
    }

    /// Our own view is gone only together with the session that it was created in.
    fn replaced(&self, error: Error) -> Error {
        match error {
            Error::ManagedObjectNotFound { call, moref: Some(moref) } if moref == self.moref => {
                Error::NotAuthenticated { call }
            }
            error => error,
        }
    }
}
