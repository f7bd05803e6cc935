//! The configuration of vCenters as a file: what is needed to have them configured the same elsewhere.
//! Refuses passwords, and what contacts left behind: a login that was rejected is nobody's configuration.

use super::{file, texts};
use crate::call::{Admitted, Answer, Handler};
use crate::import::{MARK, cell};
use crate::{Service, explain};
use contract::command::{DescribeVcenters, Described, ExportVcenters, Exported};
use contract::{ApiError, Code, Trust, VcenterId};
use serde_json::{Map, Value, json};
use store::VcenterRecord;

/// What of a vCenter stands before its settings.
const COLUMNS: [&str; 9] =
    ["name", "host", "port", "credential", "user", "trust", "pin", "ca_pem", "instance_uuid"];

impl Service {
    /// The configuration of vCenters, or of all where none is named, and how many they are.
    async fn described(&self, vcenters: &[VcenterId], csv: bool) -> Result<Described, ApiError> {
        let records = self.chosen(vcenters).await?;
        let all: Vec<Map<String, Value>> = records.iter().map(described).collect::<Result<_, _>>()?;
        if all.is_empty() {
            let error = ApiError::new(Code::NotFound, "there are no vCenters yet; nothing was exported");
            return Err(error.next("Add one, or import some."));
        }
        let text = if csv { as_csv(&all) } else { as_json(&all)? };
        Ok(Described { text, vcenters: all.len() })
    }
}

impl Handler for DescribeVcenters {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.described(&[], self.csv).await
    }
}

impl Handler for ExportVcenters {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        let Described { text, vcenters } = call.described(&self.vcenters, self.csv).await?;
        let ending = if self.csv { "csv" } else { "json" };
        let path = file::download("vCenters", ending, text, call.now()).await?;
        Ok(Exported { path, rows: vcenters })
    }
}

/// A vCenter as the file has it.
fn described(record: &VcenterRecord) -> Result<Map<String, Value>, ApiError> {
    let v = &record.vcenter;
    let (pin, ca) = match &record.trust {
        Trust::System => (None, None),
        Trust::Pin { sha256 } => (Some(sha256), None),
        Trust::Ca { pem } => (None, Some(pem)),
    };
    let values = [
        json!(v.name),
        json!(v.host),
        json!(v.port),
        json!(v.credential),
        json!(v.user),
        json!(record.trust.name()),
        json!(pin),
        json!(ca),
        json!(v.instance_uuid),
    ];
    let mut described: Map<String, Value> = COLUMNS.map(str::to_owned).into_iter().zip(values).collect();
    match serde_json::to_value(&v.settings) {
        Ok(Value::Object(settings)) => described.extend(settings),
        _ => return Err(unwritable()),
    }
    Ok(described)
}

fn as_json(all: &[Map<String, Value>]) -> Result<String, ApiError> {
    let document = json!({ "muster": MARK, "version": 1, MARK: all });
    let text = serde_json::to_string_pretty(&document).map_err(|_| unwritable())?;
    Ok(text + "\n")
}

fn as_csv(all: &[Map<String, Value>]) -> String {
    let titles = all.first().into_iter().flat_map(Map::keys).map(String::as_str);
    texts(titles, all.iter().map(|one| one.values().map(cell)))
}

fn unwritable() -> ApiError {
    explain::defect("the vCenters could not be exported", "Report it.")
}
