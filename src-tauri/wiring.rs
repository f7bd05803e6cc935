//! Opens the service for the window and hands it to the commands.
//! Refuses to bring the window down: a service that cannot be opened is an answer the page shows.

use contract::ApiError;
use service::{Options, Service, Unlock};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::sync::OnceCell;

/// The service of this process, opened by the first command that needs it.
///
/// The page asks at once, so nothing is lost by not opening it earlier, and the window is on screen while a
/// migration runs.
#[derive(Clone)]
pub(crate) struct Wiring {
    options: Result<Options, ApiError>,
    service: Arc<OnceCell<Service>>,
}

impl Wiring {
    /// Remembers where the data is, and opens nothing yet.
    pub(crate) fn new(data_dir: Option<PathBuf>) -> Wiring {
        // Nothing the window does so far needs a password; a prompt for one would come out of the blue.
        let options = Options::from_environment(data_dir, Unlock::Never);
        Wiring { options, service: Arc::default() }
    }

    /// The folder with the database, where the system has a place for one.
    pub(crate) fn data_dir(&self) -> Option<&Path> {
        self.options.as_ref().ok().map(|options| options.data_dir.as_path())
    }

    /// The open service, or why there is none; the next call tries again.
    pub(crate) async fn service(&self) -> Result<&Service, ApiError> {
        self.service.get_or_try_init(|| self.open()).await
    }

    /// Ends what was begun, once the window is closed.
    pub(crate) async fn close(&self) {
        if let Some(service) = self.service.get() {
            service.close().await;
        }
    }

    async fn open(&self) -> Result<Service, ApiError> {
        service::open(self.options.clone()?).await
    }
}
