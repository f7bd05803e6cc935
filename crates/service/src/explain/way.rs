//! What fails on the way to a server, at its proxy or at the address that is connected to in its place: in words that name it.
//! Refuses to call the server unreachable where nobody knows that.

use super::{Server, without_number};
use contract::{ApiError, Code, Remedy, Transient};
use vsphere::{Hop, Problem};

pub(super) fn failed(
    server: &Server<'_>,
    hop: &Hop,
    problem: &Problem,
    transient: Option<Transient>,
) -> ApiError {
    let (code, message, next) = match hop {
        Hop::Proxy(at) => of_proxy(server, &format!("the proxy {at}"), problem),
        Hop::Tunnel(at) => of_tunnel(server, &at.to_string(), problem),
    };
    let vcenter = || server.name.to_owned();
    let edit = Remedy::EditWay { vcenter: vcenter(), tunnel: matches!(hop, Hop::Tunnel(_)) };
    // What the proxy doesn't reach may have another address.
    let address = (code != Code::WayFailed).then(|| Remedy::EditAddress { vcenter: vcenter() });
    let remedies = address.into_iter().chain([edit]).filter(|_| server.configured);
    ApiError { transient, ..ApiError::new(code, message).next(next).remedies(remedies) }
}

fn of_proxy(server: &Server<'_>, proxy: &str, problem: &Problem) -> (Code, String, &'static str) {
    let address = server.address();
    let message = match problem {
        Problem::Resolve => format!("the name of {proxy} does not resolve"),
        Problem::Unreachable(words) => format!("{proxy} can't be reached ({})", without_number(words)),
        Problem::Silent => format!("{proxy} did not respond"),
        Problem::Unusable(words) => format!("{proxy} can't be used: {words}"),
        Problem::NeedsLogin => format!("{proxy} requires a login, or does not accept the user"),
        Problem::Refused(words) => format!("{proxy} refused to connect to {address} ({words})"),
        Problem::CannotReach(words) => format!("{proxy} could not connect to {address} ({words})"),
        Problem::Late => format!("{proxy} did not connect to {address} in time"),
    };
    let (code, next) = match problem {
        Problem::Resolve | Problem::Unreachable(_) => {
            (Code::WayFailed, "Check that the proxy is up, and its address. The vCenter was not contacted.")
        }
        // One that is spoken to in the other's language may well say nothing.
        Problem::Unusable(_) | Problem::Silent => (
            Code::WayFailed,
            "Check host, port and kind of the proxy: socks5h:// or http://. The vCenter was not contacted.",
        ),
        Problem::NeedsLogin => (
            Code::WayFailed,
            "Muster sends no password to a proxy: have it let this machine through without one, or use another proxy.",
        ),
        Problem::Refused(_) => (Code::WayFailed, "Have the proxy allow it, or use another proxy."),
        Problem::CannotReach(_) => (
            Code::Unreachable,
            "Check host name and port, that the proxy can resolve the name, and that the vCenter is up, then try again.",
        ),
        Problem::Late => (
            Code::TimedOut,
            "Check that the vCenter is up, and host, port and kind of the proxy, then try again.",
        ),
    };
    (code, message, next)
}

fn of_tunnel(server: &Server<'_>, at: &str, problem: &Problem) -> (Code, String, &'static str) {
    let place = format!("{at}, where {} is to be reached", server.address());
    let message = match problem {
        Problem::Resolve => format!("the name of {place}, does not resolve"),
        Problem::Unreachable(words) => format!("no connection to {place} ({})", without_number(words)),
        _ => format!("{place}, did not respond"),
    };
    (Code::WayFailed, message, "Check that the tunnel is up, and its port. The vCenter was not contacted.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::Trust;
    use vsphere::Place;

    fn told(hop: &Hop, problem: &Problem) -> ApiError {
        let server = Server {
            name: "Berlin",
            host: "vc.example.org",
            port: 443,
            user: "reader",
            credential: "ops",
            trust: &Trust::System,
            configured: true,
            place: secrets::Place::Memory,
        };
        failed(&server, hop, problem, None)
    }

    #[test]
    fn what_a_proxy_fails_at_names_it_and_is_the_servers_only_where_the_proxy_says_so() {
        let proxy = Hop::Proxy(Place { host: "127.0.0.1".into(), port: 1080 });
        let refused = || "Connection refused (os error 111)".to_owned();
        for (problem, code, words) in [
            (Problem::Resolve, Code::WayFailed, "the name of the proxy 127.0.0.1:1080 does not resolve"),
            (
                Problem::Unreachable(refused()),
                Code::WayFailed,
                "the proxy 127.0.0.1:1080 can't be reached (Connection refused)",
            ),
            (Problem::Silent, Code::WayFailed, "the proxy 127.0.0.1:1080 did not respond"),
            (
                Problem::Unusable("it does not speak SOCKS5".into()),
                Code::WayFailed,
                "the proxy 127.0.0.1:1080 can't be used: it does not speak SOCKS5",
            ),
            (
                Problem::NeedsLogin,
                Code::WayFailed,
                "the proxy 127.0.0.1:1080 requires a login, or does not accept the user",
            ),
            (
                Problem::Refused("HTTP status 403".into()),
                Code::WayFailed,
                "the proxy 127.0.0.1:1080 refused to connect to vc.example.org:443 (HTTP status 403)",
            ),
            (
                Problem::CannotReach("host unreachable".into()),
                Code::Unreachable,
                "the proxy 127.0.0.1:1080 could not connect to vc.example.org:443 (host unreachable)",
            ),
            (
                Problem::Late,
                Code::TimedOut,
                "the proxy 127.0.0.1:1080 did not connect to vc.example.org:443 in time",
            ),
        ] {
            let error = told(&proxy, &problem);
            assert_eq!((error.code, &*error.message), (code, words));
            assert!(error.next_step.is_some_and(|next| next.contains("proxy")), "{problem:?}");
            let edit = Remedy::EditWay { vcenter: "Berlin".into(), tunnel: false };
            assert_eq!(error.remedies.last(), Some(&edit));
            assert_eq!(error.remedies.len() == 2, code != Code::WayFailed);
        }
    }

    #[test]
    fn a_tunnel_that_is_down_is_named_with_the_server_behind_it() {
        let tunnel = Hop::Tunnel(Place { host: "::1".into(), port: 8443 });
        let error = told(&tunnel, &Problem::Unreachable("Connection refused (os error 111)".into()));
        assert_eq!(
            error.message,
            "no connection to [::1]:8443, where vc.example.org:443 is to be reached (Connection refused)"
        );
        assert_eq!(error.code, Code::WayFailed);
        assert_eq!(error.remedies, [Remedy::EditWay { vcenter: "Berlin".into(), tunnel: true }]);
    }
}
