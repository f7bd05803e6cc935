//! Reads all objects of one kind, page by page: a state machine that deltas can join after the first pass.
//! Never repeats a page: a token works once, so whoever wants another try starts a new watcher.

use crate::{
    error::{Call, Error},
    paging::Paging,
    parser::{Object, Page},
    request::{self, Request},
    session::Session,
    value::{MoRef, Value},
};

/// Which objects, and which of their properties.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// Managed object type, like `HostSystem`.
    pub type_name: String,
    /// Property paths, as narrow as possible: `runtime.connectionState`, not `runtime`.
    pub paths: Vec<String>,
    /// The container to look in, at any depth (a folder, datacenter or cluster); the root folder if none.
    pub root: Option<MoRef>,
}

impl Selection {
    /// These properties of every object of this type.
    pub fn new<P: Into<String>>(type_name: impl Into<String>, paths: impl IntoIterator<Item = P>) -> Self {
        Self { type_name: type_name.into(), paths: paths.into_iter().map(Into::into).collect(), root: None }
    }

    /// The same, but only inside of this container.
    #[must_use]
    pub fn inside(mut self, root: MoRef) -> Self {
        self.root = Some(root);
        self
    }
}

/// What a watcher tells, in this order: pages, then `InitialDone`.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Some of the objects. A page may hold fewer than asked for, and none at all.
    Page {
        /// The objects.
        objects: Vec<Object>,
        /// How many objects there were in all when the pass began, where the server would say.
        total: Option<u64>,
    },
    /// Every page has arrived, and the session was still ours at the end.
    InitialDone,
}

/// Reads one selection. Dropping it leaves its view to die with the session: call [`Watcher::close`].
#[derive(Debug)]
pub struct Watcher {
    session: Session,
    selection: Selection,
    page_size: u32,
    view: Option<MoRef>,
    members: Option<Vec<MoRef>>,
    paging: Paging,
    state: State,
}

#[derive(Debug)]
enum State {
    Start,
    /// The server holds the rest of the pass under this token.
    Paging {
        token: String,
    },
    /// All pages are there, the end hasn't been told yet.
    Complete,
    /// Over, failed, or cancelled in the middle of a call.
    Spent,
}

impl Watcher {
    /// Nothing is sent until the first [`Watcher::next`]. `page_size` is the most objects in a page (0 counts
    /// as 1); the server may send fewer.
    pub fn new(session: &Session, selection: Selection, page_size: u32) -> Self {
        let (session, page_size) = (session.clone(), page_size.max(1));
        let paging = Paging::new(most(None));
        Self { session, selection, page_size, view: None, members: None, paging, state: State::Start }
    }

    /// The next page, or the end. Cancelling the call under way spends the watcher, as an error does.
    ///
    /// # Errors
    /// [`Error::InvalidProperty`] names the path that the server doesn't know; [`Error::Spent`] after the end.
    /// [`Error::NotAuthenticated`] also where our own view is gone, as it is when another session took the place of
    /// ours: log in and start again. [`Error::TooLarge`] and [`Error::Malformed`] where the pages have no end.
    pub async fn next(&mut self) -> Result<Event, Error> {
        // Until the call has succeeded the watcher counts as spent: neither an error nor a cancelled call may lead to
        // a second use of a token.
        match std::mem::replace(&mut self.state, State::Spent) {
            State::Start => self.first_page().await,
            State::Paging { token } => {
                let collector = &self.session.server().content.property_collector;
                let request = request::continue_retrieve(collector, &token);
                self.page(request).await
            }
            State::Complete => self.complete().await,
            State::Spent => Err(Error::Spent { call: self.call() }),
        }
    }

    /// What the server listed when the pass began, to hold the pages against; none if it would not say, or before
    /// the first page.
    pub fn listed(&self) -> Option<&[MoRef]> {
        self.members.as_deref()
    }

    /// Gives back what the server holds for this watcher, as far as it lets us. Needed after an early end only.
    pub async fn close(mut self) {
        if let State::Paging { token } = std::mem::replace(&mut self.state, State::Spent) {
            let collector = &self.session.server().content.property_collector;
            if let Err(error) = self.session.send(request::cancel_retrieve(collector, &token)).await {
                tracing::debug!(%error, "the rest of a pass could not be cancelled");
            }
        }
        if let Err(error) = self.destroy_view().await {
            tracing::debug!(%error, "a view was left to die with its session");
        }
    }

    async fn first_page(&mut self) -> Result<Event, Error> {
        let view = self.create_view().await?;
        // Kept before anything else is asked, so that `close` finds it whatever happens.
        self.view = Some(view.clone());
        self.members = self.members(&view).await.map_err(|error| replaced(error, &view))?;
        self.paging = Paging::new(most(self.members.as_deref()));
        let collector = &self.session.server().content.property_collector;
        let request = request::retrieve_view(collector, &view, &self.selection, self.page_size);
        self.page(request).await
    }

    async fn page(&mut self, request: Request) -> Result<Event, Error> {
        let method = request.method;
        let (page, end) = self.session.page(request).await.map_err(|error| match &self.view {
            Some(view) => replaced(error, view),
            None => error,
        })?;
        self.paging.take(self.session.server().transport.call(method), &page, end)?;
        Ok(self.told(page))
    }

    fn told(&mut self, page: Page) -> Event {
        self.state = match page.token {
            Some(token) => State::Paging { token },
            None => State::Complete,
        };
        Event::Page {
            objects: page.objects,
            total: self.members.as_ref().map(|members| members.len() as u64),
        }
    }

    async fn complete(&mut self) -> Result<Event, Error> {
        match self.destroy_view().await {
            Ok(()) => Ok(Event::InitialDone),
            // The server answered, and not that the session or the view is gone.
            Err(error @ Error::Fault { .. }) => {
                tracing::debug!(%error, "a view was left to die with its session");
                Ok(Event::InitialDone)
            }
            // An expired or replaced session can look like an empty inventory, and whoever doesn't answer proves nothing.
            Err(Error::ManagedObjectNotFound { call, .. }) => Err(Error::NotAuthenticated { call }),
            Err(error) => Err(error),
        }
    }

    async fn create_view(&self) -> Result<MoRef, Error> {
        let content = &self.session.server().content;
        let container = self.selection.root.as_ref().unwrap_or(&content.root_folder);
        let request =
            request::create_container_view(&content.view_manager, container, &self.selection.type_name);
        let answer = self.session.send(request).await?;
        let view = answer.value.field("returnval").and_then(Value::as_ref).cloned();
        view.ok_or_else(|| self.session.server().incomplete("CreateContainerView", "view"))
    }

    /// The view's own list of references: 90 bytes an object, where a page has thousands.
    async fn members(&self, view: &MoRef) -> Result<Option<Vec<MoRef>>, Error> {
        match self.session.retrieve(std::slice::from_ref(view), "ContainerView", &["view"]).await {
            Ok(views) => match views.iter().find(|object| object.moref == *view) {
                Some(object) => self.listed_in(object),
                None => Ok(None),
            },
            // Without it the progress display has no end, and nothing to hold the pages against.
            Err(Error::Fault { .. } | Error::NoPermission { .. } | Error::InvalidProperty { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What a view lists. Not set is an empty list; withheld for a reason is none.
    fn listed_in(&self, view: &Object) -> Result<Option<Vec<MoRef>>, Error> {
        let Some(members) = view.property("view") else {
            let is_withheld = view.missing.iter().any(|(path, _)| &**path == "view");
            return Ok((!is_withheld).then(Vec::new));
        };
        let members: Option<Vec<_>> = members.as_list().iter().map(|item| item.as_ref().cloned()).collect();
        let Some(members) = members else {
            return Err(self.session.server().incomplete("RetrievePropertiesEx", "list of references"));
        };
        Ok(Some(members))
    }

    async fn destroy_view(&mut self) -> Result<(), Error> {
        match self.view.take() {
            Some(view) => self.session.send(request::destroy_view(&view)).await.map(drop),
            None => Ok(()),
        }
    }

    fn call(&self) -> Call {
        self.session.server().transport.call("RetrievePropertiesEx")
    }
}

/// The most objects that may come in a pass: more than are listed, because objects are created and repeated while it
/// runs. Where the server would not list them, more than the largest vCenter has of any kind.
fn most(listed: Option<&[MoRef]>) -> usize {
    listed.map_or(200_000, |listed| listed.len() * 2 + 10_000)
}

/// Our own view is gone only together with the session that it was created in.
fn replaced(error: Error, view: &MoRef) -> Error {
    match error {
        Error::ManagedObjectNotFound { call, moref: Some(moref) } if moref == *view => {
            Error::NotAuthenticated { call }
        }
        error => error,
    }
}
