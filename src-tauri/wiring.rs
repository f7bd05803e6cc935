//! Opens the service for the window and hands it to the commands.
//! Refuses to bring the window down: a service that cannot be opened is an answer the page shows.

use contract::ApiError;
use placeholder::{Options, Service};
use std::path::{Path, PathBuf};
use tokio::sync::OnceCell;

/// The service of this process, opened by the first command that needs it.
///
/// The page asks at once, so nothing is lost by not opening it earlier, and the window is on screen while a
/// migration runs.
pub(crate) struct Wiring {
    data_dir: PathBuf,
    service: OnceCell<Result<Service, ApiError>>,
}

impl Wiring {
    /// Remembers the folder, and opens nothing yet.
    pub(crate) fn new(data_dir: Option<PathBuf>) -> Wiring {
        let data_dir = data_dir.unwrap_or_else(placeholder::default_data_dir);
        Wiring { data_dir, service: OnceCell::new() }
    }

    /// The folder with the database.
    pub(crate) fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// The open service, or why there is none.
    pub(crate) async fn service(&self) -> Result<&Service, ApiError> {
        let options = Options { data_dir: self.data_dir.clone() };
        self.service.get_or_init(|| placeholder::open(options)).await.as_ref().map_err(Clone::clone)
    }
}

/// PLACEHOLDER for crate `service`: replace the module by `use service::{Options, Service}`, `service::open` and
/// `service::default_data_dir`, and delete it.
mod placeholder {
    use contract::{ApiError, Code, Vcenter};
    use std::path::PathBuf;

    pub(super) struct Options {
        pub(super) data_dir: PathBuf,
    }

    pub(crate) struct Service;

    pub(super) fn default_data_dir() -> PathBuf {
        let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
        let data = std::env::var_os("XDG_DATA_HOME").map_or_else(|| home.join(".local/share"), PathBuf::from);
        data.join("muster")
    }

    pub(super) async fn open(options: Options) -> Result<Service, ApiError> {
        std::fs::create_dir_all(&options.data_dir).map_err(|e| {
            ApiError::new(
                Code::Database,
                format!("The data folder {} could not be opened: {e}.", options.data_dir.display()),
            )
            .next("Check that the folder may be written, or choose another one with --data-dir.")
        })?;
        Ok(Service)
    }

    impl Service {
        pub(crate) async fn vcenters(&self) -> Result<Vec<Vcenter>, ApiError> {
            Ok(Vec::new())
        }
    }
}
