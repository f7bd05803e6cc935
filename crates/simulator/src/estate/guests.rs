//! Operating systems that VMs run.
//! Refuses to know which VM runs which.

use super::hardware::Release;

/// An operating system.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Os {
    /// As vSphere names it.
    pub(crate) full_name: &'static str,
    /// vSphere's identifier.
    pub(crate) id: &'static str,
    /// Windows joins the directory, and has a name in its domain.
    pub(crate) is_windows: bool,
    /// The first hardware version that knows the identifier.
    pub(crate) hardware: u8,
    /// What people choose where the host doesn't know it.
    before: Option<&'static Os>,
}

impl Os {
    /// This one, or what stands for it on a host that is too old for it.
    pub(crate) fn on(&'static self, release: &Release) -> &'static Os {
        self.before.filter(|_| release.hardware < self.hardware).unwrap_or(self)
    }

    const fn since(mut self, hardware: u8, before: &'static Os) -> Os {
        (self.hardware, self.before) = (hardware, Some(before));
        self
    }
}

pub(crate) static RHEL8: Os = linux("Red Hat Enterprise Linux 8 (64-bit)", "rhel8_64Guest");
pub(crate) static RHEL9: Os = linux("Red Hat Enterprise Linux 9 (64-bit)", "rhel9_64Guest");
pub(crate) static UBUNTU: Os = linux("Ubuntu Linux (64-bit)", "ubuntu64Guest");
pub(crate) static DEBIAN: Os =
    linux("Debian GNU/Linux 12 (64-bit)", "debian12_64Guest").since(20, &DEBIAN_11);
static DEBIAN_11: Os = linux("Debian GNU/Linux 11 (64-bit)", "debian11_64Guest");
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
pub(crate) static WINDOWS_11: Os =
    windows("Microsoft Windows 11 (64-bit)", "windows11_64Guest").since(20, &WINDOWS_10);
pub(crate) static WINDOWS_10: Os = windows("Microsoft Windows 10 (64-bit)", "windows9_64Guest");

const fn linux(full_name: &'static str, id: &'static str) -> Os {
    Os { full_name, id, is_windows: false, hardware: 0, before: None }
}

const fn windows(full_name: &'static str, id: &'static str) -> Os {
    Os { full_name, id, is_windows: true, hardware: 0, before: None }
}
