//! Reads all objects of one kind, page by page: a state machine that deltas can join after the first pass.
//! Never repeats a page: a token works once, so whoever wants another try starts a new watcher.

use crate::{
    error::{Call, Error},
    parser::{Object, Page},
    request,
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
        Self { session, selection, page_size, view: None, members: None, state: State::Start }
    }

    /// The next page, or the end. Cancelling the call under way spends the watcher, as an error does.
    ///
    /// # Errors
    /// [`Error::InvalidProperty`] names the path that the server doesn't know; [`Error::Spent`] after the end.
    pub async fn next(&mut self) -> Result<Event, Error> {
        // Until the call has succeeded the watcher counts as spent: neither an error nor a cancelled call may lead to
        // a second use of a token.
        match std::mem::replace(&mut self.state, State::Spent) {
            State::Start => self.first_page().await,
            State::Paging { token } => {
                let collector = &self.session.server().content.property_collector;
                let page = self.session.page(request::continue_retrieve(collector, &token)).await?;
                Ok(self.told(page))
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
        self.members = self.members(&view).await?;
        let collector = &self.session.server().content.property_collector;
        let request = request::retrieve_view(collector, &view, &self.selection, self.page_size);
        let page = self.session.page(request).await?;
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
            Ok(()) => {}
            // An expired session can look like an empty inventory.
            Err(error @ Error::NotAuthenticated { .. }) => return Err(error),
            Err(error) => tracing::debug!(%error, "a view was left to die with its session"),
        }
        Ok(Event::InitialDone)
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
            Ok(views) => {
                let members = views.first().and_then(|object| object.property("view"));
                let members = members.map_or(&[][..], Value::as_list);
                Ok(Some(members.iter().filter_map(Value::as_ref).cloned().collect()))
            }
            // Without it the progress display has no end, and nothing to hold the pages against.
            Err(Error::Fault { .. } | Error::NoPermission { .. } | Error::InvalidProperty { .. }) => Ok(None),
            Err(error) => Err(error),
        }
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
