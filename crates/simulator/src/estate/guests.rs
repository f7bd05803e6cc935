//! Operating systems that VMs run.
//! Refuses to know which VM runs which.

/// An operating system.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Os {
    /// As vSphere names it.
    pub(crate) full_name: &'static str,
    /// vSphere's identifier.
    pub(crate) id: &'static str,
    pub(crate) is_windows: bool,
    /// Whether it joins the directory, and has a name in its domain.
    pub(crate) in_domain: bool,
}

pub(crate) static RHEL8: Os = linux("Red Hat Enterprise Linux 8 (64-bit)", "rhel8_64Guest");
pub(crate) static RHEL9: Os = linux("Red Hat Enterprise Linux 9 (64-bit)", "rhel9_64Guest");
pub(crate) static UBUNTU: Os = linux("Ubuntu Linux (64-bit)", "ubuntu64Guest");
pub(crate) static DEBIAN: Os = linux("Debian GNU/Linux 12 (64-bit)", "debian12_64Guest");
pub(crate) static SLES: Os = linux("SUSE Linux Enterprise 15 (64-bit)", "sles15_64Guest");
pub(crate) static PHOTON: Os = linux("VMware Photon OS (64-bit)", "vmwarePhoton64Guest");
pub(crate) static OTHER: Os = linux("Other 5.x or later Linux (64-bit)", "other5xLinux64Guest");
pub(crate) static FREEBSD: Os = linux("FreeBSD 13 or later versions (64-bit)", "freebsd13_64Guest");
pub(crate) static WINDOWS_2016: Os =
    windows("Microsoft Windows Server 2016 (64-bit)", "windows9Server64Guest");
pub(crate) static WINDOWS_2019: Os =
    windows("Microsoft Windows Server 2019 (64-bit)", "windows2019srv_64Guest");
pub(crate) static WINDOWS_2022: Os =
    windows("Microsoft Windows Server 2022 (64-bit)", "windows2019srvNext_64Guest");
pub(crate) static WINDOWS_11: Os = windows("Microsoft Windows 11 (64-bit)", "windows11_64Guest");
pub(crate) static WINDOWS_10: Os = windows("Microsoft Windows 10 (64-bit)", "windows9_64Guest");

const fn linux(full_name: &'static str, id: &'static str) -> Os {
    Os { full_name, id, is_windows: false, in_domain: false }
}

const fn windows(full_name: &'static str, id: &'static str) -> Os {
    Os { full_name, id, is_windows: true, in_domain: true }
}
