use super::*;
use crate::options::Options;

fn call(
    vcenter: &Vcenter,
    cookie: Option<&str>,
    method: &str,
    this: (&str, &str),
    arguments: &str,
) -> Outcome {
    let (kind, id) = this;
    let body = format!(
        "<Envelope><Body><{method} xmlns=\"urn:vim25\"><_this type=\"{kind}\">{id}</_this>{arguments}</{method}></Body>\
         </Envelope>"
    );
    vcenter.call(
        body.as_bytes(),
        Caller { action: "urn:vim25", cookie, agent: "test", now: Instant::now(), clock: 0 },
    )
}

#[test]
fn a_wait_hears_of_new_filters_and_of_the_end_of_its_session() {
    const COLLECTOR: (&str, &str) = ("PropertyCollector", SHARED);
    let vcenter = Vcenter::new(Estate::build(&Options::new(5, 1)), "admin", "secret");
    let manager = ("SessionManager", "SessionManager");
    let login = "<userName>admin</userName><password>secret</password>";
    let Outcome::Done(Answer { cookie: Some(cookie), .. }) = call(&vcenter, None, "Login", manager, login)
    else {
        panic!("not logged in")
    };
    let call = |method, this, arguments| call(&vcenter, Some(&cookie), method, this, arguments);
    let filter = "<spec><propSet><type>Folder</type><pathSet>name</pathSet></propSet><objectSet>\
        <obj type=\"Folder\">group-d1</obj></objectSet></spec><partialUpdates>false</partialUpdates>";
    let Outcome::Wait(_, _, mut nudges) = call("WaitForUpdatesEx", COLLECTOR, "") else {
        panic!("nothing to wait for")
    };
    assert!(matches!(call("CreateFilter", COLLECTOR, filter), Outcome::Done(_)));
    assert!(nudges.has_changed().is_ok_and(|changed| changed));
    nudges.mark_unchanged();
    assert!(matches!(call("WaitForUpdatesEx", COLLECTOR, ""), Outcome::Done(_)));
    assert!(matches!(call("Logout", manager, ""), Outcome::Done(_)));
    assert!(nudges.has_changed().is_err());
    let again = call("WaitForUpdatesEx", COLLECTOR, "");
    assert!(matches!(again, Outcome::Failed(Fault::NotAuthenticated(_))));
}
