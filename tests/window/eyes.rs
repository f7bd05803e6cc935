//! What a user sees in the window, waited for.
//! Refuses to read what is not shown: texts are those that are rendered.

use super::driver::{POLL, Window};
use super::screen::Screen;
use crate::support::PATIENCE;
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::time::Instant;

impl Window {
    /// Waits until an expression of the page is something, and answers with it.
    pub(crate) async fn wait_for(&self, what: &str, expression: &str) -> Result<Value> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = self.script(&format!("return ({expression})")).await?;
            if !matches!(answer, Value::Null | Value::Bool(false)) {
                return Ok(answer);
            }
            if Instant::now() > deadline {
                // A page that broke or began again waits for nothing any more.
                self.is_sound().await.with_context(|| what.to_owned())?;
                let shown = self.script("return location.hash + '\\n' + document.body.innerText").await?;
                bail!("{what}: not after {PATIENCE:?}. On screen: {}", shown.as_str().unwrap_or_default());
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Waits until an element that matches shows a text, and answers with all that it shows.
    pub(crate) async fn wait_for_text(&self, selector: &str, text: &str) -> Result<String> {
        let shown = format!(
            "[...document.querySelectorAll({})].map(e => e.innerText).find(t => t.includes({})) ?? null",
            json!(selector),
            json!(text)
        );
        let shown = self.wait_for(&format!("{selector} shows {text:?}"), &shown).await?;
        Ok(shown.as_str().unwrap_or_default().to_owned())
    }

    /// Waits until an element is there.
    pub(crate) async fn wait_for_element(&self, selector: &str) -> Result<()> {
        let there = format!("document.querySelector({}) !== null", json!(selector));
        self.wait_for(&format!("{selector} is there"), &there).await.map(drop)
    }

    /// Waits until an element that matches is not just somewhere on the page, but seen: nothing covers its middle.
    pub(crate) async fn wait_until_seen(&self, selector: &str) -> Result<()> {
        let seen = format!(
            "[...document.querySelectorAll({})].some(e => {{
                 const box = e.getBoundingClientRect();
                 const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
                 return box.width > 0 && top !== null && e.contains(top);
             }})",
            json!(selector)
        );
        self.wait_for(&format!("{selector} is seen"), &seen).await.map(drop)
    }

    /// Keeps a picture of what is there once everything is painted, if a person asked for pictures.
    pub(crate) async fn shoot(&self, screen: &Screen, name: &str) -> Result<()> {
        if !Screen::is_shot() {
            return Ok(());
        }
        self.wait_until_still().await?;
        // Fonts come when they are first needed, and a frame is on the display when the one after it begins.
        let painted = "document.fonts.ready.then(() => {
            let frames = 3;
            const next = () => frames-- > 0 ? requestAnimationFrame(next) : done(true);
            next();
        })";
        self.script_async(painted).await?;
        screen.shoot(name)
    }

    /// Waits until nothing on the page fades or moves any more but what turns for ever.
    pub(crate) async fn wait_until_still(&self) -> Result<()> {
        let still = "document.getAnimations().every(animation => animation.playState !== 'running'
            || animation.effect.getComputedTiming().endTime === Infinity)";
        self.wait_for("nothing moves", still).await.map(drop)
    }

    /// Waits until no element matches.
    pub(crate) async fn wait_until_gone(&self, selector: &str) -> Result<()> {
        let gone = format!("document.querySelector({}) === null", json!(selector));
        self.wait_for(&format!("{selector} is gone"), &gone).await.map(drop)
    }

    /// Waits for a toast with this title, also one that left already; answers with all of its words.
    pub(crate) async fn wait_for_toast(&self, title: &str) -> Result<String> {
        let of_it =
            format!("window.seenToasts.findLast(([title]) => title === {})?.[1] ?? null", json!(title));
        let text = self.wait_for(&format!("the toast {title:?}"), &of_it).await?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// What the overview says, once it is no longer being read.
    pub(crate) async fn wait_for_overview(&self) -> Result<String> {
        self.wait_for_element("#overview[aria-busy=false]").await?;
        self.text("#overview").await
    }

    /// The text a user sees in the first element that matches.
    pub(crate) async fn text(&self, selector: &str) -> Result<String> {
        let text = self.wait_for_text(selector, "").await?;
        Ok(text.trim().to_owned())
    }

    /// The table on screen: each row as the texts of these columns.
    pub(crate) async fn rows(&self, columns: &[&str]) -> Result<Vec<Vec<String>>> {
        let cells = format!(
            "return [...document.querySelectorAll('#rows tr[data-moref]')].map(row =>
                 {}.map(id => row.querySelector(`td[data-column=\"${{id}}\"]`)?.innerText.trim() ?? 'no such column'))",
            json!(columns)
        );
        serde_json::from_value(self.script(&cells).await?).context("a table of texts")
    }
}
