//! Requests that no client sends: none may cost a panic, or an answer that is no XML.

use std::time::Instant;

use proptest::prelude::*;

use crate::estate::Estate;
use crate::inventory::Inventory;
use crate::options::{Behavior, Options};
use crate::soap::{Element, envelope};
use crate::vcenter::{Caller, Outcome, Vcenter};

/// Words that mean something somewhere, and a few that don't.
const WORDS: [&str; 34] = [
    "_this",
    "specSet",
    "propSet",
    "objectSet",
    "obj",
    "skip",
    "selectSet",
    "path",
    "pathSet",
    "type",
    "all",
    "name",
    "options",
    "maxObjects",
    "token",
    "container",
    "recursive",
    "version",
    "maxWaitSeconds",
    "maxObjectUpdates",
    "spec",
    "true",
    "VirtualMachine",
    "ContainerView",
    "view",
    "config.hardware.device",
    "childEntity",
    "Folder",
    "group-d1",
    "host-0",
    "",
    "-1",
    "99999999999999999999",
    "x.y..z",
];

const METHODS: [(&str, &str, &str); 12] = [
    ("RetrieveServiceContent", "ServiceInstance", "ServiceInstance"),
    ("CurrentTime", "ServiceInstance", "ServiceInstance"),
    ("Login", "SessionManager", "SessionManager"),
    ("CreateContainerView", "ViewManager", "ViewManager"),
    ("DestroyView", "ContainerView", "x"),
    ("RetrievePropertiesEx", "PropertyCollector", "propertyCollector"),
    ("ContinueRetrievePropertiesEx", "PropertyCollector", "propertyCollector"),
    ("CancelRetrievePropertiesEx", "PropertyCollector", "propertyCollector"),
    ("CreateFilter", "PropertyCollector", "propertyCollector"),
    ("WaitForUpdatesEx", "PropertyCollector", "propertyCollector"),
    ("CreatePropertyCollector", "PropertyCollector", "propertyCollector"),
    ("DestroyPropertyFilter", "PropertyFilter", "x"),
];

const VALID: &str = "<e:Envelope xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body><RetrievePropertiesEx \
    xmlns=\"urn:vim25\"><_this type=\"PropertyCollector\">propertyCollector</_this><specSet><propSet><type>VirtualMachine\
    </type><all>false</all><pathSet>name</pathSet><pathSet>config</pathSet></propSet><objectSet><obj type=\"Folder\">\
    group-d1</obj><skip>true</skip><selectSet i:type=\"TraversalSpec\"><name>down</name><type>Folder</type><path>childEntity</path>\
    <selectSet><name>down</name></selectSet><selectSet i:type=\"TraversalSpec\"><name>vms</name><type>Datacenter</type><path>vmFolder</path>\
    <selectSet><name>down</name></selectSet></selectSet></selectSet></objectSet></specSet><options><maxObjects>5\
    </maxObjects></options></RetrievePropertiesEx></e:Body></e:Envelope>";

fn logged_in() -> (Vcenter, String) {
    let made = Inventory::Made(Estate::build(&Options::new(20, 1)));
    let vcenter = Vcenter::new(made, Behavior::default(), "admin", "secret");
    let login = "<Envelope><Body><Login xmlns=\"urn:vim25\"><_this type=\"SessionManager\">SessionManager</_this><userName>admin</userName>\
        <password>secret</password></Login></Body></Envelope>";
    match vcenter.call(login.as_bytes(), caller(None)) {
        Outcome::Done(answer) => (vcenter, answer.cookie.expect("a cookie")),
        other => panic!("{other:?}"),
    }
}

fn caller(cookie: Option<&str>) -> Caller<'_> {
    Caller {
        action: "urn:vim25/8.0.3.0",
        cookie,
        agent: "hostile",
        cancels: None,
        now: Instant::now(),
        clock: 0,
    }
}

/// Calls with the body, and looks whether the answer can be read.
fn survive(body: &[u8]) -> Outcome {
    let (vcenter, cookie) = logged_in();
    let outcome = vcenter.call(body, caller(Some(&cookie)));
    let text = match &outcome {
        Outcome::Done(answer) => envelope(answer),
        Outcome::Wait(wait) => envelope(&wait.nothing),
        Outcome::Failed(fault) => fault.envelope(),
        Outcome::Busy => return outcome,
    };
    // A whole answer has more elements than a request may have, so only its form is looked at.
    let mut reader = quick_xml::Reader::from_str(&text);
    while !matches!(reader.read_event(), Ok(quick_xml::events::Event::Eof)) {
        assert!(reader.error_position() == 0, "{text}");
    }
    outcome
}

fn tree() -> impl Strategy<Value = String> {
    let word = || prop::sample::select(&WORDS[..]);
    let leaf = (word(), word(), word()).prop_map(|(name, kind, text)| {
        let name = if name.is_empty() || !name.starts_with(char::is_alphabetic) { "a" } else { name };
        format!("<{name} type=\"{kind}\">{text}</{name}>")
    });
    leaf.prop_recursive(6, 60, 6, move |inner| {
        (word(), prop::collection::vec(inner, 0..6)).prop_map(|(name, children)| {
            let name =
                if name.is_empty() || !name.starts_with(char::is_alphabetic) { "specSet" } else { name };
            format!("<{name}>{}</{name}>", children.concat())
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_bytes(body in prop::collection::vec(any::<u8>(), 0..300)) {
        survive(&body);
    }

    #[test]
    fn any_text(body in "\\PC{0,300}") {
        survive(body.as_bytes());
    }

    #[test]
    fn any_arguments(method in prop::sample::select(&METHODS[..]), arguments in prop::collection::vec(tree(), 0..5)) {
        let (method, kind, this) = method;
        let arguments = arguments.concat();
        let body = format!(
            "<Envelope><Body><{method} xmlns=\"urn:vim25\"><_this type=\"{kind}\">{this}</_this>{arguments}</{method}>\
             </Body></Envelope>"
        );
        survive(body.as_bytes());
    }

    #[test]
    fn a_request_with_a_part_of_it_replaced(
        at in 0_usize..VALID.len(),
        length in 0_usize..60,
        with in prop_oneof![Just("".to_owned()), "[<>/&a-z;\"=\\x00-\\x1f]{0,20}", tree()],
    ) {
        let end = (at + length).min(VALID.len());
        let body = [&VALID.as_bytes()[..at], with.as_bytes(), &VALID.as_bytes()[end..]].concat();
        survive(&body);
    }
}

#[test]
fn the_request_itself_walks_down_to_the_vms() {
    assert!(Element::parse(VALID.as_bytes()).is_ok());
    match survive(VALID.as_bytes()) {
        Outcome::Done(answer) => {
            assert_eq!(answer.content.matches("<objects>").count(), 5, "{}", answer.content);
            assert!(answer.content.contains("<token>"));
        }
        other => panic!("{other:?}"),
    }
}
