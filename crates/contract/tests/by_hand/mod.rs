//! Objects made by hand, as the cache holds them.
//! Refuses to have an opinion: what is not said of an object is not known of it.

use contract::{CredentialId, Kind, Object, Ref, Value, Vcenter, VcenterId, VcenterSettings, columns};

/// The vCenter that everything belongs to.
pub(crate) fn vcenter() -> Vcenter {
    Vcenter {
        id: VcenterId("v".to_owned()),
        name: "Berlin".to_owned(),
        host: "vc.example.org".to_owned(),
        port: 443,
        credential: "Berlin".to_owned(),
        credential_id: CredentialId("c".to_owned()),
        user: "u".to_owned(),
        trust: "system".to_owned(),
        pin: None,
        settings: VcenterSettings::default(),
        edition: 1,
        instance_uuid: None,
        product: None,
        version: None,
        build: None,
        certificate_expires_at: None,
        permissions: None,
    }
}

/// An object of a managed object type with these stored columns.
pub(crate) fn object(object_type: &str, moref: &str, values: &[(&str, Value)]) -> Object {
    let kind = Kind::of_object_type(object_type).expect("a type that is read");
    let schema = columns::of(kind);
    let mut all = vec![Value::Null; schema.stored().len()];
    for (id, value) in values {
        all[schema.slot(id).unwrap_or_else(|| panic!("{kind} store no {id}"))] = value.clone();
    }
    Object {
        kind,
        moref: moref.into(),
        object_type: object_type.into(),
        values: all.into(),
        missing: Box::default(),
    }
}

/// A reference to an object.
pub(crate) fn to(kind: Kind, moref: &str) -> Value {
    Value::Ref(Ref { kind, moref: moref.into() })
}
