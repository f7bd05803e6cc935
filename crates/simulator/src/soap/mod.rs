//! SOAP as vSphere speaks it: requests in, answers and faults out.
//! Refuses to know methods and objects.

mod answer;
mod element;

pub(crate) use answer::{Answer, Fault, MoRef, envelope};
pub(crate) use element::Element;

/// The namespaces that an envelope declares, and its head.
pub(crate) const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
    <soapenv:Envelope xmlns:soapenc=\"http://schemas.xmlsoap.org/soap/encoding/\" \
    xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" \
    xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n<soapenv:Body>\n";

/// The end of an envelope.
pub(crate) const TAIL: &str = "\n</soapenv:Body>\n</soapenv:Envelope>";
