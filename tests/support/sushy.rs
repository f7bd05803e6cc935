//! OpenStack's Redfish emulator of `tests/peers/sushy`: a BMC that nobody here wrote.

use super::script::Script;

/// A running emulator with one system, which wants basic authentication for all but its root.
pub(crate) struct Sushy {
    script: Script,
    port: u64,
}

impl Sushy {
    pub(crate) const USER: &str = "operator";
    pub(crate) const PASSWORD: &str = "Redfish!2041";

    /// Starts one whose system has this UUID, and a NIC with this MAC address.
    pub(crate) fn start(uuid: &str, mac: &str) -> Sushy {
        let arguments = [Sushy::USER, Sushy::PASSWORD, uuid, mac];
        let mut script = Script::start("sushy", "emulator.py", true, &arguments);
        let port = script.line()["port"].as_u64().expect("its port");
        Sushy { script, port }
    }

    pub(crate) fn port(&self) -> String {
        self.port.to_string()
    }

    /// What it was asked so far: `GET /redfish/v1/ 200`.
    pub(crate) fn asked(&mut self) -> Vec<String> {
        self.script.tell("");
        let asked = self.script.line();
        let all = asked.as_array().expect("a list").iter();
        all.map(|one| format!("{} {} {}", one[0].as_str().unwrap(), one[1].as_str().unwrap(), one[2]))
            .collect()
    }
}
