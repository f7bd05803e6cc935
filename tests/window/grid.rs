//! The rows of the inventory page as a grid: heights and widths, keys, selection, copy, its menu, and the details.
//! Refuses to look at what they say: other walks do.

use super::driver::Window;
use super::explore::explore;
use super::screen::{Screen, Theme, USUAL};
use crate::support::{Musterctl, Peer};
use anyhow::{Context, Result, ensure};
use contract::Kind;
use serde_json::{Value, json};
use thirtyfour::Key;

/// The cell in which the keyboard is: its text, its column, and whether it is in sight.
const ACTIVE: &str = "(() => { const cell = document.querySelector('#cell'); if (!cell) return null;
    const box = cell.getBoundingClientRect(), rows = document.querySelector('#rows').getBoundingClientRect();
    return { text: cell.innerText.trim(), column: cell.dataset.column, row: Number(cell.parentElement.dataset.row ?? -1),
        seen: box.top >= rows.top && box.bottom <= rows.bottom + 1 } })()";

async fn simulated(screen: &Screen) -> Result<(Musterctl, Window)> {
    let muster = Musterctl::new();
    let window = Window::open_beside(screen, &muster).await?;
    explore(&window).await?;
    Ok((muster, window))
}

/// Goes to rows of a kind, and waits for them: those of another kind may stand there for a moment.
async fn rows_of(window: &Window, address: &str) -> Result<()> {
    let kind = Kind::from_name(address.split('?').next().unwrap_or_default()).context("a kind")?;
    window.go(&format!("#/inventory/{address}")).await?;
    let label = json!(format!("{},", kind.title()));
    window
        .wait_for_element(&format!("#rows[aria-busy=false] #grid[aria-label^={label}] tr[data-moref]"))
        .await
}

async fn active(window: &Window) -> Result<Value> {
    window.script(&format!("return {ACTIVE}")).await
}

#[tokio::test]
async fn rows_are_28_or_36_px_high_and_no_heading_is_cut_or_moves() -> Result<()> {
    let screen = Screen::start(Theme::Light, USUAL)?;
    let (_muster, window) = simulated(&screen).await?;
    let heights = "return [...new Set([...document.querySelectorAll('#rows tr')].map(row => row.getBoundingClientRect().height))]";
    let cut = "return [...document.querySelectorAll('#rows th[data-column] > button')]
        .filter(button => button.scrollWidth > button.clientWidth).map(button => button.innerText)";
    let over = "return [...document.querySelectorAll('#rows th.muster-number')].filter(th => {
        const cell = document.querySelector(`#rows td[data-column=\"${th.dataset.column}\"]`);
        const range = document.createRange(); range.selectNodeContents(th.querySelector('button').firstChild);
        const text = range.getBoundingClientRect();
        range.selectNodeContents(cell); const value = range.getBoundingClientRect();
        return Math.abs(text.right - value.right) > 1 }).map(th => th.innerText)";
    for kind in Kind::LISTED {
        rows_of(&window, kind.name()).await?;
        assert_eq!(window.script(heights).await?, json!([28]), "{}", kind.name());
        assert_eq!(window.script(cut).await?, json!([]), "headings of {} that are cut", kind.name());
        assert_eq!(
            window.script(over).await?,
            json!([]),
            "headings of {} that don't stand over their numbers",
            kind.name()
        );
    }
    rows_of(&window, "vms").await?;
    let widths =
        "return [...document.querySelectorAll('#rows th')].map(th => th.getBoundingClientRect().width)";
    let before = window.script(widths).await?;
    for address in
        ["vms?sort=-memory_bytes", "vms?page=2", "vms?text=sql", "vms?where=power_state%3DpoweredOff"]
    {
        rows_of(&window, address).await?;
        assert_eq!(window.script(widths).await?, before, "{address}");
    }
    window.click("button[aria-label='Comfortable rows']").await?;
    let comfortable = window.wait_for(
        "rows are higher",
        "(h => h === 36 ? h : null)(document.querySelector('#rows tr')?.getBoundingClientRect().height)",
    );
    assert_eq!(comfortable.await?, json!(36));
    window.driver.refresh().await?;
    window.wait_for_element("#rows[aria-busy=false] tr[data-moref]").await?;
    assert_eq!(window.script(heights).await?, json!([36]), "it is remembered");
    window.close(&screen).await
}

#[tokio::test]
async fn the_rows_are_one_stop_and_keys_lead_through_them_and_into_the_details() -> Result<()> {
    let screen = Screen::start(Theme::Light, USUAL)?;
    let (_muster, window) = simulated(&screen).await?;
    rows_of(&window, "vms").await?;
    let stops = "return [...document.querySelectorAll('#rows, #rows *')].filter(e => e.tabIndex >= 0).map(e => e.id || e.outerHTML.slice(0, 80))";
    assert_eq!(window.script(stops).await?, json!(["grid"]));
    window.keys("/").await?;
    window.key(Key::Escape).await?;
    window.wait_for("the rows have the keyboard", "document.activeElement?.id === 'grid'").await?;
    assert_eq!(active(&window).await?["row"], 0);

    for (key, row, column) in [
        (Key::Down, 1, "name"),
        (Key::Down, 2, "name"),
        (Key::Right, 2, "power_state"),
        (Key::End, 2, "cluster"),
        (Key::Home, 2, "name"),
        (Key::Up, 1, "name"),
    ] {
        window.key(key.clone()).await?;
        let now = active(&window).await?;
        // Of several vCenters the second column is theirs.
        let is_column = now["column"] == column || (column == "power_state" && now["column"] == "vcenter");
        ensure!(now["row"] == row && is_column && now["seen"] == true, "{key:?}: {now}");
    }
    window.key(Key::PageDown).await?;
    let down = active(&window).await?;
    ensure!(down["row"].as_i64() > Some(5) && down["seen"] == true, "{down}");
    window.chord(&[Key::Control], Key::End.into()).await?;
    let last = active(&window).await?;
    ensure!(last["row"] == 199 && last["seen"] == true, "{last}");
    window.chord(&[Key::Control], Key::Home.into()).await?;
    assert_eq!(active(&window).await?["row"], 0);

    window.key(Key::Enter).await?;
    window.wait_for("the details have the keyboard", "document.activeElement?.id === 'drawer-body'").await?;
    for row in 1..=3 {
        window.key(Key::Down).await?;
        let follows = format!(
            "{ACTIVE}?.row === {row} && document.querySelector('#drawer h2').textContent.trim()
                 === document.querySelector('.muster-open:has(#cell) td[data-column=name] a')?.textContent.trim()"
        );
        window.wait_for("the details follow", &follows).await?;
    }
    window.key(Key::Escape).await?;
    window.wait_until_gone("#drawer").await?;
    window.wait_for("the rows have the keyboard again", "document.activeElement?.id === 'grid'").await?;
    assert_eq!(active(&window).await?["row"], 3, "where the details were");

    // The heading is a row above the first: Enter sorts by it.
    window.chord(&[Key::Control], Key::Home.into()).await?;
    window.key(Key::Up).await?;
    window.key(Key::Enter).await?;
    window.wait_for("sorted", "location.hash.includes('sort=-name')").await?;
    window.close(&screen).await
}

#[tokio::test]
async fn the_keyboard_stays_with_its_row_when_rows_are_read_anew() -> Result<()> {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    rows_of(&window, "hosts?sort=-name").await?;
    window.keys("/").await?;
    window.key(Key::Escape).await?;
    window.key(Key::Down).await?;
    window.key(Key::Space).await?;
    window.wait_for_text("#chosen", "1 selected").await?;
    let before = active(&window).await?;
    peer.post("/add", json!({"hosts": 3}));
    muster.ok(&["sync", "full", "Berlin"]);
    window.wait_for_text("#found", "7 hosts").await?;
    let after = active(&window).await?;
    assert_eq!(before["text"], after["text"]);
    window.wait_for_text("#chosen", "1 selected").await?;
    window
        .wait_for(
            "it is still selected",
            "document.querySelector('#cell').parentElement.getAttribute('aria-selected') === 'true'",
        )
        .await?;
    window.close(&screen).await
}

#[tokio::test]
async fn rows_are_selected_added_up_and_copied() -> Result<()> {
    let screen = Screen::start(Theme::Light, USUAL)?;
    let (_muster, window) = simulated(&screen).await?;
    rows_of(&window, "vms").await?;
    window.click("#rows tr[data-row='2'] td[data-column=cpu_count]").await?;
    let cpus = window.text("#rows tr[data-row='2'] td[data-column=cpu_count]").await?;
    window.chord(&[Key::Control], 'c').await?;
    window.wait_for_text(".muster-foot__said", "Copied value").await?;
    assert_eq!(pasted(&window).await?, cpus);

    window.click("#rows tr[data-row='2'] td.muster-choose").await?;
    window.chord(&[Key::Shift], Key::Down.into()).await?;
    window.chord(&[Key::Shift], Key::Down.into()).await?;
    window.wait_for_text("#chosen", "3 selected").await?;
    let sum = "[...document.querySelectorAll('#rows tr.muster-chosen td[data-column=cpu_count]')].reduce((sum, cell) => sum + Number(cell.innerText), 0)";
    let sum = window.script(&format!("return {sum}")).await?;
    window.wait_for_text("#chosen [data-sum=cpu_count]", &format!("vCPU {sum}")).await?;
    window.chord(&[Key::Control], 'c').await?;
    window.wait_for_text(".muster-foot__said", "Copied 3 rows").await?;
    let text = pasted(&window).await?;
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
    let columns = window
        .script(
            "return [...document.querySelectorAll('#rows th[data-column]')].map(th => th.innerText.trim())",
        )
        .await?;
    assert_eq!((lines.len(), json!(lines[0])), (4, columns), "{text}");
    let names = window.script("return [...document.querySelectorAll('#rows tr.muster-chosen td[data-column=name]')].map(td => td.innerText.trim())").await?;
    assert_eq!(json!(lines[1..].iter().map(|line| line[0]).collect::<Vec<_>>()), names);

    window.chord(&[Key::Control], 'a').await?;
    window.wait_for_text("#chosen", "200 selected").await?;
    window.key(Key::Escape).await?;
    window.wait_until_gone("#chosen").await?;
    window.wait_for_text("#sums [data-sum=cpu_count]", "vCPU").await?;
    window.close(&screen).await
}

/// What the clipboard has, by way of a field of the test's own; the rows have the keyboard before and after.
async fn pasted(window: &Window) -> Result<String> {
    window.script("const field = document.createElement('textarea'); field.id = 'pasted'; document.body.append(field); field.focus(); return null").await?;
    window.chord(&[Key::Control], 'v').await?;
    let text = window.wait_for("it is pasted", "document.querySelector('#pasted').value || null").await?;
    window.script("document.querySelector('#pasted').remove(); document.querySelector('#grid').focus(); return null").await?;
    Ok(text.as_str().context("a text")?.to_owned())
}

#[tokio::test]
async fn the_menu_of_a_cell_copies_and_filters_and_the_engines_own_is_off() -> Result<()> {
    let screen = Screen::start(Theme::Dark, USUAL)?;
    let (_muster, window) = simulated(&screen).await?;
    rows_of(&window, "vms").await?;
    let refused = |selector: &str| {
        format!(
            "return !document.querySelector({}).dispatchEvent(new MouseEvent('contextmenu', {{ bubbles: true, cancelable: true }}))",
            json!(selector)
        )
    };
    for (selector, is_off) in [("nav", true), ("#rows th", true), ("#found", true), ("#search", false)] {
        assert_eq!(window.script(&refused(selector)).await?, json!(is_off), "{selector}");
    }
    let with_address = window
        .script(
            "return [...document.querySelectorAll('#rows tr[data-row]')]
                 .find(row => row.querySelector('td[data-column=ip_address]').innerText.includes('.')).dataset.row",
        )
        .await?;
    let row = format!("#rows tr[data-row={with_address}]");
    let address = window.text(&format!("{row} td[data-column=ip_address]")).await?;
    window.click(&format!("{row} td[data-column=power_state]")).await?;
    let power = window.text("#cell").await?;
    window.chord(&[Key::Shift], Key::F10.into()).await?;
    window
        .wait_for(
            "the first entry has the keyboard",
            "document.activeElement?.innerText.trim() === 'Open details'",
        )
        .await?;
    window.press("#menu", "Copy IP address").await?;
    window.wait_for_text(".muster-foot__said", "Copied IP address").await?;
    window.wait_for("the rows have the keyboard again", "document.activeElement?.id === 'grid'").await?;
    assert_eq!(pasted(&window).await?, address);
    window.chord(&[Key::Shift], Key::F10.into()).await?;
    window.press("#menu", "Exclude this value").await?;
    window.wait_for_text(".muster-chip", &format!("Power is not {power}")).await?;
    window
        .wait_for(
            "they are gone",
            &format!(
                "(cells => cells.length > 0 && cells.every(cell => cell.innerText.trim() !== {}))
             ([...document.querySelectorAll('#rows[aria-busy=false] td[data-column=power_state]')])",
                json!(power)
            ),
        )
        .await?;

    // The chip is changed where it stands.
    window.click(".muster-chip__words").await?;
    window.wait_for_element("#filter-editor").await?;
    window.script("const e = document.querySelector('#filter-operator'); e.value = '='; e.dispatchEvent(new Event('change', { bubbles: true }))").await?;
    window.press("#filter-editor", "Apply").await?;
    window.wait_for_text(".muster-chip", &format!("Power is {power}")).await?;
    window.driver.back().await?;
    window.wait_for_text(".muster-chip", &format!("Power is not {power}")).await?;
    window.click(".muster-chip__remove").await?;
    window.wait_for_text("#found", "600 VMs").await?;
    window.close(&screen).await
}

#[tokio::test]
async fn the_details_are_resized_by_keys_and_reached_in_a_small_window() -> Result<()> {
    let screen = Screen::start(Theme::Light, USUAL)?;
    let (_muster, window) = simulated(&screen).await?;
    rows_of(&window, "hosts").await?;
    window.click("#rows tr[data-moref] td[data-column=name] a").await?;
    window.wait_for_element("#drawer dl").await?;
    let width = "document.querySelector('#drawer').getBoundingClientRect().width";
    let before = window.script(&format!("return {width}")).await?.as_f64().context("a width")?;
    window.script("document.querySelector('[role=separator]').focus(); return null").await?;
    window.key(Key::Left).await?;
    window.wait_for("it is wider", &format!("{width} > {before} + 20")).await?;
    let told = window
        .script("return document.querySelector('[role=separator]').getAttribute('aria-valuenow')")
        .await?;
    assert_eq!(told, json!("26"));

    ensure!(
        window.script("return document.querySelector('.muster-property__source') === null").await? == true
    );
    window.click("#show-paths").await?;
    window.wait_for_text(".muster-property__source", "runtime.").await?;

    for (wide, high) in [(900, 600), (720, 480)] {
        window.driver.set_window_rect(0, 0, wide, high).await?;
        window.wait_for("the window is small", "innerWidth <= 900").await?;
        for selector in [
            "#search",
            "#add-filter",
            "#export",
            "button[aria-label='Close the details']",
            "#show-paths",
            "#rows tr[data-row='0'] a",
        ] {
            window
                .script(&format!(
                    "document.querySelector({}).scrollIntoView({{ block: 'center' }}); return null",
                    json!(selector)
                ))
                .await?;
            // What the navigation does in a small window is looked at where all pages are.
            let inside = format!(
                "(box => box.width > 0 && box.left >= 0 && box.right <= innerWidth && box.top >= 0 && box.bottom <= innerHeight)
                     (document.querySelector({}).getBoundingClientRect())",
                json!(selector)
            );
            window.wait_for(&format!("{selector} is in sight at {wide}x{high}"), &inside).await?;
        }
    }
    window.key(Key::Escape).await?;
    window.wait_until_gone("#drawer").await?;
    window.close(&screen).await
}

#[tokio::test]
async fn a_name_of_255_letters_keeps_its_end_in_sight_and_is_whole_where_the_pointer_rests() -> Result<()> {
    let peer = Peer::vcenter();
    let name = format!("{}-end-0042", "a-very-long-name-of-a-vm-".repeat(10).split_at(246).0);
    assert_eq!(name.len(), 255);
    let listed = peer.get("/objects?type=VirtualMachine");
    let moref = listed["objects"][0]["moref"].as_str().context("a VM")?;
    peer.post("/update", json!({ "moref": moref, "set": { "name": name } }));
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    rows_of(&window, "vms").await?;
    let cell = format!("document.querySelector('#rows tr[data-moref={moref:?}] td[data-column=name]')");
    let seen = format!(
        "return (() => {{ const cell = {cell}, box = cell.getBoundingClientRect(), range = document.createRange();
             range.selectNodeContents(cell.querySelector('a').lastChild);
             const end = range.getBoundingClientRect();
             return {{ end: range.toString(), inside: end.left >= box.left && end.right <= box.right && end.height <= box.height,
                 title: cell.title, row: cell.parentElement.getBoundingClientRect().height }} }})()"
    );
    let seen = window.script(&seen).await?;
    assert_eq!(seen, json!({ "end": "end-0042", "inside": true, "title": name, "row": 28 }));
    window.close(&screen).await
}
