//! Support bundles: what somebody needs who is to find out what is wrong, in one file that may be sent to anybody.
//! Refuses names, addresses, users and passwords, and to write what was not shown before.

mod contents;
mod names;
mod ordinary;
mod patterns;
mod pseudonyms;

#[cfg(test)]
pub(crate) use contents::unlearned;

use crate::call::{Admitted, Answer, Handler};
use crate::{explain, new_file};
use contract::command::{DraftBundle, WriteBundle};
use contract::{ApiError, BundleDraft, BundledFile, Code, WrittenBundle};
use pseudonyms::Pseudonyms;
use std::collections::BTreeMap;
use std::io::{Cursor, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// The bundle that was made last, and is not written yet.
#[derive(Default)]
pub(crate) struct Drafts(Mutex<Option<Draft>>);

struct Draft {
    id: String,
    packed: Vec<u8>,
    mapping: Vec<u8>,
}

impl Handler for DraftBundle {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        let names = call.known_names(call.caller()).await?;
        let documents = call.documents().await?;
        let logs = call.log_files();
        let made = store::aside(move || {
            let mut names = names;
            let files = contents::files(&mut names, documents, &logs);
            pack(&files).map(|packed| (files, packed, names))
        });
        let (files, packed, names) = made.await.map_err(|error| {
            tracing::error!(%error, "a support bundle could not be packed");
            explain::defect("the support bundle could not be made", "Report it.")
        })?;
        let draft = BundleDraft {
            draft: uuid::Uuid::new_v4().to_string(),
            files: files
                .iter()
                .map(|(name, text)| BundledFile { name: name.clone(), bytes: text.len() as u64 })
                .collect(),
            replaced: counted(&names),
            bytes: packed.len() as u64,
        };
        let mapping = mapping(&names);
        let kept = Draft { id: draft.draft.clone(), packed, mapping };
        *call.inner.drafts.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
        Ok(draft)
    }
}

impl Handler for WriteBundle {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        let WriteBundle { draft, out, mapping } = self;
        let kept = call.inner.drafts.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(kept) = kept.filter(|kept| kept.id == draft) else {
            return Err(ApiError::new(Code::NotFound, "this support bundle is not there any more")
                .next("Make it again, and look at what is in it."));
        };
        store::aside(move || {
            // First what stays here: a bundle is not there while the file is missing that explains it.
            if let Some(mapping) = &mapping {
                new_file::write(Path::new(mapping), |file| file.write_all(&kept.mapping))?;
            }
            let bytes = new_file::write(Path::new(&out), |file| file.write_all(&kept.packed))?;
            Ok(WrittenBundle { path: out, bytes, mapping })
        })
        .await
    }
}

fn pack(files: &[(String, String)]) -> std::io::Result<Vec<u8>> {
    let options = SimpleFileOptions::default().unix_permissions(0o600);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        zip.start_file(name, options)?;
        zip.write_all(text.as_bytes())?;
    }
    Ok(zip.finish()?.into_inner())
}

/// How many different names were replaced, by kind.
fn counted(names: &Pseudonyms) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for replaced in names.met().values() {
        *counts.entry(replaced.sort.noun().to_owned()).or_default() += 1;
    }
    counts
}

/// What was replaced by what, as a table for the owner of the names.
fn mapping(names: &Pseudonyms) -> Vec<u8> {
    let mut table = csv::Writer::from_writer(Vec::new());
    let rows = names.met().iter().map(|(name, by)| [by.sort.noun(), name.as_str(), by.by.as_str()]);
    for row in std::iter::once(["kind", "name", "stands in the bundle as"]).chain(rows) {
        // Memory takes everything.
        let _ = table.write_record(row);
    }
    table.into_inner().unwrap_or_default()
}
