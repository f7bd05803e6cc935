//! What holds of every column of every kind.
//! Refuses to name single columns: `tests/columns.rs` has those that are promised.

use super::*;

#[test]
fn every_derived_column_names_stored_columns_that_exist() {
    for kind in Kind::ALL {
        let schema = of(kind);
        for column in &schema.columns {
            if let Get::Derived { from, .. } = &column.get {
                for id in *from {
                    assert!(schema.slot(id).is_some(), "{kind}.{} needs {id}", column.id);
                }
            }
        }
    }
}

#[test]
fn every_link_leads_somewhere() {
    for kind in Kind::ALL {
        for column in &of(kind).columns {
            match column.link {
                None => {}
                Some(Link::Objects(_)) => {
                    let companion = format!("{}_moref", column.id);
                    assert!(of(kind).column(&companion).is_some(), "{kind} have no {companion}");
                }
                Some(Link::Rows(of_kind, by)) => {
                    assert!(of(of_kind).column(by).is_some(), "{of_kind} have no {by}");
                }
            }
        }
    }
}

#[test]
fn no_two_columns_of_a_kind_share_a_name() {
    for kind in Kind::ALL {
        let mut seen = std::collections::BTreeSet::new();
        for column in &of(kind).columns {
            for name in std::iter::once(&*column.id).chain(column.aliases.iter().copied()) {
                assert!(seen.insert(name.to_lowercase()), "{kind} has two columns {name}");
            }
        }
    }
}

#[test]
fn what_an_earlier_release_stored_by_another_id_is_the_columns_of_today() {
    let mut renamed = 0;
    for kind in Kind::ALL {
        let schema = of(kind);
        for (slot, (column, _)) in schema.stored().enumerate() {
            if let Some(id) = column.formerly {
                assert_eq!(schema.slot(id), Some(slot), "{kind}.{}", column.id);
                assert!(schema.stored().all(|(other, _)| other.id != id), "{kind} store {id} anew");
                renamed += 1;
            }
        }
    }
    assert!(renamed > 0);
    assert_eq!(of(Kind::Vms).slot("folder_moref"), of(Kind::Vms).slot("folder_ref"));
}
