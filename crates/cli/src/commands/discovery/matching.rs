//! `discovery match` and `discovery reject`.
//! Refuse to choose between hosts of one name.

use super::shown;
use crate::args::Matched;
use crate::commands::sync;
use crate::output::{Output, printable};
use crate::suggest::Suggestion;
use contract::command::{ListVcenters, MatchServer, RejectMatch, ShowServer, UnmatchServer};
use contract::{ApiError, Code, Kind, Moref, ServerId, Subject, VcenterId, words};
use service::Client;

pub(super) async fn match_server(service: &Client, output: &Output, asked: Matched) -> Result<(), ApiError> {
    service.may::<MatchServer>(Subject::server(&ServerId(asked.server.clone()))).await?;
    let server = service.call(ShowServer { server: asked.server.clone() }).await?;
    let Host { vcenter, moref, .. } = host(service, &asked, "discovery match").await?;
    let server = service.call(MatchServer { server: server.id, vcenter, moref }).await?;
    output.answer(&server, || shown::card_of(&server, service.now()))
}

pub(super) async fn reject(service: &Client, output: &Output, asked: Matched) -> Result<(), ApiError> {
    service.may::<RejectMatch>(Subject::server(&ServerId(asked.server.clone()))).await?;
    let server = service.call(ShowServer { server: asked.server.clone() }).await?;
    let Host { vcenter, vcenter_name, moref, name } = host(service, &asked, "discovery reject").await?;
    let server = service.call(RejectMatch { server: server.id, vcenter, moref }).await?;
    output.answer(&server, || {
        let said = format!("{} is not {name} ({vcenter_name}) from now on.", server.address);
        format!("{}\n\n{}", printable(&said), shown::card_of(&server, service.now()))
    })
}

pub(super) async fn unmatch(
    service: &Client,
    output: &Output,
    server: String,
    rejections: bool,
) -> Result<(), ApiError> {
    service.may::<UnmatchServer>(Subject::server(&ServerId(server.clone()))).await?;
    let before = service.call(ShowServer { server }).await?;
    let server = service.call(UnmatchServer { server: before.id.clone(), rejections }).await?;
    output.say(&printable(&match (rejections, &before.host) {
        (true, _) if before.rejected_hosts.is_empty() => "Nobody said which hosts it is not.".to_owned(),
        (true, _) => format!("{} may be matched with any host again.", before.address),
        (false, Some(host)) => format!("{} is no longer matched with {host}.", before.address),
        (false, None) => {
            let back = Suggestion::of("discovery unmatch").about(&before.address).flag("--rejections");
            match before.rejected_hosts.len() {
                0 => "It is matched with no host.".to_owned(),
                _ => format!("It is matched with no host. To take back which hosts it is not: {back}"),
            }
        }
    }));
    output.answer(&server, || shown::card_of(&server, service.now()))
}

/// An ESXi host that a name may mean.
struct Host {
    vcenter: VcenterId,
    vcenter_name: String,
    moref: Moref,
    name: String,
}

/// The one cached ESXi host with this name or moref.
async fn host(service: &Client, asked: &Matched, command: &'static str) -> Result<Host, ApiError> {
    let vcenters = match &asked.vcenter {
        Some(name) => sync::designated(service, std::slice::from_ref(name)).await?,
        None => service.call(ListVcenters {}).await?,
    };
    let mut found = Vec::new();
    for vcenter in vcenters {
        let known = service.read(&vcenter.id).await?;
        let hosts = known.objects(Kind::Hosts).iter().filter(|host| sync::is_called(host, &asked.host));
        found.extend(hosts.map(|host| Host {
            vcenter: vcenter.id.clone(),
            vcenter_name: vcenter.name.clone(),
            moref: host.moref.clone(),
            name: host.stored("name").as_text().unwrap_or_default().to_owned(),
        }));
    }
    only(found, asked, command)
}

/// The one that was found; else which there are.
fn only(found: Vec<Host>, asked: &Matched, command: &'static str) -> Result<Host, ApiError> {
    let name = &asked.host;
    let mut found = found;
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => {
            let message = format!("no ESXi host is called \"{name}\" in the cache");
            let next = "Sync its vCenter first, or list them: musterctl inventory hosts";
            Err(ApiError::new(Code::NotFound, message).next(next))
        }
        number => {
            let several = words::counted(number, "ESXi host", "ESXi hosts");
            let message = format!("\"{name}\" means {several}");
            let lines = found.iter().map(|host| {
                let one = Suggestion::of(command).about(&asked.server).about(&host.moref);
                let one = one.option("--vcenter", &host.vcenter_name);
                format!("{} ({}): {one}", host.name, host.vcenter_name)
            });
            let lines: Vec<String> = lines.collect();
            let next = format!("Choose one of them:\n{}", lines.join("\n"));
            Err(ApiError::new(Code::InvalidValue, message).next(next))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(vcenter: &str, moref: &str) -> Host {
        Host {
            vcenter: VcenterId(vcenter.to_lowercase()),
            vcenter_name: vcenter.to_owned(),
            moref: moref.into(),
            name: "esx-01".to_owned(),
        }
    }

    #[test]
    fn a_name_that_several_hosts_have_is_answered_with_a_command_for_each() {
        let asked = Matched { server: "10.0.8.1".into(), host: "ESX-01".into(), vcenter: None };
        let both = vec![host("Berlin 2", "host-7"), host("Bonn", "host-7")];
        let error = only(both, &asked, "discovery match").err().unwrap();
        assert_eq!((error.code, &*error.message), (Code::InvalidValue, "\"ESX-01\" means 2 ESXi hosts"));
        assert_eq!(
            error.next_step.unwrap(),
            "Choose one of them:\n\
             esx-01 (Berlin 2): musterctl discovery match 10.0.8.1 host-7 --vcenter 'Berlin 2'\n\
             esx-01 (Bonn): musterctl discovery match 10.0.8.1 host-7 --vcenter Bonn"
        );
        let one = only(vec![host("Bonn", "host-7")], &asked, "discovery match").ok().unwrap();
        assert_eq!(one.vcenter.as_str(), "bonn");
        let none = only(Vec::new(), &asked, "discovery match").err().unwrap();
        assert_eq!(none.code, Code::NotFound);
    }
}
