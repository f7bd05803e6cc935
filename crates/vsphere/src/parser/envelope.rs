//! What an answer is made of: the envelope, its body, and in there one method's answer or a fault.
//! Anything else around an answer is an error: an empty body must not look like an empty inventory, and a page that
//! can't be understood must not look like the last one.

use std::sync::Arc;

use super::object::Object;
use crate::value::Value;

/// One page of a property retrieval.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The objects, in the server's order.
    pub objects: Vec<Object>,
    /// With a token there is more. It works once.
    pub token: Option<String>,
}

/// A whole answer: the outermost element, and the objects of a page, which were taken out of it.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) name: Arc<str>,
    pub(crate) root: Value,
    pub(crate) objects: Vec<Object>,
    /// Its length, bytes.
    pub(crate) end: u64,
}

const PAGE_RESPONSES: [&str; 2] = ["RetrievePropertiesExResponse", "ContinueRetrievePropertiesExResponse"];

/// What stands in the body of an answer: `<Method>Response` or `Fault`.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) name: Arc<str>,
    pub(crate) value: Value,
    /// Length of the whole answer, bytes.
    pub(crate) end: u64,
    objects: Vec<Object>,
}

impl Response {
    pub(crate) fn is_page(&self) -> bool {
        PAGE_RESPONSES.contains(&&*self.name)
    }

    /// The error says what can't be understood.
    pub(crate) fn into_page(self) -> Result<Page, &'static str> {
        // Without a `returnval` there is nothing: so a vCenter answers where no object matches.
        let token = match fields(&self.value).ok_or("the answer is not a page")? {
            [] => None,
            fields => match only(fields, "returnval") {
                Ok(Some(result)) => token(result)?,
                _ => return Err("the answer does not hold exactly one page"),
            },
        };
        Ok(Page { objects: self.objects, token })
    }
}

/// The token of a RetrieveResult, whose objects were taken out of it.
fn token(result: &Value) -> Result<Option<String>, &'static str> {
    let fields = fields(result).ok_or("the page is not one")?;
    match only(fields, "token") {
        Ok(None) => Ok(None),
        Ok(Some(Value::Text(token))) if !token.trim().is_empty() => Ok(Some(token[..].to_owned())),
        Ok(Some(_)) => Err("the page's token is not a text"),
        Err(_) => Err("the page has more than one token"),
    }
}

/// The fields of a data object, of which an empty element is one without any; `None` for everything else.
fn fields(value: &Value) -> Option<&[(Arc<str>, Value)]> {
    match value {
        Value::Struct { fields, .. } => Some(fields),
        Value::Text(text) if text.trim().is_empty() => Some(&[]),
        _ => None,
    }
}

/// The field of this name.
fn only<'a>(fields: &'a [(Arc<str>, Value)], name: &str) -> Result<Option<&'a Value>, MoreThanOne> {
    let mut found = fields.iter().filter(|(known, _)| &**known == name).map(|(_, value)| value);
    match (found.next(), found.next()) {
        // That is how fields are kept that came more than once in a row.
        (Some(Value::List(_)), _) | (_, Some(_)) => Err(MoreThanOne),
        (one, None) => Ok(one),
    }
}

struct MoreThanOne;

impl Document {
    pub(crate) fn into_response(self) -> Result<Response, &'static str> {
        if &*self.name != "Envelope" {
            return Err("the answer is not an envelope");
        }
        let Value::Struct { fields, .. } = self.root else { return Err("the envelope is empty") };
        let mut bodies = fields.into_iter().filter(|(name, _)| &**name == "Body").map(|(_, body)| body);
        let (Some(Value::Struct { fields, .. }), None) = (bodies.next(), bodies.next()) else {
            return Err("the envelope does not have exactly one body");
        };
        let Ok([(name, value)]) = <[_; 1]>::try_from(fields) else {
            return Err("the body does not hold exactly one answer");
        };
        if matches!(value, Value::List(_)) {
            return Err("the body does not hold exactly one answer");
        }
        Ok(Response { name, value, end: self.end, objects: self.objects })
    }
}
