//! What the inventory page shows of a kind: scope, filter, order, page and the object that is open.
//! Refuses to hold rows: it is a question, and the service has the answer.

use super::route::Selected;
use contract::columns::{self, Column, Link};
use contract::{Condition, Kind, RowQuery, VcenterId};

/// Rows of one page.
pub(crate) const PAGE: usize = 200;

/// The question.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct View {
    pub(crate) kind: Kind,
    /// One vCenter, or all.
    pub(crate) vcenter: Option<VcenterId>,
    /// Words that have to stand in the rows.
    pub(crate) text: String,
    /// Conditions that have to hold, all of them.
    pub(crate) conditions: Vec<Condition>,
    /// The column that is sorted by, and whether from the largest down.
    pub(crate) sort: (String, bool),
    /// Page, from 0.
    pub(crate) page: usize,
    /// The object in the drawer.
    pub(crate) open: Option<Selected>,
}

impl View {
    /// Every row of a kind, by name.
    pub(crate) fn of(kind: Kind) -> View {
        View {
            kind,
            vcenter: None,
            text: String::new(),
            conditions: Vec::new(),
            sort: ("name".to_owned(), false),
            page: 0,
            open: None,
        }
    }

    /// The columns it shows.
    pub(crate) fn columns(&self) -> Vec<&'static Column> {
        columns::of(self.kind).first()
    }

    /// It as a query.
    pub(crate) fn query(&self) -> RowQuery {
        let (column, down) = &self.sort;
        RowQuery {
            vcenters: self.vcenter.iter().cloned().collect(),
            columns: self.columns().iter().map(|column| column.id.to_string()).collect(),
            sort: vec![format!("{}{column}", if *down { "-" } else { "" })],
            text: self.text.clone(),
            conditions: self.conditions.clone(),
            offset: self.page * PAGE,
            limit: PAGE,
            refresh: true,
            ..RowQuery::count(self.kind)
        }
    }

    /// Sorted by a column: the other way round if it is already.
    pub(crate) fn sorted_by(&self, column: &str) -> View {
        let down = self.sort.0 == column && !self.sort.1;
        View { sort: (column.to_owned(), down), page: 0, ..self.clone() }
    }

    /// Only rows with these words, from the first page on.
    pub(crate) fn with_text(&self, text: &str) -> View {
        View { text: text.to_owned(), page: 0, ..self.clone() }
    }

    /// Of one vCenter, or all.
    pub(crate) fn within(&self, vcenter: Option<VcenterId>) -> View {
        View { vcenter, page: 0, ..self.clone() }
    }

    /// Another kind, of the same vCenter.
    pub(crate) fn other_kind(&self, kind: Kind) -> View {
        View { vcenter: self.vcenter.clone(), ..View::of(kind) }
    }

    /// Without one of the conditions.
    pub(crate) fn without(&self, position: usize) -> View {
        let mut view = View { page: 0, ..self.clone() };
        view.conditions.remove(position);
        view
    }

    /// Every row of its kind and vCenters again.
    pub(crate) fn whole(&self) -> View {
        View { text: String::new(), conditions: Vec::new(), page: 0, ..self.clone() }
    }

    /// Whether it is not every row of its kind.
    pub(crate) fn is_narrowed(&self) -> bool {
        !(self.text.is_empty() && self.conditions.is_empty())
    }

    /// With an object open beside the rows, or none.
    pub(crate) fn opening(&self, open: Option<Selected>) -> View {
        View { open, ..self.clone() }
    }

    /// How many pages so many rows have.
    pub(crate) fn pages(matching: usize) -> usize {
        matching.div_ceil(PAGE).max(1)
    }

    /// Where a count in a row leads: the rows that it counts.
    pub(crate) fn behind(link: Link, row: &Selected) -> Option<View> {
        match link {
            Link::Rows(kind, by) => Some(View {
                vcenter: Some(row.vcenter.clone()),
                conditions: vec![Condition::is(by, &row.moref)],
                ..View::of(kind)
            }),
            Link::Objects(_) => None,
        }
    }

    pub(super) fn pairs(&self) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        let mut add = |key: &str, value: String| pairs.push((key.to_owned(), value));
        if let Some(vcenter) = &self.vcenter {
            add("vcenter", vcenter.to_string());
        }
        if !self.text.is_empty() {
            add("text", self.text.clone());
        }
        for condition in &self.conditions {
            add("where", condition.to_string());
        }
        let (column, down) = &self.sort;
        if self.sort != View::of(self.kind).sort {
            add("sort", format!("{}{column}", if *down { "-" } else { "" }));
        }
        if self.page > 0 {
            add("page", (self.page + 1).to_string());
        }
        if let Some(open) = &self.open {
            add("open", format!("{}:{}", open.vcenter, open.moref));
        }
        pairs
    }

    pub(super) fn parse(kind: Kind, pairs: &[(String, String)]) -> View {
        let mut view = View::of(kind);
        let is_column = |name: &str| columns::of(kind).column(name).is_some();
        for (key, value) in pairs {
            match key.as_str() {
                "vcenter" => view.vcenter = Some(VcenterId(value.clone())),
                "text" => view.text.clone_from(value),
                "where" => {
                    view.conditions.extend(value.parse().ok().filter(|one: &Condition| one.on(kind).is_ok()))
                }
                "sort" => {
                    let (column, down) =
                        value.strip_prefix('-').map_or((value.as_str(), false), |column| (column, true));
                    if is_column(column) {
                        view.sort = (column.to_owned(), down);
                    }
                }
                "page" => view.page = value.parse::<usize>().unwrap_or(1).clamp(1, 1_000_000) - 1,
                "open" => {
                    view.open = value.split_once(':').map(|(id, moref)| Selected {
                        vcenter: VcenterId(id.to_owned()),
                        moref: moref.into(),
                    });
                }
                _ => {}
            }
        }
        view
    }
}

#[cfg(test)]
mod tests {
    use super::super::route::Route;
    use super::*;
    use contract::Operator;
    use proptest::prelude::*;

    #[test]
    fn a_second_click_on_a_column_turns_the_order_and_a_click_on_another_begins_upwards() {
        let view = View::of(Kind::Vms).sorted_by("memory_bytes");
        assert_eq!(view.query().sort, ["memory_bytes"]);
        let view = View { page: 3, ..view }.sorted_by("memory_bytes");
        assert_eq!((view.query().sort, view.page), (vec!["-memory_bytes".to_owned()], 0));
        assert_eq!(view.sorted_by("name").query().sort, ["name"]);
    }

    #[test]
    fn what_narrows_the_rows_begins_at_the_first_page() {
        let view = View { page: 4, ..View::of(Kind::Hosts) };
        assert_eq!(view.with_text("esx").page, 0);
        assert_eq!(view.within(Some(VcenterId("a".into()))).page, 0);
        assert_eq!(view.query().offset, 4 * PAGE);
    }

    #[test]
    fn a_count_leads_to_the_rows_it_counts() {
        let host = Selected { vcenter: VcenterId("v".into()), moref: "host-12".into() };
        let count = columns::of(Kind::Hosts).column("vm_count").unwrap();
        let view = View::behind(count.link.unwrap(), &host).unwrap();
        assert_eq!(
            (view.kind, &view.conditions[..]),
            (Kind::Vms, &[Condition::is("host_moref", "host-12")][..])
        );
        assert_eq!(view.vcenter, Some(host.vcenter));
    }

    #[test]
    fn what_narrows_the_rows_can_be_taken_back_one_by_one_or_at_once() {
        let view = View {
            conditions: vec![
                Condition::is("power_state", "poweredOn"),
                Condition::is_not("is_template", "true"),
            ],
            page: 2,
            ..View::of(Kind::Vms)
        };
        assert!(view.is_narrowed() && view.without(0).is_narrowed() && view.without(1).is_narrowed());
        assert_eq!(view.without(0).without(0), View::of(Kind::Vms));
        assert_eq!(view.whole(), View::of(Kind::Vms));
        assert_eq!(view.query().conditions, view.conditions);
    }

    #[test]
    fn there_is_always_a_page() {
        assert_eq!((View::pages(0), View::pages(PAGE), View::pages(PAGE + 1)), (1, 1, 2));
    }

    proptest! {
        #[test]
        fn a_view_has_an_address_that_leads_back_to_it(
            text in ".{0,20}", page in 0usize..999, value in ".{0,10}", moref in "[a-z]{1,8}-[0-9]{1,4}", down: bool
        ) {
            let view = View {
                vcenter: Some(VcenterId("v-1".into())),
                text,
                conditions: vec![
                    Condition::is("host_moref", value.trim()),
                    Condition::is_not("is_template", "true"),
                    Condition { operator: Operator::Contains, ..Condition::is("name", &format!("x{}", value.trim())) },
                ],
                sort: ("memory_bytes".to_owned(), down),
                page,
                open: Some(Selected { vcenter: VcenterId("v-1".into()), moref: moref.as_str().into() }),
                ..View::of(Kind::Vms)
            };
            let route = Route::Inventory(Box::new(view));
            prop_assert_eq!(Route::parse(&route.to_string()), route);
        }
    }
}
