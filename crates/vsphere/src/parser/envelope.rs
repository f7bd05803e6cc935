//! What an answer is made of: the envelope, its body, and in there one method's answer or a fault.
//! Anything else around an answer is an error: an empty body must not look like an empty inventory.

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
}

const PAGE_RESPONSES: [&str; 2] = ["RetrievePropertiesExResponse", "ContinueRetrievePropertiesExResponse"];

/// What stands in the body of an answer: `<Method>Response` or `Fault`.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) name: Arc<str>,
    pub(crate) value: Value,
    objects: Vec<Object>,
}

impl Response {
    pub(crate) fn is_page(&self) -> bool {
        PAGE_RESPONSES.contains(&&*self.name)
    }

    pub(crate) fn into_page(self) -> Page {
        let token = self.value.field("returnval.token").and_then(Value::as_str);
        Page { token: token.filter(|token| !token.is_empty()).map(Into::into), objects: self.objects }
    }
}

impl Document {
    pub(crate) fn into_response(self) -> Result<Response, &'static str> {
        if &*self.name != "Envelope" {
            return Err("the answer is not an envelope");
        }
        let Value::Struct { fields, .. } = self.root else { return Err("the envelope is empty") };
        let body = fields.into_iter().find(|(name, _)| &**name == "Body").map(|(_, body)| body);
        let Some(Value::Struct { fields, .. }) = body else { return Err("the envelope has no body") };
        let Ok([(name, value)]) = <[_; 1]>::try_from(fields) else {
            return Err("the body does not hold exactly one answer");
        };
        if matches!(value, Value::List(_)) {
            return Err("the body does not hold exactly one answer");
        }
        Ok(Response { name, value, objects: self.objects })
    }
}
