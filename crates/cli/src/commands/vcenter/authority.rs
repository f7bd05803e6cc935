//! `vcenter offer-ca`.
//! Refuses to store a CA that nobody saw, and one that the vCenter could not be verified by.

use crate::ask;
use crate::output::{Output, card, time};
use contract::command::{Change, EditVcenter, OfferCa, ShowVcenter};
use contract::{ApiError, Code, OfferedCa, Trust};
use serde_json::json;
use service::Client;

pub(super) async fn offer(
    service: &Client,
    output: &Output,
    name: String,
    yes: bool,
) -> Result<(), ApiError> {
    let vcenter = service.call(ShowVcenter { vcenter: name }).await?;
    let offered = service.call(OfferCa { vcenter: vcenter.id.clone() }).await?;
    if let Some(obstacle) = &offered.obstacle {
        let message = format!(
            "{} was issued by a CA that it offers ({}), but could not be verified by it: {obstacle}",
            vcenter.name, offered.certificate.subject
        );
        return Err(ApiError::new(Code::UntrustedCertificate, message)
            .next("Nothing was changed. Use the name that its certificate has as the address, or renew the certificate."));
    }
    output.say(&shown(&offered));
    let question = format!("Trust this CA for {} from now on?", vcenter.name);
    let stored = yes || ask::somebody_is_there() && ask::confirm(output, &question).await;
    if stored {
        let change = Change { trust: Some(Trust::Ca { pem: offered.pem.clone() }), ..Change::default() };
        service.call(EditVcenter { vcenter: vcenter.id, edition: vcenter.edition, change }).await?;
    }
    let mut answer = serde_json::to_value(&offered).unwrap_or_default();
    answer["stored"] = json!(stored);
    output.answer(&answer, || match stored {
        true => format!("{} is trusted by this CA from now on.", vcenter.name),
        false => "Nothing was changed.".to_owned(),
    })
}

fn shown(offered: &OfferedCa) -> String {
    let ca = &offered.certificate;
    card(vec![
        ("CA of", offered.vcenter.clone()),
        ("Subject", ca.subject.clone()),
        ("SHA-256", ca.sha256.clone()),
        ("Valid until", time(Some(ca.not_after))),
    ])
}
