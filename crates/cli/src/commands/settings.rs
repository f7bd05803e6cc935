//! `settings …`: the settings of Muster itself.
//! Refuses to check values: the service does that, for every client alike.

use crate::args::{ChangedSettings, SettingsOfMuster as Command};
use crate::ask;
use crate::exit::Exit;
use crate::output::{Output, card};
use contract::command::{DeleteUsage, SetPreferences, ShowPreferences};
use contract::{ApiError, Preferences, Subject};
use serde_json::json;
use service::Client;

pub(super) async fn run(service: &Client, output: &Output, command: Command) -> Result<Exit, ApiError> {
    let preferences = match command {
        Command::DeleteUsage { yes } => {
            service.may::<DeleteUsage>(Subject::none()).await?;
            let question = "Delete what was seen of when people look at vCenters?";
            ask::confirmed(output, yes, question, "nothing was deleted").await?;
            service.call(DeleteUsage {}).await?;
            output.answer(&json!({ "deleted": true }), || {
                "Deleted. Smart schedules run at their intervals until they have learned anew.".to_owned()
            })?;
            return Ok(Exit::Done);
        }
        Command::Show => service.call(ShowPreferences {}).await?,
        Command::Set(ChangedSettings {
            history_days,
            analytics_days,
            log_level,
            default_ttl,
            default_stale_reads,
        }) => {
            let default_ttl = default_ttl.as_deref().map(service::duration).transpose()?;
            service.may::<SetPreferences>(Subject::none()).await?;
            let made_from = service.call(ShowPreferences {}).await?;
            let mut preferences: Preferences = made_from.clone();
            if let Some(days) = history_days {
                preferences.history_days = days;
            }
            if let Some(days) = analytics_days {
                preferences.analytics_days = days;
            }
            if let Some(level) = log_level {
                preferences.log_level = level;
            }
            if let Some(ttl) = default_ttl {
                preferences.default_ttl_seconds = ttl.as_secs();
            }
            if let Some(reads) = default_stale_reads {
                preferences.default_stale_reads = reads;
            }
            service.call(SetPreferences { made_from, preferences }).await?
        }
    };
    output.answer(&preferences, || card(preferences.in_words()))?;
    Ok(Exit::Done)
}
