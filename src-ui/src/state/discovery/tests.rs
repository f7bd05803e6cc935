//! Which servers are shown, in which words, and what is sent of what a person chose.

use super::super::samples;
use super::super::words::Level;
use super::*;
use contract::discovery::Vendor;
use contract::{OperationState, Time};

fn all() -> Vec<Server> {
    let states = ServerState::ALL.iter().enumerate();
    states
        .map(|(number, state)| Server {
            state: *state,
            serial_number: Some(format!("SN{number}")),
            ..samples::server(&format!("10.0.8.{number}"))
        })
        .collect()
}

fn addresses(sought: &Sought, servers: &[Server]) -> Vec<String> {
    sought.of(servers).into_iter().map(|server| server.address.clone()).collect()
}

#[test]
fn every_state_has_words_of_its_own_and_all_are_counted() {
    let words: std::collections::BTreeSet<_> = ServerState::ALL.iter().map(|one| state(*one).0).collect();
    let said: std::collections::BTreeSet<_> = ServerState::ALL.iter().map(|one| meaning(*one)).collect();
    assert_eq!((words.len(), said.len()), (ServerState::ALL.len(), ServerState::ALL.len()));
    let mut servers = all();
    servers.push(Server { state: ServerState::Dark, ..samples::server("10.0.9.1") });
    let counted = counts(&servers);
    assert_eq!(counted.iter().map(|(_, count)| count).sum::<usize>(), servers.len());
    assert!(counted.contains(&(ServerState::Dark, 2)) && counted.contains(&(ServerState::Conflict, 1)));
    assert!(counts(&[]).iter().all(|(_, count)| *count == 0));
}

#[test]
fn servers_are_found_by_state_and_by_every_word_that_was_typed() {
    let mut servers = all();
    servers[2].host = Some("esx-07.example.org".to_owned());
    servers[2].mac_addresses = vec!["aa:bb:cc:00:11:22".to_owned()];
    assert_eq!(Sought::default().of(&servers).len(), servers.len());
    let of = |text: &str| addresses(&Sought { text: text.to_owned(), ..Sought::default() }, &servers);
    assert_eq!(of("ESX-07"), ["10.0.8.2"]);
    assert_eq!(of(" cc:00:11 sn2 "), ["10.0.8.2"]);
    assert!(of("esx-07 sn3").is_empty(), "all words");
    let dark = Sought { state: Some(ServerState::Dark), ..Sought::default() };
    assert_eq!(addresses(&dark, &servers), ["10.0.8.1"]);
    assert!(dark.is_narrow() && !Sought::default().is_narrow());
}

#[test]
fn what_is_approved_is_what_was_on_screen_and_nothing_else() {
    let mut servers = all();
    let untrusted = servers.iter().position(|one| one.state == ServerState::Untrusted).unwrap();
    servers[untrusted].certificate = None;
    assert!(unapproved(&servers).is_empty(), "there is nothing to compare");
    servers[untrusted] = Server { state: ServerState::Untrusted, ..samples::server("10.0.8.4") };
    let shown = unapproved(&servers);
    assert_eq!(shown.len(), 1);
    let sent = approvals(&shown, &[shown[0].id.clone(), servers[0].id.clone()]);
    let sha256 = shown[0].certificate.as_ref().unwrap().sha256.clone();
    assert_eq!(sent, [Approval { server: shown[0].id.clone(), sha256 }], "the other one is not on screen");
    assert!(approvals(&shown, &[]).is_empty());
}

#[test]
fn a_certificate_that_repeats_says_so_in_the_right_number() {
    assert_eq!(same_certificate(0), None);
    assert!(same_certificate(1).unwrap().starts_with("1 other BMC shows "));
    assert!(same_certificate(12).unwrap().starts_with("12 other BMCs show "));
}

#[test]
fn a_product_names_its_maker_once_and_blanks_are_none() {
    assert_eq!(product(Some("Dell Inc."), Some("PowerEdge R640")).unwrap(), "Dell Inc. PowerEdge R640");
    assert_eq!(product(Some("HPE"), Some("hpe ProLiant DL380")).unwrap(), "hpe ProLiant DL380");
    assert_eq!(product(Some(" "), Some("X11")).unwrap(), "X11");
    assert_eq!(product(None, Some("")), None);
}

#[test]
fn a_dell_is_known_by_its_service_tag_and_its_host_leads_to_the_inventory() {
    let mut server = samples::server("10.0.8.1");
    server.serial_number = Some("CN001".to_owned());
    assert_eq!(serial(&server), Some("CN001"));
    server.service_tag = Some("ABC1234".to_owned());
    assert_eq!(serial(&server), Some("ABC1234"));
    assert_eq!(host_of(&server), None);
    server.vcenter_id = Some(VcenterId("v1".to_owned()));
    server.host_moref = Some(Moref::from("host-9"));
    let place = host_of(&server).unwrap();
    assert_eq!(Route::parse(&place.to_string()), place);
    let candidate = Candidate {
        host: "esx".to_owned(),
        host_moref: Moref::from("host-9"),
        vcenter: "Berlin".to_owned(),
        vcenter_id: VcenterId("v1".to_owned()),
        score: 60,
        reasons: Vec::new(),
    };
    assert!(!is_open(&server, &candidate), "it is that one already");
    assert!(is_open(&server, &Candidate { host_moref: Moref::from("host-8"), ..candidate }));
}

#[test]
fn only_what_talks_to_bmcs_is_shown_as_under_way() {
    let scan = samples::scan("10.0.8.0/24", OperationState::Running);
    let sync = samples::operation("Berlin", OperationState::Running);
    assert_eq!(under_way([&scan, &sync]), [scan]);
}

#[test]
fn a_paused_profile_says_so_whatever_accepted_it_before() {
    let mut profile = samples::profile("factory");
    assert_eq!(standing(&profile).1, Level::Info);
    profile.proven_at = Some(Time(1));
    assert_eq!(standing(&profile), ("Accepted", Level::Good, Some(Time(1))));
    profile.paused_at = Some(Time(2));
    assert_eq!((standing(&profile).1, standing(&profile).2), (Level::Danger, Some(Time(2))));
    assert_eq!(vendors().len(), Vendor::ALL.len() + 1);
}
