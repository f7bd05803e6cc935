//! Exports of RVTools, one tab as CSV or all of them as a workbook. Every tab has the vCenter in the column `VI SDK Server`
//! and its instance id in `VI SDK UUID`; the tab vSource has one row for each.
//! Refuses to import ESXi hosts that nobody asked for: their vCenter knows them.

use super::read::{MOST, distinct};
use super::table::{Table, plain};
use super::workbook::Workbook;
use super::{Entry, Listed};

/// The columns of a tab that say where something is.
struct Columns {
    server: Option<usize>,
    uuid: Option<usize>,
    host: Option<usize>,
}

impl Columns {
    fn of<'a>(titles: impl Iterator<Item = &'a str> + Clone, esxi_hosts: bool) -> Columns {
        // Some releases write the name of the tab before each title.
        let ending = |end: &str| titles.clone().position(|title| title.ends_with(end));
        let host = titles.clone().position(|title| matches!(title, "host" | "vhosthost" | "vinfohost"));
        Columns {
            server: ending("visdkserver"),
            uuid: ending("visdkuuid"),
            host: host.filter(|_| esxi_hosts),
        }
    }

    /// What a row names: its vCenter, and its host.
    fn entries<'a>(&self, line: u64, cell: impl Fn(usize) -> Option<&'a str>) -> [Option<Entry>; 2] {
        let text =
            |column: Option<usize>| column.and_then(&cell).map(str::trim).filter(|text| !text.is_empty());
        let at = |host: &str| Entry { line, host: host.to_owned(), ..Entry::default() };
        let vcenter = text(self.server)
            .map(|server| Entry { instance_uuid: text(self.uuid).map(str::to_owned), ..at(server) });
        [vcenter, text(self.host).map(at)]
    }
}

/// Each vCenter of a tab.
pub(super) fn table(table: &Table<'_>, esxi_hosts: bool) -> Listed {
    let columns = Columns::of(table.titles.iter().map(String::as_str), esxi_hosts);
    let (mut vcenters, mut hosts) = (Vec::new(), Vec::new());
    for (line, record) in table.rows() {
        let [vcenter, host] = columns.entries(line, |column| record.get(column));
        vcenters.extend(vcenter);
        hosts.extend(host);
    }
    vcenters.extend(hosts);
    Listed::of_others("RVTools (CSV)", "line", distinct(vcenters))
}

/// Each vCenter of a workbook.
pub(super) fn workbook(bytes: &[u8], esxi_hosts: bool) -> Result<Listed, String> {
    let mut workbook = Workbook::open(bytes)?;
    let mut tabs = workbook.tabs();
    let rank = |name: &str| ["vSource", "vHost", "vInfo"].iter().position(|tab| *tab == name).unwrap_or(3);
    tabs.sort_by_key(|name| rank(name));
    let (mut vcenters, mut hosts) = (Vec::new(), Vec::new());
    for tab in tabs {
        let with_hosts = esxi_hosts && tab == "vHost";
        if !vcenters.is_empty() && !with_hosts {
            continue;
        }
        let mut columns: Option<Columns> = None;
        workbook.rows(&tab, |row, cells| match &columns {
            None => {
                let width = cells.iter().map(|(column, _)| column + 1).max().unwrap_or(0);
                let mut titles = vec![String::new(); width];
                for (column, text) in cells {
                    titles[*column] = plain(text);
                }
                columns = Some(Columns::of(titles.iter().map(String::as_str), with_hosts));
            }
            Some(columns) => {
                let cell = |column| cells.iter().find(|(at, _)| *at == column).map(|(_, text)| &**text);
                let [vcenter, host] = columns.entries(row, cell);
                // One in each row of a large tab: only the first of each is kept.
                for (entry, kept) in [(vcenter, &mut vcenters), (host, &mut hosts)] {
                    if let Some(entry) = entry
                        && kept.len() <= MOST
                        && !kept.iter().any(|one: &Entry| one.host == entry.host)
                    {
                        kept.push(entry);
                    }
                }
            }
        })?;
    }
    vcenters.extend(hosts);
    Ok(Listed::of_others("RVTools (workbook)", "row", distinct(vcenters)))
}
