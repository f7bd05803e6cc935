use super::*;
use crate::estate::Estate;
use crate::options::Options;

const SHARED: &str = "propertyCollector";
const COLLECTOR: (&str, &str) = ("PropertyCollector", SHARED);
const MANAGER: (&str, &str) = ("SessionManager", "SessionManager");
const FILTER: &str = "<spec><propSet><type>Folder</type><pathSet>name</pathSet></propSet><objectSet>\
    <obj type=\"Folder\">group-d1</obj></objectSet></spec><partialUpdates>false</partialUpdates>";

/// Somebody who is logged in.
struct Client {
    vcenter: Vcenter,
    cookie: Option<String>,
}

impl Client {
    fn new() -> Client {
        Client::of(5)
    }

    /// Of an estate of so many VMs.
    fn of(vms: u32) -> Client {
        let vcenter = Vcenter::new(
            Inventory::Made(Estate::build(&Options::new(vms, 1))),
            Behavior::default(),
            "admin",
            "secret",
        );
        let mut client = Client { vcenter, cookie: None };
        client.login();
        client
    }

    fn login(&mut self) {
        self.cookie = None;
        let login = "<userName>admin</userName><password>secret</password>";
        match self.call("Login", MANAGER, login) {
            Outcome::Done(Answer { cookie: Some(cookie), .. }) => self.cookie = Some(cookie),
            other => panic!("not logged in: {other:?}"),
        }
    }

    fn call(&self, method: &str, this: (&str, &str), arguments: &str) -> Outcome {
        self.look(None, method, this, arguments)
    }

    /// A call that is made again after a nudge.
    fn look(&self, cancels: Option<u32>, method: &str, this: (&str, &str), arguments: &str) -> Outcome {
        let (kind, id) = this;
        let body = format!(
            "<Envelope><Body><{method} xmlns=\"urn:vim25\"><_this type=\"{kind}\">{id}</_this>{arguments}</{method}>\
             </Body></Envelope>"
        );
        let (cookie, now) = (self.cookie.as_deref(), Instant::now());
        let caller = Caller { action: "urn:vim25", cookie, agent: "test", cancels, now, clock: 0 };
        self.vcenter.call(body.as_bytes(), caller)
    }

    /// What is answered, as text.
    fn answer(&self, method: &str, this: (&str, &str), arguments: &str) -> String {
        match self.call(method, this, arguments) {
            Outcome::Done(answer) => answer.content,
            other => panic!("{method}: {other:?}"),
        }
    }

    fn fault(&self, method: &str, this: (&str, &str), arguments: &str) -> Fault {
        match self.call(method, this, arguments) {
            Outcome::Failed(fault) => fault,
            other => panic!("{method}: {other:?}"),
        }
    }

    /// The id that a method returns.
    fn made(&self, method: &str, this: (&str, &str), arguments: &str) -> String {
        self.answer(method, this, arguments).split(['<', '>']).nth(2).unwrap_or_default().to_owned()
    }

    /// A wait that has nothing to tell.
    fn wait(&self, collector: &str, version: &str) -> Wait {
        let version = format!("<version>{version}</version>");
        match self.call("WaitForUpdatesEx", ("PropertyCollector", collector), &version) {
            Outcome::Wait(wait) => wait,
            other => panic!("nothing to wait for: {other:?}"),
        }
    }
}

fn version(number: u32) -> String {
    format!("<version>{number}</version>")
}

#[test]
fn a_wait_hears_of_new_filters_and_of_the_end_of_its_session() {
    let client = Client::new();
    let mut nudges = client.wait(SHARED, "").nudges;
    client.made("CreateFilter", COLLECTOR, FILTER);
    assert!(nudges.has_changed().is_ok_and(|changed| changed));
    nudges.mark_unchanged();
    client.answer("WaitForUpdatesEx", COLLECTOR, "");
    client.answer("Logout", MANAGER, "");
    assert!(nudges.has_changed().is_err());
    assert!(matches!(client.fault("WaitForUpdatesEx", COLLECTOR, ""), Fault::NotAuthenticated(_)));
}

#[test]
fn a_cancellation_reaches_the_waits_of_its_collector_and_no_others() {
    let client = Client::new();
    let own = client.made("CreatePropertyCollector", COLLECTOR, "");
    let (here, there) = (client.wait(SHARED, ""), client.wait(&own, ""));
    client.answer("CancelWaitForUpdates", COLLECTOR, "");
    // Another reason to look, before the first was heard.
    client.made("CreateFilter", COLLECTOR, FILTER);
    let look = |wait: &Wait, collector| {
        client.look(Some(wait.cancels), "WaitForUpdatesEx", ("PropertyCollector", collector), "")
    };
    assert!(matches!(look(&here, SHARED), Outcome::Failed(Fault::RequestCanceled)));
    assert!(matches!(look(&there, &own), Outcome::Wait(_)));
    assert!(
        matches!(client.call("WaitForUpdatesEx", COLLECTOR, ""), Outcome::Done(_)),
        "the next begins anew"
    );
    client.answer("DestroyPropertyCollector", ("PropertyCollector", &own), "");
    assert!(there.nudges.has_changed().is_ok_and(|changed| changed));
    assert!(matches!(look(&there, &own), Outcome::Failed(Fault::ManagedObjectNotFound(_))));
}

#[test]
fn who_lost_an_answer_asks_again_from_the_version_before() {
    let client = Client::new();
    client.made("CreateFilter", COLLECTOR, FILTER);
    assert!(client.answer("WaitForUpdatesEx", COLLECTOR, "").contains(&version(1)));
    client.wait(SHARED, "1");
    let second = client.made("CreateFilter", COLLECTOR, FILTER);
    for lost in 2..5 {
        let told = client.answer("WaitForUpdatesEx", COLLECTOR, &version(1));
        assert!(told.contains(&version(lost)) && told.contains(&second), "{told}");
        assert_eq!(told.matches("<kind>enter</kind>").count(), 1);
    }
    client.wait(SHARED, "4");
    for gone in ["1", "2", "3", "5", "0", "x"] {
        let arguments = format!("<version>{gone}</version>");
        assert_eq!(client.fault("WaitForUpdatesEx", COLLECTOR, &arguments), Fault::InvalidCollectorVersion);
    }
}

#[test]
fn what_lives_and_lacks_a_method_is_not_said_to_be_gone() {
    let mut client = Client::new();
    let view = "<container type=\"Folder\">group-d1</container><recursive>true</recursive>";
    let view = client.made("CreateContainerView", ("ViewManager", "ViewManager"), view);
    let collector = client.made("CreatePropertyCollector", COLLECTOR, "");
    let filter = client.made("CreateFilter", COLLECTOR, FILTER);
    let own = [
        ("ContainerView", view.as_str()),
        ("PropertyCollector", collector.as_str()),
        ("PropertyFilter", filter.as_str()),
    ];
    for this in own {
        assert!(matches!(client.fault("Destroy_Task", this, ""), Fault::MethodNotFound(..)), "{this:?}");
        assert!(matches!(client.fault("MakeCoffee", this, ""), Fault::InvalidRequest(_)), "{this:?}");
    }
    client.login();
    for this in own {
        let gone = client.fault("Destroy_Task", this, "");
        assert!(matches!(gone, Fault::ManagedObjectNotFound(_)), "another session's {this:?}: {gone:?}");
    }
}

/// The values that every object of a type has at a path.
fn values(client: &Client, type_name: &str, path: &str) -> Vec<String> {
    let view = client.made(
        "CreateContainerView",
        ("ViewManager", "ViewManager"),
        &format!(
            "<container type=\"Folder\">group-d1</container><type>{type_name}</type><recursive>true</recursive>"
        ),
    );
    let arguments = format!(
        "<specSet><propSet><type>{type_name}</type><pathSet>{path}</pathSet></propSet><objectSet>\
         <obj type=\"ContainerView\">{view}</obj><skip>true</skip>\
         <selectSet xsi:type=\"TraversalSpec\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\
         <type>ContainerView</type><path>view</path></selectSet></objectSet></specSet><options/>"
    );
    let page = client.answer("RetrievePropertiesEx", COLLECTOR, &arguments);
    let values = page.split("</val>").filter_map(|object| object.split("<val ").nth(1));
    values.filter_map(|value| Some(value.split_once('>')?.1.to_owned())).collect()
}

#[test]
fn pools_are_granted_parts_of_what_the_hosts_give_and_the_root_pool_all_of_it() {
    let client = Client::of(300);
    for resource in ["cpuAllocation", "memoryAllocation"] {
        let of = |field: &str| -> Vec<i64> {
            let values = values(&client, "ResourcePool", &format!("config.{resource}.{field}"));
            values.iter().map(|value| value.parse().unwrap()).collect()
        };
        let (reservations, limits) = (of("reservation"), of("limit"));
        let both: Vec<(i64, i64)> = reservations.into_iter().zip(limits).collect();
        assert!(both.iter().any(|(reservation, limit)| reservation == limit && *limit > 1000), "{both:?}");
        assert!(both.iter().any(|(reservation, limit)| *reservation > 0 && *limit == -1), "{both:?}");
        assert!(both.iter().any(|(reservation, limit)| *reservation == 0 && *limit > 0), "{both:?}");
        let levels = values(&client, "ResourcePool", &format!("config.{resource}.shares.level"));
        assert!(["high", "normal", "low"].iter().all(|level| levels.iter().any(|one| one == level)));
    }
}

#[test]
fn a_datastore_says_how_each_host_has_mounted_it_and_a_cluster_how_many_hosts_it_may_lose() {
    let client = Client::of(300);
    let mounts = values(&client, "Datastore", "host").concat();
    for part in ["<accessMode>readOnly<", "<mounted>true<", "<accessible>true<", "<key type=\"HostSystem\">"]
    {
        assert!(mounts.contains(part), "{part}");
    }
    let levels = values(&client, "ClusterComputeResource", "configuration.dasConfig.failoverLevel");
    assert!(!levels.is_empty() && levels.iter().all(|level| level == "1" || level == "2"), "{levels:?}");
}
