//! What is read of the inventory for an answer, and that the answer doesn't depend on it.

use super::*;
use crate::tests::{fresh, on, sync};
use simulator::Simulator;

fn rows(answer: &Answer) -> (usize, usize, Vec<TableRow>) {
    (answer.total, answer.len(), answer.rows().collect())
}

/// Everything that an answer says, as text.
async fn told(service: &Service, query: &Query) -> String {
    let vcenters = service.vcenters().await.unwrap();
    format!("{:?}", rows(&service.query(query, &vcenters).await.unwrap()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_is_the_same_whether_a_part_or_all_was_read() {
    let server = Simulator::start(simulator::Options::new(120, 1)).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (service, id) = on(&server, &folder).await;
    sync(&service, &id).await;
    service.read(&id).await.unwrap();
    for kind in Kind::LISTED {
        for (sort, offset, limit) in
            [(None, 0, Some(7)), (Some("-name"), 3, Some(4)), (Some("moref"), 0, Some(5)), (None, 0, None)]
        {
            let sort = sort.into_iter().map(str::to_owned).collect();
            let query = Query { sort, offset, limit, ..Query::of(kind) };
            let parts = fresh(&folder).await;
            assert_eq!(told(&parts, &query).await, told(&service, &query).await, "{query:?}");
            parts.close().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_few_rows_by_name_and_kinds_without_vms_are_answered_without_reading_every_vm() {
    let server = Simulator::start(simulator::Options::new(120, 1)).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (service, id) = on(&server, &folder).await;
    sync(&service, &id).await;
    service.close().await;
    let few = |kind| Query { limit: Some(5), ..Query::of(kind) };
    let columns = ["name", "host", "cluster", "datastores", "folder"].map(str::to_owned).to_vec();
    let sorted = Query { sort: vec!["-memory_bytes".into()], ..few(Kind::Vms) };
    for (query, reads_all) in [
        (few(Kind::Vms), false),
        (few(Kind::Snapshots), false),
        (Query { columns, ..few(Kind::Vms) }, false),
        (
            Query {
                columns: vec!["name".into(), "cluster".into(), "datastores".into()],
                ..Query::of(Kind::Hosts)
            },
            false,
        ),
        (sorted, true),
        (Query::of(Kind::Vms), true),
    ] {
        let service = fresh(&folder).await;
        told(&service, &query).await;
        assert_eq!(service.inner.inventory.is_read(&id), reads_all, "{query:?}");
        service.close().await;
    }
}

#[test]
fn only_what_names_decide_on_is_looked_for_by_name() {
    let few = || Query { limit: Some(5), ..Query::of(Kind::Vms) };
    let by = |sort: &str| Query { sort: vec![sort.into()], ..few() };
    for query in [few(), by("name"), by("-NAME"), Query { offset: 400, ..few() }] {
        assert!(is_few(&query) && is_by_name_alone(&query), "{query:?}");
    }
    let text = Query { text: "web".into(), ..few() };
    for query in [by("host"), text] {
        assert!(!is_by_name_alone(&query), "{query:?}");
    }
    let many = Query { limit: Some(FEW + 1), ..few() };
    for query in [many, Query::of(Kind::Vms), Query { kind: Kind::Hosts, ..few() }] {
        assert!(!is_few(&query), "{query:?}");
    }
}
