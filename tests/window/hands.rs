//! What a user does in the window: goes, presses, types.
//! Refuses shortcuts into the page's state: everything but an address goes through pointer and keys.

use super::driver::{POLL, Window};
use crate::support::PATIENCE;
use anyhow::{Context, Result, bail};
use serde_json::json;
use std::path::Path;
use std::time::{Duration, Instant};
use thirtyfour::{Key, WebElement};

/// Within which a press comes to the page, once the driver says that it was made.
const ARRIVES: Duration = Duration::from_secs(2);

/// What can be pressed.
const PRESSABLE: &str = "button, a, summary, label, input";

/// Whether the page is drawn and reads nothing any more.
const SETTLED: &str = "document.querySelector('main h1') !== null
    && document.querySelector('.muster-waiting, main [aria-busy=true]') === null";

impl Window {
    /// Goes to an address of the app, and waits until its page is there and reads nothing any more.
    pub(crate) async fn go(&self, address: &str) -> Result<()> {
        let go = format!(
            "window.hasArrived = false;
             // The page hears of it first, and is drawn before a timer rings.
             addEventListener('hashchange', () => setTimeout(() => window.hasArrived = true, 0), {{ once: true }});
             const before = location.hash;
             location.hash = {};
             window.hasArrived = location.hash === before;
             return null",
            json!(address)
        );
        self.script(&go).await?;
        self.wait_for(&format!("{address} is there"), &format!("window.hasArrived && {SETTLED}"))
            .await
            .map(drop)
    }

    /// Waits until nothing on the page is being read.
    pub(crate) async fn wait_until_settled(&self) -> Result<()> {
        self.wait_for("the page is settled", SETTLED).await.map(drop)
    }

    /// Presses the button or link with this label, as soon as it is there and can be pressed.
    pub(crate) async fn press(&self, within: &str, label: &str) -> Result<()> {
        let find = format!("return {}", labelled(within, label));
        self.press_found(&format!("{label:?} in {within}"), &find).await
    }

    /// Presses a button that ends the window, which the driver can't tell from a page that broke.
    pub(crate) async fn press_the_last(&self, within: &str, label: &str) -> Result<()> {
        let press =
            format!("(e => e && (setTimeout(() => e.click(), 50), true))({})", labelled(within, label));
        self.wait_for(&format!("{label:?} in {within}"), &press).await.map(drop)
    }

    /// Presses the first element that matches.
    pub(crate) async fn click(&self, selector: &str) -> Result<()> {
        let find =
            format!("const e = document.querySelector({}); return e?.disabled ? null : e", json!(selector));
        self.press_found(selector, &find).await
    }

    /// Opens the card below the row of a vCenter, unless it is open.
    pub(crate) async fn expand(&self, vcenter: &str) -> Result<()> {
        let button = format!("[data-vcenter={}] .muster-vcenter__toggle button", json!(vcenter));
        self.wait_for_element(&button).await?;
        let is_open = format!("return document.querySelector({})?.ariaExpanded === 'true'", json!(button));
        if self.script(&is_open).await? != true {
            self.click(&button).await?;
        }
        self.wait_for_element(&format!("[data-vcenter={}] .muster-card", json!(vcenter))).await
    }

    /// Replaces what stands in a field.
    pub(crate) async fn fill(&self, selector: &str, text: &str) -> Result<()> {
        self.click(selector).await?;
        // What is typed replaces it. Not by Ctrl-A: keys that come while Ctrl is still down are none of the text.
        self.script(&format!("document.querySelector({}).select()", json!(selector))).await?;
        match text {
            "" => self.key(Key::Backspace).await?,
            text => self.keys(text).await?,
        }
        let has = format!("document.querySelector({})?.value === {}", json!(selector), json!(text));
        if self.wait_for(&format!("{selector} has what was typed"), &has).await.is_err() {
            let field = format!("document.querySelector({})", json!(selector));
            let has = format!("return [{field}?.value, document.activeElement?.outerHTML]");
            let has = self.script(&has).await?;
            bail!("{selector} does not have what was typed, which is {text:?}: {has}");
        }
        Ok(())
    }

    /// Chooses a file in the field for one.
    pub(crate) async fn choose_file(&self, selector: &str, file: &Path) -> Result<()> {
        let field = self.find_by(&format!("return document.querySelector({})", json!(selector))).await?;
        let field = field.with_context(|| format!("{selector} is not there"))?;
        Ok(field.send_keys(file.display().to_string()).await?)
    }

    /// Presses keys, whatever has the focus.
    pub(crate) async fn keys(&self, keys: &str) -> Result<()> {
        Ok(self.driver.action_chain().send_keys(keys).perform().await?)
    }

    /// Presses a key together with others that are held.
    pub(crate) async fn chord(&self, held: &[Key], key: char) -> Result<()> {
        let chain = self.driver.action_chain();
        let chain = held.iter().fold(chain, |chain, held| chain.key_down(held.clone()));
        let chain = chain.send_keys(key.to_string());
        Ok(held.iter().fold(chain, |chain, held| chain.key_up(held.clone())).perform().await?)
    }

    /// Presses a key while Ctrl is held.
    pub(crate) async fn with_ctrl(&self, key: char) -> Result<()> {
        self.chord(&[Key::Control], key).await
    }

    /// Presses one key that is no letter.
    pub(crate) async fn key(&self, key: Key) -> Result<()> {
        self.keys(&char::from(key).to_string()).await
    }

    async fn find_by(&self, find: &str) -> Result<Option<WebElement>> {
        let found = self.run(find).await?;
        if found.json().is_null() { Ok(None) } else { Ok(Some(found.element()?)) }
    }

    async fn press_found(&self, what: &str, find: &str) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        let mut why = "it is not there".to_owned();
        while Instant::now() < deadline {
            if self.scale != 1 {
                if self.script(&pressed_where_it_is(find)).await? == true {
                    return Ok(());
                }
            } else if let Some(element) = self.find_by(&listened_to(find)).await? {
                // Between being found and being pressed it may be drawn anew, or move: then the next one is it.
                match element.click().await {
                    Ok(()) if self.was_hit().await => return Ok(()),
                    Ok(()) => why = "the press hit something else".to_owned(),
                    Err(error) => why = error.to_string(),
                }
            }
            tokio::time::sleep(POLL).await;
        }
        let shown = self.text("body").await?;
        bail!("{what} can't be pressed: {why}. On screen: {shown}")
    }

    /// Whether the press came to what was listened to; a page that is gone since has had it.
    async fn was_hit(&self) -> bool {
        let start = Instant::now();
        while self.script("return window.hit").await.is_ok_and(|hit| hit == false) {
            if start.elapsed() > ARRIVES {
                return false;
            }
            tokio::time::sleep(POLL).await;
        }
        true
    }
}

/// Finds, brings it in sight within whatever scrolls, which the driver leaves out, and takes note of a press of it. What is
/// chosen in a list hears of none. It may be drawn anew while it is pressed.
fn listened_to(find: &str) -> String {
    format!(
        "const find = () => {{ {find} }};
         const e = find();
         if (e === null) return null;
         e.scrollIntoView({{ block: 'nearest', behavior: 'instant' }});
         window.hit = e.tagName === 'OPTION';
         const hear = press => window.hit = [e, find()].some(one => one?.contains(press.target));
         addEventListener('click', hear, {{ capture: true, once: true }});
         return e"
    )
}

/// Presses what is found if it is on top at its middle. WebKit's driver misses it where the page is zoomed: it counts in
/// pixels of another size.
fn pressed_where_it_is(find: &str) -> String {
    format!(
        "const e = (() => {{ {find} }})();
         if (!e) return false;
         e.scrollIntoView({{ block: 'center', behavior: 'instant' }});
         const box = e.getBoundingClientRect();
         const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
         if (top === null || !e.contains(top)) return false;
         e.click();
         return true"
    )
}

/// The button or link with this label that can be pressed, or null.
fn labelled(within: &str, label: &str) -> String {
    format!(
        "([...document.querySelectorAll({})].flatMap(w => [...w.querySelectorAll('{PRESSABLE}')])
             .find(e => e.innerText.trim() === {} && !e.disabled) ?? null)",
        json!(within),
        json!(label)
    )
}
