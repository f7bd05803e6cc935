//! The way to a vCenter in its form: folded away until somebody needs it, checked at the field, and tested once it is saved.
//! Refuses to count what the page says for what happened: the proxy says who came.

use super::driver::Window;
use super::screen::{Screen, Theme, USUAL};
use crate::support::{Musterctl, Peer, Proxies, eventually};
use anyhow::{Context, Result, ensure};

#[tokio::test]
async fn a_proxy_that_is_down_leads_to_its_field_and_another_one_is_checked_saved_and_gone_through()
-> Result<()> {
    let (peer, proxies, gone) = (Peer::vcenter(), Proxies::start(&[]), Proxies::start(&[]));
    let muster = Musterctl::with(&peer, "Berlin");
    let id = muster.ok(&["vcenter", "show", "Berlin"])["id"].as_str().context("an id")?.to_owned();
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    window.go(&format!("#/vcenter?edit={id}")).await?;
    window.wait_for("the name has the focus", "document.activeElement?.id === 'vc-name'").await?;
    let is_open = "return document.querySelector('#vc-proxy').closest('details').open";
    ensure!(window.script(is_open).await? == false, "who needs no proxy is not shown one");
    window.key(thirtyfour::Key::Escape).await?;
    window.wait_until_gone("dialog").await?;

    let down = format!("socks5h://{}", gone.socks());
    muster.ok(&["vcenter", "edit", "Berlin", "--proxy", &down]);
    gone.stop();
    window.go(&format!("#/vcenter/{id}")).await?;
    window.wait_for_text("body", &down).await?;
    window.press("main", "Test").await?;
    let said = format!("The proxy {} can't be reached", gone.socks());
    window.wait_for_text("body", &said).await?;
    window.shoot(&screen, "way-failed").await?;
    window.press("body", "Edit proxy").await?;
    window.wait_for("the proxy has the focus", "document.activeElement?.id === 'vc-proxy'").await?;

    window.fill("#vc-proxy", "http://ops:s3cret@proxy:3128").await?;
    window.press("dialog", "Save").await?;
    window.wait_for_text("#vc-proxy-said", "Leave out the password").await?;
    let marked = "document.querySelector('#vc-proxy').getAttribute('aria-invalid') === 'true'";
    window.wait_for("the field is marked", marked).await?;
    window.shoot(&screen, "way-wrong").await?;
    let right = format!("http://{}", proxies.http());
    window.fill("#vc-proxy", &right).await?;
    window.press("dialog", "Save").await?;
    window.wait_until_gone("dialog").await?;
    ensure!(muster.ok(&["vcenter", "show", "Berlin"])["proxy"] == right.as_str());
    eventually("the connection was tested through the proxy", || proxies.wanted("http") == [peer.address()]);
    window.wait_for_text("body", &right).await?;
    window.close(&screen).await
}
