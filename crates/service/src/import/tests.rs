//! Files of every format against a service with a data folder of its own, and files that want to do harm.
//! Refuses to contact anybody, as the import does.

use super::read::read;
use super::*;
use crate::Caller;
use crate::tests::fresh;
use contract::command::{
    AddCredential, DescribeVcenters, EditVcenter as Edit, ListAudit, ListCredentials, ListStatus,
    ListVcenters,
};
use contract::{AuditFilter, StaleReads, VcenterState};
use proptest::prelude::*;
use std::io::{Cursor, Write};

const PIN: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn names(text: &str) -> Vec<(Option<String>, String)> {
    let listed = read(text.as_bytes(), false).unwrap();
    listed.entries.into_iter().map(|entry| (entry.name, entry.host)).collect()
}

fn named(name: &str, host: &str) -> (Option<String>, String) {
    (Some(name).filter(|name| !name.is_empty()).map(str::to_owned), host.to_owned())
}

fn refused(bytes: &[u8]) -> String {
    read(bytes, false).unwrap_err().message
}

#[test]
fn a_list_has_a_host_a_name_and_a_host_or_a_comment_on_each_line() {
    let text = "# our vCenters\r\n\r\nvc1.example.org\nBerlin, vc2.example.org:8443 # new\nSan Jose\tvc3\nParis vc4\n\
                https://vc5.example.org/ui/#/home\r\n  \"Rome\";[2001:db8::1]:444\n";
    assert_eq!(
        names(text),
        [
            named("", "vc1.example.org"),
            named("Berlin", "vc2.example.org:8443"),
            named("San Jose", "vc3"),
            named("Paris", "vc4"),
            named("", "https://vc5.example.org/ui/#/home"),
            named("Rome", "[2001:db8::1]:444"),
        ]
    );
    let lines: Vec<u64> = read(text.as_bytes(), false).unwrap().entries.iter().map(|one| one.line).collect();
    assert_eq!(lines, [3, 4, 5, 6, 7, 8]);
}

/// A tab of RVTools, cut down to a few of its columns.
const VINFO: &str = "\u{feff}VM,Powerstate,Host,\"OS according to the VMware Tools\",VI SDK Server type,VI SDK API Version,VI SDK Server,VI SDK UUID\r\n\
    web01,poweredOn,esx-01.example.org,\"Red Hat, 64-bit\",VMware vCenter Server 8.0.3,8.0.3.0,vc1.example.org,258FD56F-AB48-4992-9D1D-8CED6C827CF0\r\n\
    web02,poweredOn,esx-02.example.org,Debian,VMware vCenter Server 8.0.3,8.0.3.0,vc1.example.org,258FD56F-AB48-4992-9D1D-8CED6C827CF0\r\n\
    db01,poweredOff,esx-03.example.org,Debian,VMware vCenter Server 7.0.3,7.0.3.0,VC2.example.org,aaaaaaaa-AB48-4992-9D1D-8CED6C827CF0\r\n";

#[test]
fn a_tab_of_rvtools_names_its_vcenters_and_the_hosts_for_whoever_asks() {
    let listed = read(VINFO.as_bytes(), false).unwrap();
    assert_eq!((listed.format, listed.is_configuration), ("RVTools (CSV)", false));
    let found: Vec<_> = listed.entries.iter().map(|one| (one.line, &*one.host)).collect();
    assert_eq!(found, [(2, "vc1.example.org"), (4, "VC2.example.org")]);
    assert_eq!(listed.entries[0].instance_uuid.as_deref(), Some("258FD56F-AB48-4992-9D1D-8CED6C827CF0"));
    assert_eq!(read(VINFO.as_bytes(), true).unwrap().entries.len(), 5);
    let semicolons = "Host;# VMs total;VI SDK Server\nesx-01;7;vc1\nesx-02;8;vc1\n";
    assert_eq!(names(semicolons), [named("", "vc1")]);
    assert_eq!(read(semicolons.as_bytes(), true).unwrap().entries.len(), 3);
}

fn workbook(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (path, text) in parts {
        zip.start_file(*path, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

const TABS: &str = r#"<workbook xmlns:r="x"><sheets><sheet name="vInfo" sheetId="1" r:id="rId1"/><sheet name="vHost" sheetId="2" r:id="rId2"/></sheets></workbook>"#;
const RELATIONS: &str = r#"<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Target="/xl/worksheets/sheet2.xml"/></Relationships>"#;
const TEXTS: &str = "<sst><si><t>VM</t></si><si><t>VI SDK Server</t></si><si><r><t>vc1.</t></r><r><t>example.org</t></r></si><si><t>H&amp;S</t></si></sst>";
const VMS: &str = r#"<worksheet><sheetData>
    <row r="1"><c r="A1" t="s"><v>0</v></c><c r="CA1" t="s"><v>1</v></c></row>
    <row r="2"><c r="A2" t="s"><v>3</v></c><c r="CA2" t="s"><v>2</v></c></row>
    <row r="3"><c r="B3"><v>17</v></c><c r="CA3" t="s"><v>2</v></c></row>
    <row r="4"><c r="CA4" t="inlineStr"><is><t>vc2.example.org</t></is></c></row>
    </sheetData></worksheet>"#;
const HOSTS: &str = r#"<worksheet><sheetData><row><c t="str"><v>Host</v></c><c t="str"><v>VI SDK Server</v></c></row>
    <row><c t="str"><f>A1</f><v>esx-01</v></c><c t="str"><v>vc1.example.org</v></c></row></sheetData></worksheet>"#;

fn parts() -> [(&'static str, &'static str); 5] {
    [
        ("xl/workbook.xml", TABS),
        ("xl/_rels/workbook.xml.rels", RELATIONS),
        ("xl/sharedStrings.xml", TEXTS),
        ("xl/worksheets/sheet1.xml", VMS),
        ("xl/worksheets/sheet2.xml", HOSTS),
    ]
}

#[test]
fn a_workbook_of_rvtools_is_read_whatever_way_its_cells_have_their_texts() {
    let bytes = workbook(&parts());
    let hosts = |esxi_hosts| {
        let listed = read(&bytes, esxi_hosts).unwrap();
        listed.entries.into_iter().map(|one| (one.line, one.host)).collect::<Vec<_>>()
    };
    let host = |line: u64, host: &str| (line, host.to_owned());
    assert_eq!(hosts(true), [host(2, "vc1.example.org"), host(2, "esx-01")]);
    let vms = workbook(&parts()[..4]);
    let listed = read(&vms, false).unwrap();
    let found: Vec<_> = listed.entries.iter().map(|one| (one.line, &*one.host)).collect();
    assert_eq!(found, [(2, "vc1.example.org"), (4, "vc2.example.org")]);
}

#[test]
fn a_workbook_that_wants_to_do_harm_is_refused() {
    let refuses = |at: usize, part: &str| {
        let mut parts = parts();
        parts[at].1 = part;
        refused(&workbook(&parts[..4]))
    };
    let bomb = format!("<!DOCTYPE x [<!ENTITY a \"{}\">]><sst/>", "b".repeat(100));
    assert!(refuses(2, &bomb).contains("document type"));
    assert!(refuses(3, "<worksheet><row><c r=\"ZZZZ1\"/></row></worksheet>").contains("too long"));
    assert!(refuses(3, "<worksheet><row").contains("damaged"));
    assert!(refused(&workbook(&[("a.txt", "x")])).contains("no workbook"));
    assert!(refused(b"PK\x03\x04nothing").contains("damaged"));
    let zeros = format!("<sst>{}</sst>", " ".repeat(257 << 20));
    let packed = workbook(&[("xl/workbook.xml", TABS), ("xl/sharedStrings.xml", &zeros)]);
    assert!(packed.len() < 1 << 20);
    assert!(refused(&packed).contains("256 MiB"), "{}", refused(&packed));
}

const ROYAL: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<RTSZDocument>
  <RoyalDocument><ID>doc</ID><Name>Ours</Name></RoyalDocument>
  <RoyalTrash><ID>bin</ID><Name>Trash</Name><ParentID>doc</ParentID></RoyalTrash>
  <RoyalFolder><ID>f1</ID><Name>H&amp;S</Name><ParentID>doc</ParentID></RoyalFolder>
  <RoyalFolder><ID>f2</ID><Name>Berlin</Name><ParentID>f1</ParentID></RoyalFolder>
  <RoyalWebConnection><ID>w1</ID><Name>vCenter Berlin</Name><ParentID>f2</ParentID><URI>https://vc1.example.org/ui</URI></RoyalWebConnection>
  <RoyalVMwareConnection><ID>c1</ID><Name>Berlin</Name><ParentID>f2</ParentID><URI>vc1.example.org</URI>
    <ServicePort>443</ServicePort><CredentialUsername>root</CredentialUsername><CredentialPassword>canary</CredentialPassword></RoyalVMwareConnection>
  <RoyalVMwareConnection><ID>c2</ID><Name>Lab</Name><ParentID>doc</ParentID><URI>10.9.0.30</URI><ServicePort>8443</ServicePort></RoyalVMwareConnection>
  <RoyalVMwareConnection><ID>c3</ID><Name>Gone</Name><ParentID>bin</ParentID><URI>10.9.0.99</URI></RoyalVMwareConnection>
  <RoyalWebConnection><ID>w2</ID><Name>Printer</Name><ParentID>f1</ParentID><URI>https://printer/</URI></RoyalWebConnection>
  <RoyalSSHConnection><ID>s1</ID><Name>edge</Name><ParentID>f1</ParentID><URI>10.9.0.1</URI><Port>22</Port></RoyalSSHConnection>
</RTSZDocument>"#;

#[test]
fn a_document_of_royal_ts_gives_its_vmware_connections_with_their_folders_as_tags_and_no_login() {
    let listed = read(ROYAL.as_bytes(), false).unwrap();
    let found: Vec<_> =
        listed.entries.iter().map(|one| (one.name.as_deref().unwrap(), &*one.host, one.port)).collect();
    assert_eq!(found, [("Berlin", "vc1.example.org", None), ("Lab", "10.9.0.30", Some(8443))]);
    assert_eq!(listed.entries[0].settings["tags"], serde_json::json!(["H&S", "Berlin"]));
    assert_eq!(listed.passed_over, 2);
    assert!(!format!("{listed:?}").contains("canary"));

    let json = r#"{"Objects": [
        {"Type": "Folder", "Name": "Lab", "Objects": [{"Type": "VMwareConnection", "Name": "A", "ComputerName": "vc-a", "Password": "canary"}]},
        {"Type": "WebConnection", "Name": "B", "URL": "https://vcenter.example.org", "Path": "X/Y"},
        {"Type": "ToDo", "Name": "C"}]}"#;
    let listed = read(json.as_bytes(), false).unwrap();
    let found: Vec<_> =
        listed.entries.iter().map(|one| (&*one.host, one.settings["tags"].to_string())).collect();
    assert_eq!(
        found,
        [("vc-a", r#"["Lab"]"#.to_owned()), ("https://vcenter.example.org", r#"["X","Y"]"#.to_owned())]
    );
    assert!(!format!("{listed:?}").contains("canary"));

    let csv = "Name;URI;ServicePort;Folder\nBerlin;vc1;443;Prod\nLab;vc2;8443;\n";
    let listed = read(csv.as_bytes(), false).unwrap();
    let found: Vec<_> = listed.entries.iter().map(|one| (&*one.host, one.port)).collect();
    assert_eq!(found, [("vc1", None), ("vc2", Some(8443))]);
}

#[test]
fn what_is_no_list_is_refused_in_words_and_never_quoted() {
    for (bytes, why) in [
        (&b""[..], "empty"),
        (b"  \r\n", "empty"),
        (b"# nothing\n", "names no vCenter"),
        (b"\x00\x01\x02\x03", "no text"),
        (b"caf\xe9 vc1", "no text"),
        (b"\xd0\xcf\x11\xe0....", "Excel 97"),
        (b"\xff\xfe\x00\xd8", "no text"),
        (b"<html><body/></html>", "no document of Royal TS"),
        (b"<RTSZDocument><RoyalFolder>", "no valid XML"),
        (b"<!DOCTYPE a [<!ENTITY b \"c\">]><RTSZDocument/>", "document type"),
        (b"{\"canary\": ", "no valid JSON"),
        (b"{\"canary\": 1}", "no export"),
        (b"{\"muster\": \"vcenters\", \"version\": 2, \"vcenters\": []}", "later release"),
        (b"<RTSZDocument><RoyalSSHConnection><Name>canary</Name></RoyalSSHConnection></RTSZDocument>", "(1)"),
    ] {
        let message = refused(bytes);
        assert!(message.contains(why) && !message.contains("canary"), "{bytes:?}: {message}");
    }
    assert!(refused(&vec![b'a'; Content::LARGEST + 1]).contains("32 MiB"));
    assert!(refused("[".repeat(1000).as_bytes()).contains("JSON"));
    assert!(refused("vc\n".repeat(5001).as_bytes()).contains("5001"));
    let long = format!("{}\nvc1\n", "x".repeat(3000));
    let listed = read(long.as_bytes(), false).unwrap();
    assert_eq!(listed.entries[0].wrong.as_deref(), Some("the line is too long"));
    let utf16: Vec<u8> = "\u{feff}Zürich vc1\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(read(&utf16, false).unwrap().entries[0].name.as_deref(), Some("Zürich"));
}

proptest! {
    #[test]
    fn no_file_breaks_the_import(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes, true);
    }

    #[test]
    fn no_text_breaks_the_import(text in "[\\[{<\"'=,;\t#a-z0-9.: \r\n\u{e4}\u{feff}]{0,200}") {
        let _ = read(text.as_bytes(), true);
    }

    #[test]
    fn no_damage_to_a_file_breaks_the_import(at in 0usize..4000, byte in any::<u8>(), which in 0usize..4) {
        let csv = format!("{VINFO}\n\n\n");
        let mut bytes = [workbook(&parts()), ROYAL.into(), csv.into(), sample(true).into_bytes()][which].clone();
        let at = at % bytes.len();
        bytes[at] = byte;
        let _ = read(&bytes, true);
        bytes.truncate(at);
        let _ = read(&bytes, true);
    }

    #[test]
    fn whatever_a_setting_holds_is_the_same_after_a_spreadsheet_format(text in "[ '=+@;\\\\\"a-z0-9,\n\u{e4}-]{0,30}", tags in prop::collection::vec("[ ';=a-z\\\\]{1,8}", 0..4)) {
        let object = serde_json::json!({ "name": "n", "host": "h", "note": text, "tags": tags });
        let object = object.as_object().unwrap();
        let csv = crate::export::texts(object.keys().map(String::as_str), [object.values().map(cell)]);
        let entry = read(csv.as_bytes(), false).unwrap().entries.remove(0);
        prop_assert_eq!(&entry.settings["note"], &serde_json::json!(text));
        let kept: Vec<String> = tags.into_iter().filter(|tag| !tag.trim().is_empty()).collect();
        prop_assert_eq!(&entry.settings["tags"], &serde_json::json!(kept));
    }
}

/// Two configurations, as Muster would export them.
fn sample(csv: bool) -> String {
    let berlin = serde_json::json!({
        "name": "=Berlin", "host": "vc1.example.org", "port": 8443, "credential": "shared", "user": "ro@vsphere.local",
        "trust": "pin", "pin": PIN, "ttl_seconds": 900, "tags": ["a;b", "prod"], "stale_reads": "nothing",
        "notify": false, "note": "line 1\nline 2 \"quoted\""
    });
    let paris = serde_json::json!({
        "name": "Paris", "host": "2001:db8::1", "port": 443, "credential": "shared", "user": "ro@vsphere.local",
        "trust": "system", "pin": null, "ttl_seconds": 300, "tags": [], "stale_reads": "kind", "notify": true, "note": ""
    });
    let (berlin, paris) = (berlin.as_object().unwrap(), paris.as_object().unwrap());
    match csv {
        true => crate::export::texts(
            berlin.keys().map(String::as_str),
            [berlin, paris].map(|one| one.values().map(cell).collect::<Vec<_>>()),
        ),
        false => {
            serde_json::json!({ "muster": "vcenters", "version": 1, "vcenters": [berlin, paris] }).to_string()
        }
    }
}

async fn import(service: &Service, text: &str, options: ImportOptions) -> ImportPlan {
    let import = ImportVcenters { content: Content(text.as_bytes().to_vec()), options };
    service.call(&Caller::muster(), import).await.unwrap()
}

async fn planned(service: &Service, text: &str, options: ImportOptions) -> ImportPlan {
    let plan = PlanImport { content: Content(text.as_bytes().to_vec()), options };
    service.call(&Caller::muster(), plan).await.unwrap()
}

async fn described(service: &Service, csv: bool) -> String {
    service
        .call(&Caller::muster(), DescribeVcenters { csv, out: "/tmp/vcenters".to_owned() })
        .await
        .unwrap()
        .text
}

fn actions(plan: &ImportPlan) -> Vec<(&str, ImportAction)> {
    plan.vcenters.iter().map(|one| (&*one.name, one.action)).collect()
}

#[tokio::test]
async fn what_was_exported_is_imported_as_it_was_and_a_second_time_changes_nothing() {
    use ImportAction::{Add, Same};
    for csv in [false, true] {
        let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (from, to) = (fresh(&first).await, fresh(&second).await);
        let plan = planned(&from, &sample(csv), ImportOptions::default()).await;
        assert_eq!(actions(&plan), [("=Berlin", Add), ("Paris", Add)], "{plan:?}");
        assert!(
            from.call(&Caller::muster(), ListVcenters {}).await.unwrap().is_empty(),
            "a plan stores nothing"
        );
        let done = import(&from, &sample(csv), ImportOptions::default()).await;
        assert_eq!(done, plan);
        let exported = described(&from, csv).await;
        assert_eq!(
            actions(&import(&to, &exported, ImportOptions::default()).await),
            [("=Berlin", Add), ("Paris", Add)]
        );
        assert_eq!(described(&to, csv).await, exported);
        assert_eq!(described(&to, !csv).await, described(&from, !csv).await);
        let again = import(&to, &exported, ImportOptions::default()).await;
        assert_eq!(actions(&again), [("=Berlin", Same), ("Paris", Same)], "{again:?}");
        let credentials = to.call(&Caller::muster(), ListCredentials {}).await.unwrap();
        assert_eq!(credentials.len(), 1);
        assert_eq!(
            (&*credentials[0].user, credentials[0].stored),
            ("ro@vsphere.local", CredentialPlace::None)
        );
        let states = to.call(&Caller::muster(), ListStatus {}).await.unwrap();
        assert!(states.iter().all(|one| one.state == VcenterState::NeverSynced), "{states:?}");
    }
}

#[tokio::test]
async fn what_differs_is_changed_by_name_and_what_may_be_another_one_is_refused() {
    use ImportAction::{Add, Change, Refuse, Same};
    let folder = tempfile::tempdir().unwrap();
    let service = fresh(&folder).await;
    import(&service, &sample(false), ImportOptions::default()).await;
    let csv = "name,host,ttl_seconds,stale_reads,credential,user\n\
               paris,[2001:db8::1]:443,3600,everything,,\n\
               =berlin,elsewhere.example.org,,,,\n\
               Rome,vc1.example.org:8443,,,,\n\
               Oslo,vc4,,,shared,somebody else\n\
               Bonn,vc5,,,unheard of,\n\
               Kiel,vc6,12 parsecs,,shared,\n\
               Jena,vc7,,,,ro\n\
               Jena,vc8,,,,ro\n";
    let plan = import(&service, csv, ImportOptions::default()).await;
    let expected = [
        ("paris", Refuse),
        ("=berlin", Refuse),
        ("Rome", Refuse),
        ("Oslo", Refuse),
        ("Bonn", Refuse),
        ("Kiel", Refuse),
        ("Jena", Add),
        ("Jena", Refuse),
    ];
    let reasons: Vec<_> = plan.vcenters.iter().map(|one| one.reason.clone().unwrap_or_default()).collect();
    assert_eq!(actions(&plan)[1..], expected[1..], "{reasons:#?}");
    assert_eq!(plan.vcenters[0].action, Change, "{reasons:#?}");
    assert!(reasons[0].contains("TTL: 5 min → 1 h"), "{}", reasons[0]);
    assert!(reasons[1].contains("vc1.example.org:8443"), "{}", reasons[1]);
    assert!(reasons[2].contains("=Berlin"), "{}", reasons[2]);
    assert!(reasons[3].contains("logs in as ro@vsphere.local"), "{}", reasons[3]);
    assert!(reasons[4].contains("unheard of"), "{}", reasons[4]);
    assert!(reasons[5].contains("ttl_seconds"), "{}", reasons[5]);
    assert!(reasons[7].contains("line 8"), "{}", reasons[7]);
    let all = service.call(&Caller::muster(), ListVcenters {}).await.unwrap();
    let paris = all.iter().find(|one| one.name == "paris").unwrap();
    assert_eq!((paris.settings.ttl_seconds, paris.settings.stale_reads), (3600, StaleReads::Everything));

    let update = ImportOptions { update: true, ..ImportOptions::default() };
    let plan =
        import(&service, "name,host\n=Berlin,elsewhere.example.org\nLyon,[2001:db8::1]\n", update).await;
    assert_eq!(actions(&plan), [("=Berlin", Change), ("Lyon", Change)], "{plan:?}");
    let plan = import(&service, "elsewhere.example.org:443\nX, vc7\n", ImportOptions::default()).await;
    assert_eq!(actions(&plan), [("elsewhere.example.org", Same), ("X", Same)], "{plan:?}");
    assert_eq!(plan.vcenters[1].reason.as_deref(), Some("It is configured as Jena"));
}

#[tokio::test]
async fn a_password_that_stands_in_a_line_is_neither_shown_nor_taken_for_a_host() {
    let folder = tempfile::tempdir().unwrap();
    let service = fresh(&folder).await;
    import(&service, &sample(false), ImportOptions::default()).await;
    let options = ImportOptions { credential: Some("shared".into()), ..ImportOptions::default() };
    let list = "https://root:s3cret@esx1.example.org/ui\nroot:s3cret@esx2\nesx3.example.org root s3cret\n\
                esx4.example.org,root,s3cret\n\"esx5.example.org\"\troot\ts3cret\nesx6 root s3cret\n\
                https://admin@vsphere.local:s3cret@vc1.example.org,x,y\nhttps://root:s3cret@esx7.example.org esx7\n\
                root:s3cret@esx8 esx8\nesx9.example.org,s3cret\n";
    let plan = import(&service, list, options).await;
    assert!(plan.vcenters.iter().all(|one| one.action == ImportAction::Refuse), "{plan:?}");
    assert!(!format!("{plan:?}").contains("s3cret"), "{plan:?}");
    let all = ListAudit { filter: AuditFilter::default(), before: None, limit: 100 };
    let audit = service.call(&Caller::muster(), all).await.unwrap();
    assert!(!format!("{audit:?}").contains("s3cret"));
    let csv = "name,host\nBerlin 2,https://root:s3cret@esx1.example.org\n";
    let plan = import(&service, csv, ImportOptions::default()).await;
    assert!(!format!("{plan:?}").contains("s3cret"), "{plan:?}");
}

#[test]
fn a_name_may_have_dots_slashes_and_spaces_before_a_comma() {
    let list = "St. Gallen, vc7\nBerlin/Mitte;vc8\nvc9.example.org, 10.0.0.9\nSan Jose\tvc3\n";
    let expected = [
        named("St. Gallen", "vc7"),
        named("Berlin/Mitte", "vc8"),
        named("vc9.example.org", "10.0.0.9"),
        named("San Jose", "vc3"),
    ];
    assert_eq!(names(list), expected);
}

#[tokio::test]
async fn two_rows_that_mean_one_vcenter_are_seen_before_anything_is_changed() {
    use ImportAction::{Change, Refuse};
    let folder = tempfile::tempdir().unwrap();
    let service = fresh(&folder).await;
    import(&service, &sample(false), ImportOptions::default()).await;
    let update = ImportOptions { update: true, ..ImportOptions::default() };
    let csv = "name,host,port\nBerlin new,vc1.example.org,8443\n=Berlin,elsewhere.example.org,443\n";
    let plan = planned(&service, csv, update.clone()).await;
    assert_eq!(actions(&plan), [("Berlin new", Change), ("=Berlin", Refuse)], "{plan:?}");
    assert_eq!(actions(&import(&service, csv, update).await), actions(&plan));
}

#[tokio::test]
async fn an_ipv6_address_is_named_and_told_in_brackets() {
    use ImportAction::{Add, Refuse};
    let folder = tempfile::tempdir().unwrap();
    let service = fresh(&folder).await;
    import(&service, &sample(false), ImportOptions::default()).await;
    let options = ImportOptions { credential: Some("shared".into()), ..ImportOptions::default() };
    let plan = import(&service, "[fd00::5]:8443\nParis, vc9\n", options).await;
    assert_eq!(actions(&plan), [("[fd00::5]:8443", Add), ("Paris", Refuse)], "{plan:?}");
    let reason = plan.vcenters[1].reason.as_deref().unwrap();
    assert!(reason.contains("[2001:db8::1]:443"), "{reason}");
}

#[tokio::test]
async fn fifty_of_a_list_are_added_at_once_with_a_row_of_the_audit_log_each() {
    let folder = tempfile::tempdir().unwrap();
    let service = fresh(&folder).await;
    let muster = Caller::muster();
    let lines: String = (1..=50).map(|n| format!("Site {n}, vc{n}.example.org\n")).collect();
    let text = format!("{lines}Broken, not a host!\n");
    let plan = planned(&service, &text, ImportOptions::default()).await;
    assert!(plan.needs_credential && plan.to_import() == 50, "{plan:?}");
    let wanting =
        ImportVcenters { content: Content(text.clone().into_bytes()), options: ImportOptions::default() };
    assert_eq!(service.call(&muster, wanting).await.unwrap_err().code, Code::InvalidValue);
    let shared = AddCredential { name: "shared".into(), user: "ro".into(), password: None, helper: None };
    service.call(&muster, shared).await.unwrap();
    let options = ImportOptions { credential: Some("Shared".into()), ..ImportOptions::default() };
    let began = std::time::Instant::now();
    let done = import(&service, &text, options.clone()).await;
    println!("import | 50 vCenters of a list | {} ms", began.elapsed().as_millis());
    assert_eq!((done.count(ImportAction::Add), done.count(ImportAction::Refuse)), (50, 1));
    let broken = &done.vcenters[50];
    assert_eq!((broken.line, broken.port), (Some(51), None));
    assert_eq!(service.call(&muster, ListVcenters {}).await.unwrap().len(), 50);
    let filter = AuditFilter { command: Some("import_vcenters".into()), ..AuditFilter::default() };
    let page = service.call(&muster, ListAudit { filter, before: None, limit: 100 }).await.unwrap();
    let added = page.rows.iter().filter(|row| row.subject_kind == "vcenter" && row.after.is_some());
    assert_eq!(added.count(), 50);
    let again = import(&service, &text, options).await;
    assert_eq!((again.count(ImportAction::Same), again.to_import()), (50, 0));
}

#[tokio::test]
async fn a_change_is_made_from_the_edition_that_was_read_and_a_ca_that_is_none_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let service = fresh(&folder).await;
    let muster = Caller::muster();
    import(&service, &sample(false), ImportOptions::default()).await;
    let all = service.call(&muster, ListVcenters {}).await.unwrap();
    let change = contract::command::Change { name: Some("Nantes".into()), ..Default::default() };
    let edit = Edit { vcenter: all[1].id.clone(), edition: all[1].edition, change };
    service.call(&muster, edit).await.unwrap();
    let plan = import(
        &service,
        "name,host,ca_pem\nNantes,2001:db8::1,nonsense\nNew,vc9,\n",
        ImportOptions { credential: Some("shared".into()), ..ImportOptions::default() },
    )
    .await;
    assert_eq!(actions(&plan), [("Nantes", ImportAction::Refuse), ("New", ImportAction::Add)]);
    assert!(plan.vcenters[0].reason.as_deref().unwrap().contains("CA"), "{plan:?}");
}
