//! What an operation changed, as it comes page by page: taken together, in groups, and as lines to copy.
//! Refuses to take a page twice, or out of turn.

use contract::{ChangedObject, ChangesPage, Kind, LARGEST_WINDOW, ObjectChanges, Recorded};

/// Objects that are shown at first, and how many more each time.
const FIRST: u32 = 50;
const MORE: u32 = 500;

/// A page to be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) skip: u32,
    pub(crate) limit: u32,
}

impl Default for Asked {
    fn default() -> Asked {
        Asked { skip: 0, limit: FIRST }
    }
}

impl Asked {
    /// The page that follows. Not by what came: what only a newer release can show is left out of a page.
    pub(crate) fn next(self) -> Asked {
        Asked { skip: self.skip + self.limit, limit: MORE }
    }
}

/// The pages that came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Gathered {
    pub(crate) changes: ObjectChanges,
    pub(crate) has_more: bool,
    next: Asked,
}

impl Gathered {
    /// Takes in a page if it is the one that follows.
    pub(crate) fn take(&mut self, asked: Asked, page: &ChangesPage) {
        if asked == self.next {
            self.changes.append(page.changes.clone());
            self.has_more = page.has_more;
            self.next = asked.next();
        }
    }

    /// The page to be asked for when somebody wants more.
    pub(crate) fn next(&self) -> Asked {
        self.next
    }

    /// Whether any came.
    pub(crate) fn is_any(&self) -> bool {
        self.next != Asked::default()
    }
}

/// Objects by kind, in groups of as many as can be looked for at once. Those that are there stay in theirs when more come.
pub(crate) fn groups(objects: &[ChangedObject]) -> Vec<(Kind, &[ChangedObject])> {
    let of_a_kind = objects.chunk_by(|one, next| one.kind == next.kind);
    let groups = of_a_kind.flat_map(|of_a_kind| of_a_kind.chunks(LARGEST_WINDOW));
    groups.map(|group| (group[0].kind, group)).collect()
}

/// How many are counted only.
pub(crate) fn more(more: Recorded) -> Option<String> {
    let most = contract::words::grouped(Recorded::MOST as i64);
    contract::words::more_changes(more).map(|more| format!("{more}: at most {most} of each are."))
}

/// A line for each value, with tabs between its columns, as spreadsheets take it.
pub(crate) fn lines(changes: &ObjectChanges) -> String {
    let mut lines = vec!["Change\tKind\tName\tMoref\tProperty\tOld\tNew".to_owned()];
    let plain = |text: &str| text.replace(['\t', '\n', '\r'], " ");
    let all = [("added", &changes.added), ("changed", &changes.changed), ("removed", &changes.removed)];
    for (what, object) in
        all.into_iter().flat_map(|(what, objects)| objects.iter().map(move |one| (what, one)))
    {
        let name = object.name.as_deref().unwrap_or_default();
        let begin = format!("{what}\t{}\t{}\t{}", object.kind.singular(), plain(name), object.moref);
        if object.properties.is_empty() {
            lines.push(format!("{begin}\t\t\t"));
        }
        for change in &object.properties {
            let [old, new] = contract::words::changed(object.kind, change).map(Option::unwrap_or_default);
            let property = contract::words::property(object.kind, change);
            lines.push(format!("{begin}\t{property}\t{}\t{}", plain(&old), plain(&new)));
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objects(kind: Kind, number: usize) -> Vec<ChangedObject> {
        let object = |number: usize| ChangedObject {
            kind,
            moref: format!("{kind}-{number}").as_str().into(),
            name: None,
            properties: Vec::new(),
        };
        (0..number).map(object).collect()
    }

    /// The service's answer: it gives at most a thousand at once.
    fn page(all: &ObjectChanges, asked: Asked) -> ChangesPage {
        let named = all.changed.iter().skip(asked.skip as usize);
        let changed: Vec<ChangedObject> = named.take(asked.limit.min(1_000) as usize).cloned().collect();
        let has_more = asked.skip as usize + changed.len() < all.changed.len();
        let more = all.more;
        ChangesPage { changes: ObjectChanges { changed, more, ..ObjectChanges::default() }, has_more }
    }

    #[test]
    fn each_page_is_taken_once_until_all_are_there_and_the_rest_is_told() {
        let more = Recorded { changed: 5_400, removed: 3, ..Recorded::default() };
        let all = ObjectChanges { changed: objects(Kind::Vms, 3_000), more, ..ObjectChanges::default() };
        let mut gathered = Gathered::default();
        assert!(!gathered.is_any());
        let mut asked = gathered.next();
        for number in 0..20 {
            let came = page(&all, asked);
            gathered.take(asked, &came);
            // It is drawn again with the same answer.
            gathered.take(asked, &came);
            assert!(gathered.is_any());
            if !gathered.has_more {
                break;
            }
            assert!(number < 19, "it never ends");
            asked = gathered.next();
        }
        assert_eq!(gathered.changes, all);
        assert_eq!(
            super::more(gathered.changes.more).as_deref(),
            Some("5,400 more changed, 3 more removed, not recorded: at most 1,000 of each are.")
        );
        assert_eq!(super::more(Recorded::default()), None);
    }

    #[test]
    fn every_object_is_in_a_group_that_can_be_looked_for_at_once() {
        let all = [objects(Kind::Hosts, 3), objects(Kind::Vms, 800)].concat();
        let found = groups(&all);
        let sizes: Vec<(Kind, usize)> = found.iter().map(|(kind, group)| (*kind, group.len())).collect();
        assert_eq!(sizes, [(Kind::Hosts, 3), (Kind::Vms, LARGEST_WINDOW), (Kind::Vms, 300)]);
        let grouped: Vec<ChangedObject> = found.iter().flat_map(|(_, group)| group.to_vec()).collect();
        assert_eq!(grouped, all);
    }
}
