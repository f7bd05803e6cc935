//! What to ask for: property paths by type, and what of each value is worth building.
//! Refuses to know which paths a server has.

/// A property, as narrow as possible: `runtime.connectionState`, not `runtime`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// Path from the managed object's type downwards.
    pub path: String,
    /// The fields that are built of its value, at any depth below an array's items or the value itself; empty for all.
    /// What is left out costs no memory, and no time but that of finding its end.
    pub fields: Vec<&'static str>,
}

impl<P: Into<String>> From<P> for Property {
    fn from(path: P) -> Self {
        Self { path: path.into(), fields: Vec::new() }
    }
}

/// Properties of every object of a type and of its subtypes. Source: PropertySpec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropertySet {
    /// Managed object type, like `HostSystem`.
    pub type_name: String,
    /// Its properties.
    pub properties: Vec<Property>,
}

impl PropertySet {
    /// These properties of this type.
    pub fn new<P: Into<Property>>(
        type_name: impl Into<String>,
        properties: impl IntoIterator<Item = P>,
    ) -> Self {
        Self { type_name: type_name.into(), properties: properties.into_iter().map(Into::into).collect() }
    }
}
