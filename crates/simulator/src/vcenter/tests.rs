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
        let vcenter = Vcenter::new(
            Inventory::Made(Estate::build(&Options::new(5, 1))),
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
