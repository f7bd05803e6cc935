//! What the parser makes of whole answers: recorded ones of the simulator, and written ones in a vCenter's manner.

#![expect(clippy::unwrap_used, reason = "tests; clippy sees only functions with #[test] as such")]

use vsphere::{
    Missing, MoRef, Object, Property, PropertySet, Value,
    parser::{Limits, Page, ParseError, parse_page, parse_page_in_chunks, parse_page_of},
};

macro_rules! answer {
    ($path:literal) => {
        include_bytes!($path).as_slice()
    };
}

fn page(body: &[u8]) -> Page {
    parse_page(body, Limits::default()).unwrap()
}

fn text<'a>(object: &'a Object, path: &str) -> Option<&'a str> {
    object.property(path).and_then(Value::as_str)
}

/// A page with one object, whose property `p` has this value and these attributes.
fn with_value(attributes: &str, value: &str) -> String {
    format!(
        "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body><RetrievePropertiesExResponse>\
         <returnval><objects><obj type=\"HostSystem\">host-1</obj><propSet><name>p</name><val {attributes}>{value}</val>\
         </propSet></objects></returnval></RetrievePropertiesExResponse></e:Body></e:Envelope>"
    )
}

fn value(attributes: &str, value: &str) -> Value {
    let page = page(with_value(attributes, value).as_bytes());
    page.objects[0].property("p").unwrap().clone()
}

#[test]
fn a_recorded_page_of_hosts_is_read_with_its_token() {
    let page = page(answer!("recorded/page_HostSystem.xml"));
    assert_eq!(page.token.as_deref(), Some("2d3eaa83-9895-45a2-aad5-b8aad18f9980"));
    assert!(!page.objects.is_empty());
    let host = &page.objects[0];
    assert_eq!(host.moref, MoRef::new("HostSystem", "host-27"));
    assert_eq!(text(host, "name"), Some("DC0_H0"));
    assert_eq!(text(host, "runtime.connectionState"), Some("connected"));
    assert_eq!(host.property("runtime.inMaintenanceMode").and_then(Value::as_bool), Some(false));
    assert_eq!(
        host.property("parent").and_then(Value::as_ref),
        Some(&MoRef::new("ComputeResource", "domain-s30"))
    );
    assert_eq!(host.property("customValue").unwrap().as_list(), []);
}

#[test]
fn every_recorded_page_is_read() {
    for body in [
        answer!("recorded/page_HostSystem_continued.xml"),
        answer!("recorded/page_VirtualMachine.xml"),
        answer!("recorded/page_VirtualMachine_continued.xml"),
        answer!("recorded/page_Datastore.xml"),
        answer!("recorded/page_ClusterComputeResource.xml"),
        answer!("recorded/page_Folder_continued.xml"),
        answer!("recorded/page_Network.xml"),
    ] {
        let page = page(body);
        assert!(!page.objects.is_empty());
        assert!(page.objects.iter().all(|object| text(object, "name").is_some()));
    }
}

#[test]
fn an_unknown_path_is_missing_and_costs_nothing_else() {
    let page = page(answer!("recorded/missing_set.xml"));
    assert_eq!(page.objects.len(), 2);
    for host in &page.objects {
        assert!(text(host, "name").is_some());
        let missing: Vec<_> = host.missing.iter().map(|(path, why)| (&**path, why)).collect();
        assert_eq!(
            missing,
            [("no.such.path", &Missing::NotReported), ("runtime.nope", &Missing::NotReported)]
        );
    }
}

#[test]
fn a_vcenters_page_is_read_whole() {
    let page = page(answer!("written/page.xml"));
    assert_eq!(page.token.as_deref(), Some("0"));
    let [host, gone] = &page.objects[..] else { panic!("two objects") };
    assert_eq!(text(host, "name"), Some("esx & <one> ä😀 R&D"));
    assert_eq!(
        host.property("parent").and_then(Value::as_ref),
        Some(&MoRef::new("ClusterComputeResource", "domain-c8"))
    );
    let vnics = host.property("config.network.vnic").unwrap().as_list();
    assert_eq!(vnics.len(), 1);
    assert_eq!(vnics[0].type_name(), Some("HostVirtualNic"));
    assert_eq!(vnics[0].field("spec.ip.ipAddress").and_then(Value::as_str), Some("10.0.0.1"));
    assert_eq!(vnics[0].field("spec.mtu").and_then(Value::as_i64), Some(9000));
    assert_eq!(host.property("datastore").unwrap().as_list().len(), 2);
    assert_eq!(host.property("vm").unwrap(), &Value::List(vec![]));
    let hardware = host.property("summary.hardware").unwrap();
    let tags = hardware.list("otherIdentifyingInfo");
    assert_eq!(tags[0].field("identifierValue").and_then(Value::as_str), Some(" unknown"));
    assert_eq!(tags[1].field("identifierValue").and_then(Value::as_str), Some("ABC1234"));
    assert_eq!(hardware.field("memorySize").and_then(Value::as_i64), Some(274_719_502_336));
    assert_eq!(host.property("runtime.bootTime").and_then(Value::as_time_ms), Some(1_709_292_645_123));
    let missing: Vec<_> = host.missing.iter().map(|(path, why)| (&**path, why.clone())).collect();
    assert_eq!(
        missing,
        [
            ("config.product", Missing::NoPermission(Some("System.Read".into()))),
            ("hardware", Missing::NotConnected),
            ("config", Missing::Other("SystemError".into())),
        ]
    );
    assert_eq!(gone.missing, [("name".into(), Missing::Gone)]);
    assert_eq!(host.property("unset.path"), None);
}

#[test]
fn a_type_is_found_by_its_namespace_and_not_by_its_prefix() {
    const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
    let typed = |value: &Value| value.type_name().map(str::to_owned);
    let inner = "<x>1</x>";
    assert_eq!(typed(&value(&format!("_a:type='HostX' xmlns:_a='{XSI}'"), inner)).as_deref(), Some("HostX"));
    assert_eq!(
        typed(&value(&format!("xmlns:q='{XSI}' q:type='vim25:HostX'"), inner)).as_deref(),
        Some("HostX")
    );
    assert_eq!(typed(&value("xmlns:xsi='urn:something-else' xsi:type='HostX'", inner)), None);
    assert_eq!(typed(&value("xsi:type='HostX'", inner)), None, "the prefix is not declared");
    let array = value(&format!("xmlns:q='{XSI}' q:type='ArrayOfString'"), "<string>a</string>");
    assert_eq!(array, Value::List(vec![Value::Text("a".into())]));
}

#[test]
fn a_prefix_ends_with_its_element() {
    let body =
        with_value("xmlns:q='http://www.w3.org/2001/XMLSchema-instance'", "<a q:type='HostX'><b>1</b></a>")
            .replace(
                "</propSet>",
                "</propSet><propSet><name>q</name><val q:type='HostX'><b>1</b></val></propSet>",
            );
    let page = page(body.as_bytes());
    let object = &page.objects[0];
    assert_eq!(object.property("p").and_then(|p| p.field("a")?.type_name()), Some("HostX"));
    assert_eq!(object.property("q").and_then(Value::type_name), None);
}

#[test]
fn references_and_cdata_are_resolved_and_unknown_ones_stay() {
    let read = |text: &str| value("", text).as_str().unwrap().to_owned();
    assert_eq!(read("a&lt;b&gt;&amp;&quot;&apos;&#65;&#x42;"), "a<b>&\"'AB");
    assert_eq!(read("<![CDATA[a <b> & c]]>!"), "a <b> & c!");
    assert_eq!(read("a&nbsp;b"), "a&nbsp;b");
    assert_eq!(read("AT&T & more"), "AT&T & more");
    assert_eq!(read("a&#0;b&#xD800;"), "a\u{fffd}b\u{fffd}");
    assert_eq!(read("a\r\nb&#13;c"), "a\nb\rc");
    assert_eq!(read("\u{feff}a"), "\u{feff}a");
    assert_eq!(read("a<!-- not this --><?nor that?>b"), "ab");
    assert_eq!(read("  kept  "), "  kept  ");
}

#[test]
fn a_text_that_is_not_utf_8_costs_one_property() {
    let mut body = with_value("", "abcXdef").into_bytes();
    let place = body.iter().position(|byte| *byte == b'X').unwrap();
    body[place] = 0xff;
    for chunk in [1, 7, body.len()] {
        let page = parse_page_in_chunks(&body, chunk, Limits::default()).unwrap();
        assert_eq!(text(&page.objects[0], "p"), Some("abc\u{fffd}def"));
    }
}

#[test]
fn an_answer_reads_the_same_however_its_bytes_arrive() {
    for body in [answer!("recorded/page_VirtualMachine.xml"), answer!("written/page.xml")] {
        let whole = page(body);
        for chunk in [1, 2, 3, 7, 64, 1000, 4096] {
            assert_eq!(parse_page_in_chunks(body, chunk, Limits::default()), Ok(whole.clone()), "{chunk}");
        }
    }
}

#[test]
fn a_long_text_in_small_pieces_is_read() {
    let long = "ä&amp;".repeat(200_000);
    let body = with_value("", &long);
    let page = parse_page_in_chunks(body.as_bytes(), 1000, Limits::default()).unwrap();
    assert_eq!(text(&page.objects[0], "p").map(str::len), Some(600_000));
    let body = with_value("", &"x".repeat(2_000_000));
    let page = parse_page_in_chunks(body.as_bytes(), 1000, Limits::default()).unwrap();
    assert_eq!(text(&page.objects[0], "p").map(str::len), Some(2_000_000));
}

#[test]
fn an_empty_inventory_is_a_page_without_objects() {
    let body = "<e:Envelope><e:Body><RetrievePropertiesExResponse/></e:Body></e:Envelope>";
    assert_eq!(parse_page(body.as_bytes(), Limits::default()), Ok(Page::default()));
}

#[test]
fn a_page_that_cannot_be_understood_is_not_the_last_one() {
    let page = |answer: &str| {
        let body = format!("<e:Envelope><e:Body>{answer}</e:Body></e:Envelope>");
        parse_page(body.as_bytes(), Limits::default())
    };
    let retrieved =
        |inner: &str| page(&format!("<RetrievePropertiesExResponse>{inner}</RetrievePropertiesExResponse>"));
    let object = "<objects><obj type='HostSystem'>host-1</obj></objects>";
    for bad in [
        "oops",
        "<other/>",
        "<returnval>oops</returnval>",
        "<returnval type='x'></returnval>",
        "<returnval><token>a</token><token>b</token></returnval>",
        "<returnval><token>a</token><x/><token>b</token></returnval>",
        "<returnval><token type='x'>a</token></returnval>",
        "<returnval><token><a/></token></returnval>",
        "<returnval><token/></returnval>",
        "<returnval><token> </token></returnval>",
        "<returnval/><returnval/>",
        &format!("<returnval>{object}</returnval><returnval>{object}</returnval>"),
        &format!("<returnval>{object}</returnval><x/><returnval>{object}</returnval>"),
        &format!("<returnval>{object}oops</returnval>"),
    ] {
        let result = retrieved(bad);
        assert!(matches!(result, Err(ParseError::Malformed { .. })), "{bad}: {result:?}");
    }
    assert!(matches!(page("<RetrievePropertiesExResponse type='x'/>"), Err(ParseError::Malformed { .. })));
    for empty in ["", " \n ", "<returnval/>", "<returnval>\n</returnval>"] {
        assert_eq!(retrieved(empty), Ok(Page::default()), "{empty}");
    }
    let one = retrieved(&format!("\n<returnval>\n{object}\n</returnval>\n")).unwrap();
    assert_eq!((one.objects.len(), one.token), (1, None));
    let with_token = retrieved(&format!("<returnval>{object}<token>t</token></returnval>")).unwrap();
    assert_eq!(with_token.token.as_deref(), Some("t"));
}

#[test]
fn objects_outside_of_the_body_are_none_of_the_page() {
    let answer = "<RetrievePropertiesExResponse><returnval><objects><obj type='HostSystem'>host-1</obj></objects>\
        </returnval></RetrievePropertiesExResponse>";
    let empty = "<e:Body><RetrievePropertiesExResponse/></e:Body>";
    let header = format!("<e:Envelope><e:Header>{answer}</e:Header>{empty}</e:Envelope>");
    assert_eq!(parse_page(header.as_bytes(), Limits::default()), Ok(Page::default()));
    let bodies = format!("<e:Envelope>{empty}<e:Header/><e:Body>{answer}</e:Body></e:Envelope>");
    let result = parse_page(bodies.as_bytes(), Limits::default());
    assert!(matches!(result, Err(ParseError::Malformed { .. })), "{result:?}");
}

#[test]
fn what_is_not_a_page_is_refused() {
    for body in [
        "<e:Envelope><e:Body/></e:Envelope>",
        "<e:Envelope><e:Body></e:Body></e:Envelope>",
        "<e:Envelope/>",
        "<html><body>Sign in</body></html>",
        "<e:Envelope><e:Body><LoginResponse/></e:Body></e:Envelope>",
        "<e:Envelope><e:Body><RetrievePropertiesExResponse/><RetrievePropertiesExResponse/></e:Body></e:Envelope>",
        "<e:Envelope><e:Body><RetrievePropertiesExResponse/></e:Body></e:Envelope><more/>",
        "<e:Envelope><e:Body><RetrievePropertiesExResponse/></e:Body></e:Envelope>more",
        "<e:Envelope><e:Body><RetrievePropertiesExResponse/></e:Envelope></e:Body>",
        "<!DOCTYPE e [<!ENTITY a 'b'>]><e:Envelope><e:Body><RetrievePropertiesExResponse/></e:Body></e:Envelope>",
        "{\"json\": true}",
        "<!wrong><e:Envelope/>",
    ] {
        let result = parse_page(body.as_bytes(), Limits::default());
        assert!(matches!(result, Err(ParseError::Malformed { .. })), "{body}: {result:?}");
    }
    assert_eq!(parse_page(b"", Limits::default()), Err(ParseError::Truncated { offset: 0 }));
}

#[test]
fn an_object_without_a_reference_is_refused_because_it_would_look_deleted() {
    for obj in ["", "<obj>host-1</obj>", "<obj type='HostSystem'></obj>"] {
        let body = with_value("", "x").replace("<obj type=\"HostSystem\">host-1</obj>", obj);
        assert!(
            matches!(parse_page(body.as_bytes(), Limits::default()), Err(ParseError::Malformed { .. })),
            "{obj}"
        );
    }
}

#[test]
fn depth_text_body_objects_and_elements_are_capped() {
    let deep = with_value("", &("<x>".repeat(1_000) + &"</x>".repeat(1_000)));
    assert_eq!(parse_page(deep.as_bytes(), Limits::default()), Err(ParseError::TooDeep { limit: 1_000 }));
    let body = with_value("", &"x".repeat(10_000));
    let parse = |limits| parse_page_in_chunks(body.as_bytes(), 512, limits);
    let too_large = |what, limit| Err(ParseError::TooLarge { what, limit });
    assert_eq!(parse(Limits { text: 9_999, ..Limits::default() }), too_large("bytes in one text", 9_999));
    assert!(parse(Limits { text: 10_000, ..Limits::default() }).is_ok());
    assert_eq!(parse(Limits { body: 5_000, ..Limits::default() }), too_large("bytes", 5_000));
    assert_eq!(parse(Limits { objects: 0, ..Limits::default() }), too_large("objects", 0));
    assert_eq!(parse(Limits { elements: 5, ..Limits::default() }), too_large("elements", 5));
}

#[test]
fn a_branch_of_255_redo_logs_and_a_snapshot_tree_as_deep_are_read() {
    for level in ["<parent>", "<childSnapshotList><childSnapshotList>"] {
        let end: String = level.split('<').skip(1).map(|name| format!("</{name}")).collect();
        let deep = with_value("", &(level.repeat(255) + "<x>1</x>" + &end.repeat(255)));
        assert_eq!(page(deep.as_bytes()).objects.len(), 1, "{level}");
    }
}

#[test]
fn only_the_wanted_fields_of_a_value_are_built() {
    let devices = "<VirtualDisk xsi:type=\"VirtualDisk\"><key>1</key><backing><parent><macAddress>no</macAddress>\
                   </parent></backing></VirtualDisk><VirtualDevice xsi:type=\"VirtualVmxnet3\"><key>4000</key>\
                   <macAddress>00:50:56:00:00:01</macAddress><empty/></VirtualDevice>";
    let array = "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"ArrayOfVirtualDevice\"";
    let body = with_value(array, devices);
    let sets = [PropertySet {
        type_name: "VirtualMachine".into(),
        properties: vec![Property { path: "p".into(), fields: vec!["macAddress"] }],
    }];
    let narrowed = parse_page_of(body.as_bytes(), &sets, Limits::default()).unwrap();
    let [object] = &narrowed.objects[..] else { panic!("{narrowed:?}") };
    let devices = object.property("p").unwrap().as_list();
    let types: Vec<_> = devices.iter().map(|device| device.type_name().unwrap_or_default()).collect();
    assert_eq!(types, ["VirtualDisk", "VirtualVmxnet3"]);
    assert_eq!(devices[0].field("macAddress"), None, "it lies in a field that isn't wanted");
    assert_eq!(devices[0].field("key"), None);
    let mac = devices[1].field("macAddress").and_then(Value::as_str);
    assert_eq!(mac, Some("00:50:56:00:00:01"));

    let indented = with_value("", "\n  <a>1</a>\n  <b>2</b>\n");
    let page_of_it = parse_page_of(indented.as_bytes(), &sets, Limits::default()).unwrap();
    let value = page_of_it.objects[0].property("p").unwrap();
    assert_eq!((value.as_list().len(), value.as_str()), (0, Some("")), "the blanks are no text");

    let other = [PropertySet::new("VirtualMachine", ["p"])];
    assert_eq!(parse_page_of(body.as_bytes(), &other, Limits::default()).unwrap(), page(body.as_bytes()));
    // What is passed over costs neither depth nor elements.
    let deep = format!(
        "<VirtualDisk><backing>{}{}</backing></VirtualDisk>",
        "<a>".repeat(5_000),
        "</a>".repeat(5_000)
    );
    let body = with_value(array, &deep);
    let limits = Limits { elements: 20, ..Limits::default() };
    assert!(parse_page_of(body.as_bytes(), &sets, limits).is_ok());
    assert!(parse_page(body.as_bytes(), limits).is_err());
}

#[test]
fn attributes_and_namespace_prefixes_are_capped() {
    let attributes = |count| (0..count).map(|n| format!("a{n}='x' ")).collect::<String>();
    let declared = |count| (0..count).map(|n| format!("xmlns:p{n}='urn:x' ")).collect::<String>();
    let parse = |attributes: &str, text: &str| {
        parse_page(with_value(attributes, text).as_bytes(), Limits::default()).map(drop)
    };
    let too_many = |what| Err(ParseError::TooLarge { what, limit: 64 });
    assert_eq!(parse(&attributes(64), "x"), Ok(()));
    assert_eq!(parse(&attributes(65), "x"), too_many("attributes"));
    // The envelope of `with_value` has one already.
    assert_eq!(parse(&declared(63), "x"), Ok(()));
    assert_eq!(parse(&declared(64), "x"), too_many("namespace prefixes"));
    let nested = format!("<a {}><b {}></b></a>", declared(32), declared(32));
    assert_eq!(parse("", &nested), too_many("namespace prefixes"));
    let siblings = format!("<a {0}></a><a {0}></a><a {0}></a>", declared(63));
    assert_eq!(parse("", &siblings), Ok(()));
}

#[test]
fn a_page_of_500_objects_as_recorded_fits_eight_times() {
    for body in [answer!("recorded/page_VirtualMachine.xml"), answer!("recorded/page_HostSystem.xml")] {
        let usual = Limits::default();
        let objects = page(body).objects.len() as u64;
        let share = |limit: u64| limit * objects / 500 / 8;
        let limits = Limits { elements: share(usual.elements), body: share(usual.body), ..usual };
        assert!(parse_page(body, limits).is_ok(), "{limits:?}");
    }
}

#[test]
fn an_endless_tag_or_text_is_given_up() {
    for start in
        ["<e:Envelope ", "<e:Envelope>", "<e:Envelope><!-- ", "<e:Envelope><![CDATA[", "<e:Envelope>&"]
    {
        let mut body = start.as_bytes().to_vec();
        body.resize(400_000, b'x');
        let limits = Limits { text: 100_000, ..Limits::default() };
        let result = parse_page_in_chunks(&body, 1000, limits);
        assert!(matches!(result, Err(ParseError::TooLarge { .. })), "{start}: {result:?}");
    }
}
