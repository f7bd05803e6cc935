//! Looks into JSON of which nothing is certain: any part may be missing, null, or of another type than it should be.
//! Refuses links that lead anywhere but to a path of the same server.

use serde_json::Value;

use crate::clean;

/// Links that are followed of one list.
pub(crate) const MEMBERS: usize = 64;

/// The longest path that is asked for, in bytes.
const LONGEST_PATH: usize = 1000;

/// The JSON of a body: the first object where others come after it, without a mark before it, bytes that are no text, and control
/// characters, which some BMCs send. It is nested no deeper than the parser goes, which is 128.
pub(crate) fn parse(body: &[u8]) -> Result<Value, serde_json::Error> {
    let text = String::from_utf8_lossy(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body));
    let exact = serde_json::from_str(&text);
    exact.or_else(|error| {
        let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let mut values = serde_json::Deserializer::from_str(&plain).into_iter::<Value>();
        values.next().and_then(Result::ok).filter(Value::is_object).ok_or(error)
    })
}

/// What stands under these keys, one below the other; of a list its first element. Keys are taken in any case where
/// the right one is missing: before Redfish they were written otherwise.
pub(crate) fn at<'a>(value: &'a Value, keys: &[&str]) -> Option<&'a Value> {
    let mut value = value;
    for key in keys {
        if let Value::Array(list) = value {
            value = list.first()?;
        }
        let object = value.as_object()?;
        value = match object.get(*key) {
            Some(found) => found,
            None => object.iter().find(|(name, _)| name.eq_ignore_ascii_case(key))?.1,
        };
    }
    Some(value)
}

/// A text that is no junk.
pub(crate) fn text(value: &Value, keys: &[&str]) -> Option<String> {
    at(value, keys).and_then(clean::text)
}

/// The first of these that is there.
pub(crate) fn first_text(value: &Value, places: &[&[&str]]) -> Option<String> {
    places.iter().find_map(|keys| text(value, keys))
}

/// The path that something links to: an object with its address, or the address alone.
pub(crate) fn link(value: &Value) -> Option<String> {
    let address = match value {
        Value::String(address) => address,
        Value::Object(_) => at(value, &["@odata.id"]).or_else(|| at(value, &["href"]))?.as_str()?,
        _ => return None,
    };
    path(address)
}

/// The path of an address, without a host: every path is asked of the server that is talked to.
pub(crate) fn path(address: &str) -> Option<String> {
    let address = address.trim();
    let path = match address.split_once("://") {
        Some((_, rest)) => rest.find('/').map(|slash| &rest[slash..])?,
        None => address,
    };
    let path = path.split('#').next().unwrap_or(path);
    let is_plain = path.len() <= LONGEST_PATH && path.bytes().all(|byte| (0x21..0x7f).contains(&byte));
    (path.starts_with('/') && !path.starts_with("//") && is_plain && !path.contains('?'))
        .then(|| path.to_owned())
}

/// The path that is linked to under these keys.
pub(crate) fn link_at(value: &Value, keys: &[&str]) -> Option<String> {
    at(value, keys).and_then(link)
}

/// The paths of a list, each once: a list of links, one link alone, or nothing.
pub(crate) fn links(value: Option<&Value>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let each = match value {
        Some(Value::Array(list)) => list.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    for path in each.iter().take(4 * MEMBERS).filter_map(link) {
        if found.len() < MEMBERS && !found.iter().any(|other| same(other, &path)) {
            found.push(path);
        }
    }
    found
}

/// The paths of a collection's members.
pub(crate) fn members(collection: &Value) -> Vec<String> {
    let places: [&[&str]; 3] = [&["Members"], &["Links", "Members"], &["links", "Member"]];
    places.iter().map(|keys| links(at(collection, keys))).find(|found| !found.is_empty()).unwrap_or_default()
}

/// Whether two paths are the same but for the slash at their end and for case, which iLO 4 mixes.
pub(crate) fn same(one: &str, other: &str) -> bool {
    one.trim_end_matches('/').eq_ignore_ascii_case(other.trim_end_matches('/'))
}

/// The objects of a list, or one object.
pub(crate) fn list<'a>(value: &'a Value, keys: &[&str]) -> &'a [Value] {
    match at(value, keys) {
        Some(Value::Array(list)) => &list[..list.len().min(MEMBERS)],
        Some(one) => std::slice::from_ref(one),
        None => &[],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_body_may_have_what_no_json_has() {
        let object = json!({ "Id": "1" });
        for body in
            [&b"\xef\xbb\xbf{\"Id\": \"1\"}"[..], b"{\"Id\":\t\"1\"}\0\0", b"{\"Id\": \"1\"}{\"error\": {}}"]
        {
            assert_eq!(parse(body).unwrap(), object);
        }
        assert_eq!(parse(b"{\"Model\": \"R\t6\xff0\"}").unwrap(), json!({ "Model": "R 6\u{fffd}0" }));
        for body in [&b""[..], b"<html>", b"{\"Id\": ", b"login"] {
            assert!(parse(body).is_err());
        }
    }

    #[test]
    fn links_are_taken_in_every_form_and_lead_to_paths_alone() {
        for linked in [
            json!({ "@odata.id": "/redfish/v1/Systems/1" }),
            json!({ "href": "/redfish/v1/Systems/1" }),
            json!("/redfish/v1/Systems/1"),
            json!("https://bmc.example.com/redfish/v1/Systems/1#/Status"),
        ] {
            assert_eq!(link(&linked).as_deref(), Some("/redfish/v1/Systems/1"), "{linked}");
        }
        for none in [
            json!(null),
            json!(1),
            json!("//host/x"),
            json!("Systems"),
            json!("/a b"),
            json!("/a?$expand=."),
            json!({}),
            json!("/x".repeat(501)),
        ] {
            assert_eq!(link(&none), None, "{none}");
        }
    }

    #[test]
    fn a_list_has_each_member_once_and_an_end() {
        let many: Vec<Value> = (0..1000).map(|number| json!(format!("/a/{number}"))).collect();
        assert_eq!(members(&json!({ "Members": many })).len(), MEMBERS);
        let twice = json!({ "Members": [{ "@odata.id": "/a/1" }, { "@odata.id": "/a/1/" }, null, 7] });
        assert_eq!(members(&twice), ["/a/1"]);
        assert_eq!(
            members(&json!({ "links": { "Member": [{ "href": "/rest/v1/Systems/1" }] } })),
            ["/rest/v1/Systems/1"]
        );
        assert_eq!(links(Some(&json!({ "@odata.id": "/a" }))), ["/a"], "OneView links so");
    }

    #[test]
    fn null_where_something_is_due_is_nothing() {
        let value = json!({ "A": null, "B": { "C": [{ "D": " value " }] }, "E": 5 });
        assert_eq!(text(&value, &["A"]), None);
        assert_eq!(text(&value, &["A", "B"]), None);
        assert_eq!(text(&value, &["b", "c", "D"]).as_deref(), Some("value"));
        assert_eq!(text(&value, &["E"]).as_deref(), Some("5"));
        assert_eq!(text(&value, &["E", "F"]), None);
    }
}
