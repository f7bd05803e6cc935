//! Server discovery: the BMCs that were found, and which of them belong to which ESXi hosts.
//! Refuses to change anything on a BMC.

pub(crate) mod matching;
