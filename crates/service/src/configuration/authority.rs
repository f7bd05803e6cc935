//! The CA of a vCenter's own, offered in the place of a pinned certificate: it outlasts the certificate's renewal.
//! Refuses to store it: a person looks at it first, and an edit makes it the trust.

use crate::{Service, connections, explain};
use contract::{ApiError, Code, OfferedCa, VcenterId};
use vsphere::NoCa;

impl Service {
    /// Looks for the CA that issued a vCenter's certificate among those that it offers. Sends no credential.
    pub(crate) async fn offer_ca(&self, vcenter: &VcenterId) -> Result<OfferedCa, ApiError> {
        let record = self.record(vcenter.as_str()).await?;
        let v = &record.vcenter;
        if record.is_host() {
            let message = format!("{} is an ESXi host, which has no CA of its own to offer", v.name);
            return Err(ApiError::new(Code::NotFound, message).next(STAYS));
        }
        let endpoint = connections::endpoint(&v.host, v.port, &record.trust, &v.settings)?;
        let found = vsphere::own_ca(&endpoint, &connections::user_agent()).await;
        let found = found.map_err(|error| {
            let (code, why) = match error {
                NoCa::Server(error) => return explain::vsphere(&record, &error),
                NoCa::NotOffered { status } => {
                    let why = format!(
                        "it has none to download (HTTP status {status}), as an ESXi host or a proxy before it"
                    );
                    (Code::NotFound, why)
                }
                NoCa::Unusable(_) => (Code::BadAnswer, error.to_string()),
                NoCa::NotIssued(_) => (Code::NotFound, error.to_string()),
            };
            ApiError::new(code, format!("{} offers no CA of its own: {why}", v.name)).next(STAYS)
        })?;
        Ok(OfferedCa {
            vcenter: v.name.clone(),
            certificate: explain::certificate(&found.certificate),
            pem: found.pem,
            obstacle: found.obstacle,
        })
    }
}

/// What becomes of the trust.
const STAYS: &str = "Nothing was changed. To trust a CA of yours, choose its certificate as a file.";
