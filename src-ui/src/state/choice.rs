//! The rows that a person has selected on a page of rows.
//! Refuses to hold one that is not on the page: what is selected is always in sight.

use super::route::Selected;
use std::collections::HashSet;

/// The selection, and the row from which a range begins.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Choice {
    rows: HashSet<Selected>,
    anchor: Option<Selected>,
}

impl Choice {
    /// How many.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether a row is one of them.
    pub(crate) fn has(&self, row: &Selected) -> bool {
        self.rows.contains(row)
    }

    /// Takes a row in, or out if it is in.
    #[must_use]
    pub(crate) fn toggled(&self, row: &Selected) -> Choice {
        let mut rows = self.rows.clone();
        if !rows.remove(row) {
            rows.insert(row.clone());
        }
        Choice { rows, anchor: Some(row.clone()) }
    }

    /// All rows from the one that was touched last to this one.
    #[must_use]
    pub(crate) fn to(&self, row: &Selected, page: &[Selected]) -> Choice {
        let place = |of: &Selected| page.iter().position(|one| one == of);
        let Some(end) = place(row) else { return self.clone() };
        let start = self.anchor.as_ref().and_then(place).unwrap_or(end);
        let anchor = page.get(start).cloned();
        let rows = page[start.min(end)..=start.max(end)].iter().cloned().collect();
        Choice { rows, anchor }
    }

    /// Says where a range begins.
    #[must_use]
    pub(crate) fn anchored(&self, row: &Selected) -> Choice {
        Choice { anchor: Some(row.clone()), ..self.clone() }
    }

    /// Every row of the page, or none if it has every row.
    #[must_use]
    pub(crate) fn all(&self, page: &[Selected]) -> Choice {
        if self.has_all(page) {
            Choice::default()
        } else {
            Choice { rows: page.iter().cloned().collect(), anchor: None }
        }
    }

    /// Whether it has every row of the page.
    pub(crate) fn has_all(&self, page: &[Selected]) -> bool {
        !page.is_empty() && page.iter().all(|row| self.has(row))
    }

    /// Those that are on a page, in its order.
    pub(crate) fn on<'a>(&self, page: &'a [Selected]) -> Vec<&'a Selected> {
        page.iter().filter(|row| self.has(row)).collect()
    }

    /// Lets go of rows that are no longer there; `None` if all still are.
    pub(crate) fn without_lost(&self, page: &[Selected]) -> Option<Choice> {
        let rows: HashSet<Selected> = self.on(page).into_iter().cloned().collect();
        (rows.len() < self.rows.len()).then(|| Choice { rows, anchor: self.anchor.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::VcenterId;

    fn row(number: usize) -> Selected {
        Selected { vcenter: VcenterId("v".into()), moref: format!("vm-{number}").into() }
    }

    fn page() -> Vec<Selected> {
        (0..6).map(row).collect()
    }

    #[test]
    fn a_range_goes_from_the_row_that_was_touched_last_in_either_direction() {
        let choice = Choice::default().toggled(&row(3));
        assert_eq!(choice.to(&row(5), &page()).on(&page()), [&row(3), &row(4), &row(5)]);
        let up = choice.to(&row(5), &page()).to(&row(1), &page());
        assert_eq!(up.on(&page()), [&row(1), &row(2), &row(3)], "it turns around the same row");
        assert_eq!(Choice::default().anchored(&row(2)).to(&row(2), &page()).len(), 1);
    }

    #[test]
    fn everything_is_selected_and_with_the_next_press_nothing() {
        let all = Choice::default().toggled(&row(1)).all(&page());
        assert!(all.has_all(&page()) && all.all(&page()).is_empty());
        assert!(!Choice::default().has_all(&[]), "of no rows not all are selected");
    }

    #[test]
    fn a_row_that_went_away_is_selected_no_longer() {
        let choice = Choice::default().toggled(&row(1)).toggled(&row(5));
        assert_eq!(choice.without_lost(&page()), None);
        let left = choice.without_lost(&page()[..3]).unwrap();
        assert_eq!((left.len(), left.has(&row(1))), (1, true));
    }
}
