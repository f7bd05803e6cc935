//! Placeholders, UUIDs and MACs by themselves.

use crate::discovery::matching::{junk, mac::Mac, uuid};

#[test]
fn placeholders_are_no_serial_numbers() {
    let junk = [
        "",
        "          ",
        "0",
        "0000000000000000000000000",
        "FFFFFFFF",
        "None",
        "N/A",
        "NA",
        "Not Specified",
        "Not Available",
        "Not Applicable",
        "Unknown",
        "Default string",
        "To be filled by O.E.M.",
        "To Be Filled By O.E.M. by More String",
        "System Serial Number",
        "SystemSerialNumb",
        "Chassis Serial Number",
        "0123456789",
        "123456789",
        "1234567890",
        "01234567890123456789AB",
        "MB-1234567890",
        "Free form asset tag",
        "No Asset Tag",
        "$PRODUCT_ASSET_TAG",
        "empty",
        "12345xyz",
        "FOOBAR",
        "....................",
        ".",
        "XXXXXXXXXX",
        "INVALID",
    ];
    for text in junk {
        assert_eq!(junk::serial(text), None, "{text:?}");
    }
    assert_eq!(junk::serial(&"A1".repeat(100)), None, "a text");
}

#[test]
fn recorded_serial_numbers_are_usable() {
    let recorded = [
        ("3B4QUC7", "3B4QUC7"),
        ("SGH136AQR5", "SGH136AQR5"),
        ("J183673H ", "J183673H"),
        ("S444468S3822970", "S444468S3822970"),
        ("GJTZR2358Q367801", "GJTZR2358Q367801"),
        ("QSMF54008733", "QSMF54008733"),
        ("ywg-7m2", "YWG7M2"),
        ("VMware-42 01 b7 a6 5c", "VMWARE4201B7A65C"),
    ];
    for (text, serial) in recorded {
        assert_eq!(junk::serial(text).as_deref(), Some(serial));
    }
}

#[test]
fn a_vendor_is_one_however_it_is_spelled() {
    let spelled = [
        ("dell", ["Dell Inc.", "DELL", "Dell EMC"]),
        ("hpe", ["HP", "HPE", "Hewlett Packard Enterprise"]),
        ("hpe", ["Hewlett-Packard", "Hewlett-Packard Company", "hp"]),
        ("lenovo", ["Lenovo", "LENOVO", "LNVO"]),
        ("ibm", ["IBM", "IBM Corp.", "International Business Machines"]),
        ("supermicro", ["Supermicro", "Super Micro Computer, Inc.", "SUPERMICRO"]),
        ("cisco", ["Cisco Systems Inc", "Cisco Systems, Inc.", "Cisco"]),
    ];
    for (vendor, spellings) in spelled {
        for spelling in spellings {
            assert_eq!(junk::vendor(spelling).as_deref(), Some(vendor), "{spelling}");
        }
    }
    assert_eq!(junk::vendor("HPC Systems, Inc.").as_deref(), Some("hpcsystemsinc"));
    assert_eq!(junk::vendor(" "), None);
    assert_eq!(junk::vendor("To be filled by O.E.M."), None);
}

#[test]
fn a_uuid_is_the_same_in_both_orders_and_in_no_third() {
    // The recorded nested host: the serial number shows the bytes as they are, the UUID the text order.
    let (text, raw) = ("a6b70142-5c04-11ec-8000-3cecef5e74de", "4201b7a6-045c-ec11-8000-3cecef5e74de");
    let (text, raw) = (uuid::read(text).unwrap(), uuid::read(raw).unwrap());
    assert_eq!(uuid::swapped(text), raw);
    assert_eq!(uuid::canonical(text), uuid::canonical(raw));
    // Dell's Manager shows the system's UUID from the last byte to the first.
    let system = uuid::read("4c4c4544-0042-3410-8051-b3c04f554337").unwrap();
    let manager = uuid::read("3743554f-c0b3-5180-3410-00424c4c4544").unwrap();
    assert_ne!(uuid::canonical(system), uuid::canonical(manager));
    assert!(uuid::is_dells(system) && uuid::is_dells(uuid::swapped(system)) && !uuid::is_dells(manager));
}

#[test]
fn uuids_that_many_machines_have_are_nobodys() {
    let junk = [
        "",
        "Not",
        "00000000-0000-0000-0000-000000000000",
        "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
        "fefefefe-fefe-fefe-fefe-fefefefefefe",
        "58585858-5858-5858-5858-585858585858",
        "00000000-ffff-ffff-ffff-ffffffffffff",
        "03000200-0400-0500-0006-000700080009",
        "00020003-0004-0005-0006-000700080009",
        "03020100-0504-0706-0809-0A0B0C0D0E0F",
        "10000000-0000-8000-0040-000000000000",
        "92384634-2938-2342-8820-489239905423",
        // Dell's with a service tag of blanks, in both orders.
        "4C4C4544-0000-2010-8020-80C04F202020",
        "44454c4c-2000-1020-8020-a0c04f202020",
    ];
    for text in junk {
        assert_eq!(uuid::read(text), None, "{text}");
    }
    // Short of all but a MAC, and yet one machine's.
    assert!(uuid::read("00000000-0000-0000-0000-AC1F6B0AE289").is_some());
}

#[test]
fn a_mac_is_read_in_every_form_and_is_somebodys() {
    let mac = Mac::read("a4:bf:01:d0:04:8e");
    assert!(mac.is_some());
    for text in ["A4-BF-01-D0-04-8E", "a4bf01d0048e", " A4BF.01D0.048E "] {
        assert_eq!(Mac::read(text), mac);
    }
    let junk = [
        "",
        "Not Available",
        "00:00:00:00:00:00",
        "ff:ff:ff:ff:ff:ff",
        "01:00:5e:00:00:01",
        "a4:bf:01:d0:04",
        "0A:CA:FE:F0:0D:04:00:00",
        "00:CA:FE:F0:0D:04",
        "a4:bf:01:00:00:00",
        "aä4:bf:01:d0:04",
    ];
    for text in junk {
        assert_eq!(Mac::read(text), None, "{text}");
    }
    let given = ["0a:ca:fe:f0:0d:04", "00:25:b5:10:20:30", "00:17:a4:77:00:10", "02:00:00:00:01:02"];
    for text in given {
        assert!(!Mac::read(text).unwrap().is_burned_in(), "{text}");
    }
    assert!(mac.unwrap().is_burned_in());
}
