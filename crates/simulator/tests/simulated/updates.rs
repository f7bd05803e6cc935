//! Waiting for changes: everything comes once, and after that nothing does.

use crate::faults::logged_in;
use crate::raw::{COLLECTOR, Raw, Reply};
use crate::support::start;

/// A filter on the names of all VMs.
async fn filter(raw: &mut Raw) -> String {
    let view = raw.view("VirtualMachine").await;
    let arguments = format!(
        "<spec><propSet><type>VirtualMachine</type><pathSet>name</pathSet></propSet><objectSet><obj \
         type=\"ContainerView\">{view}</obj><skip>true</skip><selectSet xsi:type=\"TraversalSpec\"><type>ContainerView\
         </type><path>view</path></selectSet></objectSet></spec><partialUpdates>false</partialUpdates>"
    );
    let reply = raw.call("CreateFilter", COLLECTOR, &arguments).await;
    reply.between("<returnval type=\"PropertyFilter\">", "</returnval>").to_owned()
}

async fn wait(raw: &mut Raw, version: &str, options: &str) -> Reply {
    let arguments = format!("<version>{version}</version><options>{options}</options>");
    raw.call("WaitForUpdatesEx", COLLECTOR, &arguments).await
}

#[tokio::test]
async fn everything_comes_once_in_pieces_and_then_nothing() {
    let simulator = start(250, 1).await;
    let mut raw = logged_in(&simulator).await;
    let filter = filter(&mut raw).await;
    let (mut version, mut sizes) = (String::new(), Vec::new());
    loop {
        let reply = wait(&mut raw, &version, "<maxObjectUpdates>500</maxObjectUpdates>").await;
        assert!(reply.body.contains(&filter), "{}", reply.body);
        version = reply.between("<version>", "</version>").to_owned();
        sizes.push(reply.body.matches("<kind>enter</kind>").count());
        if !reply.body.contains("<truncated>true</truncated>") {
            break;
        }
    }
    assert_eq!(sizes, [100, 100, 50]);
    let reply = wait(&mut raw, &version, "<maxWaitSeconds>0</maxWaitSeconds>").await;
    assert!(reply.status == 200 && !reply.body.contains("returnval"), "{}", reply.body);
    assert_eq!(wait(&mut raw, "999", "").await.fault(), "InvalidCollectorVersion");
    let again = wait(&mut raw, "", "<maxObjectUpdates>7</maxObjectUpdates>").await;
    assert_eq!(again.body.matches("<kind>enter</kind>").count(), 7);
    assert_eq!(raw.call("DestroyPropertyFilter", ("PropertyFilter", &filter), "").await.status, 200);
    let gone = raw.call("DestroyPropertyFilter", ("PropertyFilter", &filter), "").await;
    assert_eq!(gone.fault(), "ManagedObjectNotFound");
}

#[tokio::test]
async fn a_wait_ends_when_it_is_cancelled() {
    let simulator = start(5, 1).await;
    let mut raw = logged_in(&simulator).await;
    filter(&mut raw).await;
    let version = wait(&mut raw, "", "").await.between("<version>", "</version>").to_owned();
    let mut other = crate::faults::raw(&simulator);
    other.cookie.clone_from(&raw.cookie);
    let waiting = wait(&mut raw, &version, "<maxWaitSeconds>60</maxWaitSeconds>");
    // Nobody tells when the wait has arrived, so it is cancelled until it hears of it.
    let cancelling = async {
        loop {
            assert_eq!(other.call("CancelWaitForUpdates", COLLECTOR, "").await.status, 200);
        }
    };
    let reply = tokio::select! {
        reply = waiting => reply,
        () = cancelling => unreachable!("it goes on for ever"),
    };
    assert_eq!(reply.fault(), "RequestCanceled");
}
